/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be done with the packets of a flow: its extended communities (RFC 8955 section 7). */
#ifndef EDGEXDP_FLOW_ACTION_H
#define EDGEXDP_FLOW_ACTION_H

#include "../policy/limit.h"

/* Without any of these, packets that match go on to the policy, and no flow behind is asked. */
struct flow_action {
    bool drops;
    bool limits_bytes, limits_packets;
    double bytes, packets; /* a second */
    const char *refusal;   /* NULL, or what cannot be done, in words that follow "is refused: " */
};

/* Add what one extended community says, by its 64 bits. What is no action changes nothing. */
void action_add(struct flow_action *action, u64 community);

/* The same for one of 160 bits (RFC 5701), of which only the type matters. */
#define ACTION_REDIRECT_IPV6 0x000d /* RFC 8956 */
void action_add_ipv6(struct flow_action *action, u16 type);

/* Write the limit of ACTION, as a rule has it. Returns TEXT, which is empty if everything passes,
 * or NULL if ACTION drops. */
char *action_limit(const struct flow_action *action, char text[LIMIT_TEXT_BYTES]);

bool actions_are_same(const struct flow_action *a, const struct flow_action *b);

#endif
