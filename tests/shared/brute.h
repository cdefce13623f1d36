/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second judge, written from the manual alone and as plainly as possible: it decodes each frame
 * byte by byte, walks the rules in file order and searches sets from end to end. It shares no code
 * with the judge that it checks.
 */
#ifndef EDGEXDP_TEST_BRUTE_H
#define EDGEXDP_TEST_BRUTE_H

#include "../../loader/policy/policy.h"
#include "said.h"

struct brute_packet {
    size_t bytes;           /* of the frame */
    unsigned int ethertype; /* inside any tags */
    bool link_control;      /* to 01:80:C2:00:00:00-0F */
    enum family family;     /* FAMILY_NONE: not IP; nothing below is set */
    unsigned int protocol;
    u128 source, destination;
    unsigned int hop_limit, dscp, ip_bytes;
    unsigned int ip_flags;               /* IPv6: 1 if more fragments follow */
    unsigned int flow_label;             /* IPv6 */
    bool spoken_of;                      /* not here itself: another one answers or quotes it */
    bool first_fragment, later_fragment; /* these are set for a fragment: */
    unsigned int fragment_id, fragment_protocol;
    size_t fragment_begin, fragment_end; /* of its data within the whole packet, in bytes */
    bool has_ports, is_icmp, is_tcp; /* which of those below are set; none in a later fragment */
    unsigned int source_port, destination_port;
    unsigned int icmp_type, icmp_code, icmp_id;
    unsigned int tcp_flags; /* the byte */
    unsigned int tcp_reserved;
    bool fin, syn, rst, ack, urg;
    unsigned int arrives; /* the zone that it came in through, if it goes out */
    const u8 *quote;      /* what follows an ICMP header; points into the frame */
    size_t quote_bytes;
};

/* Fill PACKET from a frame. Returns NULL, or the reason to drop it. */
const char *brute_decode(const u8 *bytes, size_t length, struct brute_packet *packet);

/* Fill QUOTED from what ERROR, an ICMP error, quotes, as far as rules and flows need it, so without
 * TCP flags. Returns false if the quote cannot be read, or is a later fragment. */
bool brute_decode_quote(const struct brute_packet *error, struct brute_packet *quoted);

/* The value that PACKET has in FIELD, which has a test of its own. */
unsigned int brute_number(const struct brute_packet *packet, enum field field);

/* Does PACKET meet RULE's condition on FIELD, which is not "any"? */
bool brute_meets(const struct rule *rule, enum field field, const struct brute_packet *packet);

struct brute;

/* Make a judge for POLICY, which must outlive it. Returns NULL when memory is short. */
struct brute *brute_new(const struct policy *policy);
void brute_free(struct brute *brute);
void brute_reset(struct brute *brute); /* forget flows, fragments and bans */

/* Ban until UNTIL_S; 0: forever. */
void brute_ban(struct brute *brute, enum family family, struct address_range range, u64 until_s);

/* Rules of BLOCKS, in their order, stand before everything but bans: what one drops, or accepts but
 * has no room for, is blocked. UNTIL_S has an element for each; 0: forever. NULL: none any more. */
void brute_block(struct brute *brute, const struct policy *blocks, const u64 *until_s);
/* The number of the rule that blocked the last packet, from 1 on; 0: none did. */
unsigned int brute_blocked_by(const struct brute *brute);

/* From now on, did a stranger open the connections of outbound packets? At first, no. */
void brute_opened(struct brute *brute, bool stranger);

/* From now on, outbound packets came in through ZONE; 0: this host sends them. */
void brute_arrives(struct brute *brute, unsigned int zone);

struct said brute_judge(struct brute *brute, enum direction direction, const void *bytes,
                        size_t length, u64 now_s);

#endif
