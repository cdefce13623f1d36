/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What [baseline] says: neighbour discovery, ICMP errors, and flags that no host sends. */
#include "segments.h"

#include <netinet/in.h>

#include "../base/memory.h"

static struct arena *arena_of(const struct plan *plan)
{
    return &plan->ruleset->arena;
}

/* Returns whether every packet of REGION is accepted on its WAY. */
static bool accepts(const struct plan *plan, enum way way, const struct condition *region)
{
    const struct course *course = &plan->courses[way];
    struct condition within = condition_both(arena_of(plan), region, &course->whole);

    return !course->count ||
           !course_fate(arena_of(plan), course, 0, &within, VERDICT_DROP, NULL, NULL).drop;
}

struct condition plan_icmp(struct arena *arena, enum family family, const u8 *types, size_t count,
                           unsigned int states)
{
    struct condition region = {0};
    struct address_range *list = arena_get(arena, count * sizeof(*list));
    bool ipv4 = family == FAMILY_IPV4;

    for (size_t i = 0; list && i < count; i++)
        list[i] = (struct address_range){(u128)types[i] << 8, (u128)types[i] << 8 | 255};
    condition_narrow_to(arena, &region, ASPECT_FAMILY, family - 1);
    condition_narrow_to(arena, &region, ASPECT_PROTOCOL, ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    condition_narrow(arena, &region, ipv4 ? ASPECT_TYPE4 : ASPECT_TYPE6,
                     list ? spans_of(arena, list, count, 65535) : &spans_none);
    condition_narrow_states(arena, &region, states);
    condition_narrow_to(arena, &region, ASPECT_FRAGMENT, FRAGMENT_NONE);
    return region;
}

/* `neighbour-discovery`: what all of it is accepted by, both ways, or the rules say. */
static void settle_neighbours(struct plan *plan)
{
    struct arena *arena = arena_of(plan);
    struct condition region = plan_neighbours(plan);

    condition_narrow_states(arena, &region, STATE_BIT(UNTRACKED));
    condition_narrow_to(arena, &region, ASPECT_TTL, 255);
    plan->neighbour_discovery = accepts(plan, WAY_IN, &region) && accepts(plan, WAY_OUT, &region);
}

/* Returns whether errors about packets that were accepted are, where packets are in STATES. */
static bool accepts_errors(struct plan *plan, enum way way, unsigned int states)
{
    static const u8 types4[] = {3, 11, 12}, types6[] = {1, 2, 3, 4};
    struct arena *arena = arena_of(plan);
    struct condition error4 = plan_icmp(arena, FAMILY_IPV4, types4, ARRAY_SIZE(types4), states);
    struct condition error6 = plan_icmp(arena, FAMILY_IPV6, types6, ARRAY_SIZE(types6), states);
    u8 families = plan->courses[way].families;

    return (!(families & 1) || accepts(plan, way, &error4)) &&
           (!(families & 2) || accepts(plan, way, &error6));
}

static void settle_errors(struct plan *plan)
{
    bool in = accepts_errors(plan, WAY_IN, STATE_BIT(RELATED));
    bool out = accepts_errors(plan, WAY_OUT, STATE_BIT(RELATED));

    plan->icmp_errors = in;
    if (in && !out)
        ruleset_complain(plan->ruleset, NULL,
                         "ICMP errors about packets that were accepted get in, but not out: "
                         "icmp-errors of edgexdp is for both ways, and lets them");
    if (!in && out && !accepts_errors(plan, WAY_OUT, STATE_BIT(NEW)))
        ruleset_complain(plan->ruleset, NULL,
                         "ICMP errors about packets that were accepted get out, but not in: "
                         "icmp-errors of edgexdp is for both ways, and drops them");
}

/* Flags that no host sends: connection tracking finds such segments invalid. A family that nothing
 * judges has no say. */
static void settle_flags(struct plan *plan)
{
    struct arena *arena = arena_of(plan);
    const struct course *in = &plan->courses[WAY_IN];
    struct condition region = in->whole;

    if (in->families == 1 || in->families == 2)
        condition_narrow_to(arena, &region, ASPECT_FAMILY, in->families - 1);
    condition_narrow_to(arena, &region, ASPECT_PROTOCOL, IPPROTO_TCP);
    condition_narrow(arena, &region, ASPECT_FLAGS, segments_bad(arena));
    condition_narrow_to(arena, &region, ASPECT_STATE, STATE_INVALID);
    condition_narrow_to(arena, &region, ASPECT_FRAGMENT, FRAGMENT_NONE);
    plan->tcp_flags =
        in->count && !course_fate(arena, in, 0, &region, VERDICT_ACCEPT, NULL, NULL).accept;
}

void plan_baseline(struct plan *plan)
{
    settle_neighbours(plan);
    settle_errors(plan);
    settle_flags(plan);
}
