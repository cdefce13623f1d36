/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What suggested rules are called: in-tcp-443, out-icmp-echo-request, in-udp-53-ipv6-lan-2. Pure.
 */
#ifndef EDGEXDP_SUGGEST_TITLES_H
#define EDGEXDP_SUGGEST_TITLES_H

#include "merge.h"

/* Give each rule a name that no other has, and that is not taken. */
void titles_give(struct suggestions *suggestions, const struct suggested_wish *wish);

/* "tcp", "icmp", "47": the protocol as a rule of that family names it. Returns TEXT. */
#define PROTOCOL_WORD_BYTES 24
char *titles_protocol(u8 family, u8 protocol, char text[PROTOCOL_WORD_BYTES]);

/* Its port, or its type of ICMP, with the code if HAS_CODE: "443", "echo-request", "8/0"; empty if
 * it has neither. Returns TEXT. */
#define SERVICE_WORD_BYTES 40
char *titles_service(u8 family, u8 protocol, u16 port, bool has_code,
                     char text[SERVICE_WORD_BYTES]);

#endif
