/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet in words:
 *
 *     DIRECTION [on IFACE] PROTOCOL SOURCE[:PORT] > DESTINATION[:PORT] [FLAG...] [quoting (PACKET)]
 *
 * DIRECTION is in, out, or, for what passes two interfaces, `forward IFACE > IFACE`. An outgoing
 * packet that was forwarded says `via IFACE` among its flags. IFACE is an interface or a zone.
 * An IPv6 address with a port stands in brackets. Flags are syn, ack, fin, rst, psh, urg, ece, cwr
 * and syn-ack (tcp; none given: a bare SYN; `none`: a segment with none of them), an ICMP type name
 * or number or TYPE/CODE (icmp, icmpv6; none given: echo-request), `fragment first`, and
 * `fragment` or `fragment later`, a later fragment, which has neither ports nor flags nor types:
 * what is said of them is checked and then forgotten. A field of the kind NUMBERS (fields.h) is
 * said by its name and its value: `ttl 3`. An ICMP error may quote a packet that went the other
 * way. Only what tells which conversation that belongs to is kept; its flags and the like are
 * checked and then forgotten.
 */
#ifndef EDGEXDP_NOTATION_H
#define EDGEXDP_NOTATION_H

#include "host.h"
#include "piece.h"
#include "policy.h"

#define NOTATION_TEXT_BYTES 640 /* any packet, with its NUL */

/* Read TEXT. Returns 0, or -EINVAL with FAULT, which says where in TEXT and what is wrong, and
 * *packet unchanged. */
int notation_parse(const char *text, struct packet_notation *packet, struct fault *fault);

/* The same with `self` as an address of HOST (NULL: none is known), of the other address's family.
 * If HOST has none, packet->lacks_self is set, and there is no such packet. */
int notation_parse_for(const struct host *host, const char *text, struct packet_notation *packet,
                       struct fault *fault);

/* Write PACKET so that notation_parse() reads the same again. Returns BUFFER. */
char *notation_print(const struct packet_notation *packet, char buffer[NOTATION_TEXT_BYTES]);

/* Returns the packet that PACKET quotes. */
struct packet_notation notation_quoted(const struct packet_notation *packet);

/* Returns whether PACKET is of its own family's ICMP (not protocol 1 over IPv6, or 58 over
 * IPv4). */
bool notation_is_icmp(const struct packet_notation *packet);

#endif
