/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What connection tracking does not track. Without a rule of notrack that is neighbour discovery
 * alone, which is never new, and never established: a line about what is untracked is about that,
 * whatever else it could match.
 */
#include "plan.h"

#include <netinet/in.h>

#include "../base/memory.h"

#define REPLIES (STATE_BIT(ESTABLISHED) | STATE_BIT(RELATED))

struct condition plan_neighbours(struct plan *plan)
{
    static const u8 types[] = {130, 131, 132, 133, 134, 135, 136, 137, 143};
    struct arena *arena = &plan->ruleset->arena;
    struct address_range *list = arena_get(arena, ARRAY_SIZE(types) * sizeof(*list));
    struct condition region = {0};

    for (size_t i = 0; list && i < ARRAY_SIZE(types); i++)
        list[i] = (struct address_range){(u128)types[i] << 8, (u128)types[i] << 8 | 255};
    condition_narrow_to(arena, &region, ASPECT_FAMILY, FAMILY_IPV6 - 1);
    condition_narrow_to(arena, &region, ASPECT_PROTOCOL, IPPROTO_ICMPV6);
    condition_narrow(arena, &region, ASPECT_TYPE6,
                     list ? spans_of(arena, list, ARRAY_SIZE(types), 65535) : &spans_none);
    condition_narrow_to(arena, &region, ASPECT_FRAGMENT, FRAGMENT_NONE);
    return region;
}

/* Does a later line accept any neighbour discovery that LINE drops? */
static bool is_accepted_later(struct plan *plan, const struct course *course,
                              const struct line *line)
{
    struct arena *arena = &plan->ruleset->arena;
    struct condition region = line->condition, neighbours = plan_neighbours(plan);
    size_t next = (size_t)(line - course->lines) + 1;

    region.aspects[ASPECT_STATE] = NULL;
    region = condition_both(arena, &region, &neighbours);
    return !condition_is_empty(&region) &&
           course_fate(arena, course, next, &region, VERDICT_ACCEPT, NULL, NULL).accept;
}

/* Leaves of LINE what is about neighbour discovery, if `neighbour-discovery` does not say it. */
static void narrow_to_neighbours(struct plan *plan, struct line *line)
{
    struct condition neighbours = plan_neighbours(plan);

    line->condition = condition_both(&plan->ruleset->arena, &line->condition, &neighbours);
    line->absorbed |= condition_is_empty(&line->condition) ||
                      (plan->neighbour_discovery && line->verdict == VERDICT_ACCEPT);
}

bool plan_untracked(struct plan *plan, const struct course *course, struct line *line,
                    unsigned int *states)
{
    unsigned int others = *states & ~STATE_BIT(UNTRACKED);
    bool accepts = line->verdict == VERDICT_ACCEPT;

    if (others == *states || others & STATE_BIT(NEW) || (plan->ruleset->untracks && !others))
        return false;
    if (plan->ruleset->untracks) {
        line_refuse(line,
                    "ct state untracked, besides others: what notrack leaves out is known by its "
                    "ports, which a rule has to name");
        return true;
    }
    if (!others || (accepts && !(others & ~REPLIES))) {
        narrow_to_neighbours(plan, line);
        return true;
    }
    if (!accepts && !plan->neighbour_discovery && is_accepted_later(plan, course, line)) {
        line_refuse(line,
                    "ct state untracked: this drops neighbour discovery, which rules below accept; "
                    "name its types in a rule that drops it");
        return true;
    }
    *states = others;
    return false;
}
