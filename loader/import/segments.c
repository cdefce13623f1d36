/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "segments.h"

#include <netinet/in.h>

#include <edgexdp/wire.h>

#include "../policy/baseline.h"

static struct arena *arena_of(const struct plan *plan)
{
    return &plan->ruleset->arena;
}

const struct spans *segments_opening(struct arena *arena)
{
    return spans_flags(arena, TCP_SYN | TCP_ACK, TCP_SYN);
}

const struct spans *segments_bad(struct arena *arena)
{
    const struct spans *urgent =
        spans_flags(arena, TCP_URG | TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST, TCP_URG | TCP_SYN);
    struct number_range ranges[BAD_FLAG_RANGES];
    size_t count = baseline_bad_flags(ranges);
    struct address_range *list = arena_get(arena, count * sizeof(*list));

    for (size_t i = 0; list && i < count; i++)
        list[i] = (struct address_range){ranges[i].first, ranges[i].last};
    return list
               ? spans_both(arena, spans_of(arena, list, count, 255), spans_but(arena, urgent, 255))
               : &spans_none;
}

const struct spans *plan_good_flags(struct plan *plan)
{
    return spans_but(arena_of(plan), segments_bad(arena_of(plan)), 255);
}

void plan_narrow_to_bad_flags(struct plan *plan, struct condition *condition)
{
    struct arena *arena = arena_of(plan);

    condition_narrow_to(arena, condition, ASPECT_PROTOCOL, IPPROTO_TCP);
    condition_narrow(arena, condition, ASPECT_FLAGS, segments_bad(arena));
}

/* Flags of segments that connections consist of once they are open. */
static const struct spans *following(struct arena *arena)
{
    return spans_but(arena, spans_either(arena, segments_opening(arena), segments_bad(arena), 255),
                     255);
}

/* A line that accepts what opens connections has to accept what follows, which was accepted before
 * it. */
static void accept_following(struct plan *plan, struct line *line)
{
    struct arena *arena = arena_of(plan);
    const struct spans **flags = &line->condition.aspects[ASPECT_FLAGS];
    const struct spans *good = spans_but(arena, segments_bad(arena), 255);

    if (!spans_meet(*flags, spans_both(arena, segments_opening(arena), good))) {
        line_refuse(line, "tcp flags: segments that open no connection, and belong to none");
        return;
    }
    plan->tcp_state |= !spans_are_within(following(arena), *flags);
    *flags = spans_either(arena, *flags, following(arena), 255);
    if (plan->tcp_flags)
        *flags = spans_either(arena, *flags, segments_bad(arena), 255);
}

/* A line that drops is about what opens connections, and about flags that no host sends, if those
 * are not invalid to it: what else it drops belongs to no connection. */
static void drop_openers(struct plan *plan, struct line *line)
{
    struct arena *arena = arena_of(plan);
    const struct spans **flags = &line->condition.aspects[ASPECT_FLAGS];
    const struct spans *kept = spans_both(arena, *flags, segments_opening(arena));

    if (plan->tcp_flags || !(condition_states(&line->condition) & STATE_BIT(INVALID)))
        kept = spans_both(arena, kept, spans_but(arena, segments_bad(arena), 255));
    else
        kept = spans_either(arena, kept, spans_both(arena, *flags, segments_bad(arena)), 255);
    plan->tcp_state |= spans_meet(*flags, following(arena));
    line->absorbed |= spans_is_none(kept);
    *flags = kept;
}

void segments_settle(struct plan *plan, struct line *line)
{
    if (!line->condition.aspects[ASPECT_FLAGS])
        return;
    if (line->verdict == VERDICT_ACCEPT)
        accept_following(plan, line);
    else
        drop_openers(plan, line);
}
