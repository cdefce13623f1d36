/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocols and ICMP types: their names and numbers. */
#ifndef EDGEXDP_PROTOCOLS_H
#define EDGEXDP_PROTOCOLS_H

#include "piece.h"

#include <edgexdp/abi.h>

enum {
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_GRE = 47,
    PROTOCOL_ESP = 50,
    PROTOCOL_AH = 51,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_SCTP = 132,
};

#define ICMP_ECHO_REQUEST   8
#define ICMPV6_ECHO_REQUEST 128

/* Returns the name that a policy uses, or NULL when there is none. */
const char *protocol_name(u8 protocol);

/* Returns whether PROTOCOL has ports (tcp, udp, sctp). */
bool protocol_has_ports(u8 protocol);

/* Returns how many bytes an IP packet of PROTOCOL has at least, with its headers. A later fragment
 * has no transport header. */
unsigned int protocol_least_length(enum family family, u8 protocol, enum fragment_kind fragment);

/* Read a name from /etc/protocols or a number. *named says which it was: by name, icmp is IPv4 only
 * and icmpv6 IPv6 only, while a number means the same in both families. Returns 0, or -EINVAL with
 * FAULT. */
int protocol_read(struct piece text, u8 *protocol, bool *named, struct fault *fault);

/* Returns nftables' name for a type of ICMP (FAMILY_IPV4) or ICMPv6 (FAMILY_IPV6), or NULL. */
const char *icmp_type_name(enum family family, u8 type);

/* Returns the type of that name, in lower or upper case, or -1 when FAMILY has none. */
int icmp_type_find(enum family family, struct piece name);

/* What TYPE or TYPE/CODE means: which families know it, and its numbers there. */
struct icmp_match {
    bool known[2]; /* FAMILY_IPV4 - 1, FAMILY_IPV6 - 1 */
    u8 type[2], last_type[2];
    bool has_code;
    u8 code[2], last_code[2];
};

/* Read TYPE or TYPE/CODE, each a name, a number or a range of numbers A-B. ALLOWED says which
 * families are meant; a number is known in all of these. Returns 0 (at least one family knows it),
 * or -EINVAL with FAULT. */
int icmp_read(struct piece text, const bool allowed[2], struct icmp_match *match,
              struct fault *fault);

#endif
