/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "context.h"

bool context_has_rule(const struct context *context, enum side side, size_t rule)
{
    const struct joint *joint = context->joint;
    size_t first = joint->first[side];
    size_t end = side == SIDE_OLD ? joint->first[SIDE_NEW] : joint->extras;
    struct rule_wants wants = context_wants(context, rule);

    if (!joint->rules[rule].direction[context->direction] || wants_nothing(&wants))
        return false;
    if (rule < joint->extras)
        return rule >= first && rule < end;
    return joint_has_extra(joint, side, (enum extra)(rule - joint->extras));
}
