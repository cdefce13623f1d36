/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ethernet frames written as text, header by header, so that a test says what it sends:
 *
 *     in ip4 203.0.113.7 > 198.51.100.10 | tcp 40000 > 443 syn
 *     out vlan | ip6 2001:db8::1 > 2001:db8::2 | dst | udp 5000 > 53 | data 20
 *
 * Lengths and next-header fields are right unless a word says otherwise; a length that is too long
 * for its field is 0, as Linux has it. The headers:
 *
 *     mac ADDRESS                     the destination, in front of everything
 *     vlan, qinq                      a tag of 802.1Q, of 802.1ad
 *     type NUMBER                     an Ethernet frame of that type; then usually `data`
 *     ip4 A > B [version N] [ihl N] [dscp N] [total N] [size N] [ttl N] [proto N] [offset N]
 *               [more] [whole] [id N] [options HEX]   whole: it must not be fragmented
 *     ip6 A > B [version N] [dscp N] [length N] [size N] [hops N] [next N]
 *               [label N]
 *                                     size: zeros follow its headers and data up to N bytes in all
 *     hop [SIZE], dst [SIZE], mobility [SIZE]   extension headers; SIZE in units of 8 bytes beyond
 *     routing TYPE LEFT [SIZE]                  the first, as their length field has it
 *     fragment OFFSET [more] [id N]             OFFSET in units of 8 bytes
 *     tcp A > B [FLAG...] [doff N] [reserved N]
 *                                     FLAG: fin, syn, rst, psh, ack, urg, ece, cwr, or none
 *                                     of them; if nothing is said, ack
 *     udp A > B [length N]
 *     sctp A > B
 *     icmp TYPE [code N] [id N]       icmp6 the same
 *     proto NUMBER                    any other protocol; then usually `data`
 *     data N                          N zero bytes, that the headers before count in
 *     quote                           what follows is a packet that an ICMP error quotes
 *     short N                         the last N bytes of a quote are missing: its own headers
 *                                     count them, those of the error do not
 *     pad N, cut N                    afterwards: lengthened or shortened to N bytes
 *     poke OFFSET VALUE               afterwards: one byte replaced
 */
#ifndef EDGEXDP_TEST_WIRE_H
#define EDGEXDP_TEST_WIRE_H

#include <edgexdp/abi.h>

#define WIRE_BYTES 72000
#define WIRE_TEXT  1024 /* longest text, with its NUL */

struct wire {
    enum direction direction;
    u8 arrives; /* the zone that it came in through, if it goes out; 0: this host sends it */
    size_t length;
    u8 bytes[WIRE_BYTES];
};

/* Fill WIRE from TEXT; aborts if TEXT makes no sense, because only tests write it. */
void wire_read(const char *text, struct wire *wire);

#endif
