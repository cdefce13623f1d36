/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "context.h"

bool runs_hold(const struct class_runs *runs, u32 class_id)
{
    size_t low = 0, high = runs ? runs->count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (runs->runs[middle].last < class_id)
            low = middle + 1;
        else
            high = middle;
    }
    return !runs || (low < runs->count && runs->runs[low].first <= class_id);
}

static bool is_nothing(const struct class_runs *runs)
{
    return runs && !runs->count;
}

bool context_has_rule(const struct context *context, enum side side, size_t rule)
{
    const struct joint *joint = context->joint;
    const struct rule_wants *wants = context_wants(context, rule);
    size_t first = joint->first[side], extra = rule - joint->extras;

    if (!joint->rules[rule].direction[context->direction] || is_nothing(wants->source) ||
        is_nothing(wants->destination) || is_nothing(wants->port) || is_nothing(wants->source_port))
        return false;
    if (rule < joint->extras)
        return rule >= first && rule - first < joint->sides[side]->rule_count;
    if (extra == EXTRA_NEIGHBOURS && context->hops != HOPS_255)
        return false;
    return joint_has_extra(joint, side, (enum extra)extra);
}
