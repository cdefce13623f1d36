/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that are compared at one time: those of one direction and family, either later
 * fragments or all others. */
#ifndef EDGEXDP_CONTEXT_H
#define EDGEXDP_CONTEXT_H

#include "../compile/budget.h"
#include "joint.h"

struct context {
    const struct joint *joint;
    struct budget *budget; /* left for this context and those after it */
    enum direction direction;
    int family; /* 0: IPv4 */
    bool later; /* later fragments, of which only rules that name them are asked */
};

/* Returns whether RULE, an index into joint->policy, belongs to SIDE and can match here. */
bool context_has_rule(const struct context *context, enum side side, size_t rule);

/* Returns what RULE wants of these packets. */
static inline struct rule_wants context_wants(const struct context *context, size_t rule)
{
    struct rule_wants wants =
        rule_wants_in(&context->joint->classes.wants[context->family][rule], context->direction);

    return context->later ? rule_wants_of_later(&wants, &context->joint->rules[rule]) : wants;
}

#endif
