/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets are compared at a time: those of one direction and family, and of one hop limit
 * where it matters. */
#ifndef EDGEXDP_CONTEXT_H
#define EDGEXDP_CONTEXT_H

#include "../compile/budget.h"
#include "joint.h"

/* Neighbour discovery must come from the link itself. Where only one policy accepts it, its types
 * are compared apart, once with the hop limit 255 and once with any other. */
enum hops { HOPS_ANY, HOPS_255, HOPS_OTHER };

struct context {
    const struct joint *joint;
    struct budget *budget; /* left for this and what comes after it */
    enum direction direction;
    int family; /* 0: IPv4 */
    enum hops hops;
    bool only_neighbours; /* no packets but those of neighbour discovery */
    bool no_neighbours;   /* all but those */
};

/* Is RULE, an index into joint->policy, one of SIDE that can match here? */
bool context_has_rule(const struct context *context, enum side side, size_t rule);

static inline const struct rule_wants *context_wants(const struct context *context, size_t rule)
{
    return &context->joint->classes.wants[context->family][rule];
}

/* Does CLASS belong to RUNS? NULL is all. */
bool runs_hold(const struct class_runs *runs, u32 class_id);

#endif
