/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is decided about a packet, and which rule or reason counts it. */
#ifndef EDGEXDP_OUTCOME_H
#define EDGEXDP_OUTCOME_H

#include "search.h"

INLINE struct outcome outcome_reason(enum reason reason, enum verdict verdict)
{
    return (struct outcome){.kind = OUTCOME_REASON, .verdict = verdict, .reason = reason};
}

INLINE u8 outcome_leaf_refusal(u32 leaf)
{
    return (u8)((leaf & EDGE_REFUSAL) >> EDGE_REFUSAL_SHIFT);
}

/* Does LEAF accept only within limits? */
INLINE bool outcome_leaf_is_limited(const struct tables *tables, u32 leaf)
{
    return tables->header->limits_count && leaf & EDGE_LIMITED;
}

INLINE struct outcome outcome_leaf(const struct tables *tables, enum direction direction, u32 leaf)
{
    const volatile struct tables_switches *on = &tables->header->switches;
    u32 rule = leaf & EDGE_RULE;
    if (rule == NO_RULE)
        return outcome_reason(REASON_DEFAULT, on->otherwise[direction]);
    return (struct outcome){.kind = OUTCOME_RULE,
                            .verdict = leaf & EDGE_ACCEPT ? VERDICT_ACCEPT : VERDICT_DROP,
                            .refusal = on->refuses ? outcome_leaf_refusal(leaf) : REFUSAL_NONE,
                            .log = !!(leaf & EDGE_LOG),
                            .rule = rule};
}

/* A reply to a packet accepted without a rule is counted under the reason `reply`. */
INLINE struct outcome outcome_reply(u32 rule)
{
    if (rule == NO_RULE)
        return outcome_reason(REASON_REPLY, VERDICT_ACCEPT);
    return (struct outcome){.kind = OUTCOME_REPLY, .verdict = VERDICT_ACCEPT, .rule = rule};
}

#endif
