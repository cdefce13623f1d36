/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies, and whatever follows the first packet of a connection. They are accepted before the
 * rules here: where the ruleset drops some, that is said.
 */
#include "segments.h"

#include <string.h>

/* The ports from which Linux opens connections. */
#define EPHEMERAL_FIRST 32768
#define EPHEMERAL_LAST  60999

static struct arena *arena_of(const struct plan *plan)
{
    return &plan->ruleset->arena;
}

/* A part of the packets that answer what CONDITION lets through. */
static struct condition replies_to(struct arena *arena, const struct condition *condition)
{
    struct address_range types4[] = {{0 << 8, 255}, {14 << 8, 14 << 8 | 255}};
    struct condition region = condition_mirror(condition);
    struct address_range *list = arena_get(arena, sizeof(types4));

    if (list)
        memcpy(list, types4, sizeof(types4));
    condition_narrow(arena, &region, ASPECT_FLAGS, spans_but(arena, segments_opening(arena), 255));
    condition_narrow(arena, &region, ASPECT_TYPE4,
                     list ? spans_of(arena, list, 2, 65535) : &spans_none);
    condition_narrow(arena, &region, ASPECT_TYPE6, spans_range(arena, 129 << 8, 129 << 8 | 255));
    condition_narrow_to(arena, &region, ASPECT_STATE, STATE_ESTABLISHED);
    condition_narrow_to(arena, &region, ASPECT_FRAGMENT, FRAGMENT_NONE);
    return region;
}

static bool is_ephemeral(const struct spans *ports)
{
    static const struct address_range range = {EPHEMERAL_FIRST, EPHEMERAL_LAST};
    static const struct spans ephemeral = {&range, 1, NULL, false};

    return spans_meet(ports, &ephemeral);
}

/* Where replies are looked for, and what opened their conversations. */
struct exchange {
    struct plan *plan;
    const struct course *opening;
    enum aspect port; /* this host's, in a reply */
};

static bool opens(const struct line *line)
{
    return (line->kind == LINE_VERDICT || line->kind == LINE_POLICY) && !line->absorbed &&
           line->verdict == VERDICT_ACCEPT && condition_states(&line->condition) & STATE_BIT(NEW);
}

/* Is anything accepted whose answer LINE would drop? */
static bool has_opener(const struct exchange *exchange, const struct line *line)
{
    struct arena *arena = arena_of(exchange->plan);
    struct condition region = condition_mirror(&line->condition);

    condition_narrow_to(arena, &region, ASPECT_STATE, STATE_NEW);
    region = condition_both(arena, &region, &exchange->opening->whole);
    return !exchange->opening->count ||
           course_fate(arena, exchange->opening, 0, &region, VERDICT_ACCEPT, NULL, NULL).accept;
}

/* Drops of services cannot meet replies, which go to ports that the kernel chose; neither can drops
 * of what nobody was allowed to ask. */
static bool spares_replies(const struct line *line, const void *context)
{
    const struct exchange *exchange = context;

    return line->verdict == VERDICT_DROP && line->kind == LINE_VERDICT &&
           (!is_ephemeral(line->condition.aspects[exchange->port]) || !has_opener(exchange, line));
}

/* Returns what first drops packets of REGION, which are replies, on their way. */
static const struct line *drop_of(const struct exchange *exchange, const struct course *course,
                                  const struct condition *region)
{
    struct arena *arena = arena_of(exchange->plan);
    struct condition asked = condition_both(arena, region, &course->whole);

    return course_fate(arena, course, 0, &asked, VERDICT_DROP, spares_replies, exchange).drop;
}

/* Complains once of LINE, which drops replies that edgexdp lets through. */
static void tell_reply_dropped(struct plan *plan, struct course *course, const struct line *line)
{
    struct line *found = &course->lines[line - course->lines];
    const char *way = course->way == WAY_OUT ? "out" : "in";

    if (found->told)
        return;
    found->told = true;
    if (line->entry)
        ruleset_complain(plan->ruleset, line->entry->origin,
                         "\"%s\" drops replies too, because it comes before what accepts "
                         "established connections, or nothing does: edgexdp lets replies %s before "
                         "it asks the rules",
                         line->entry->origin->words, way);
    else
        ruleset_complain(plan->ruleset, NULL,
                         "chain %s of table %s: no rule accepts established connections, so "
                         "replies are dropped: edgexdp lets in and out what answers a packet that "
                         "it accepted",
                         line->chain->name, line->chain->table);
}

/* Is there a line on REPLY_WAY that drops replies to what OPENER_WAY accepts? */
static void check_replies(struct plan *plan, enum way opener_way, enum way reply_way)
{
    const struct course *opening = &plan->courses[opener_way];
    struct course *replying = &plan->courses[reply_way];
    const struct exchange exchange = {plan, opening,
                                      reply_way == WAY_OUT ? ASPECT_SOURCE_PORT : ASPECT_PORT};
    struct condition region = replies_to(arena_of(plan), &(struct condition){0});
    const struct line *drop =
        opening->count || !replying->count ? NULL : drop_of(&exchange, replying, &region);

    if (drop)
        tell_reply_dropped(plan, replying, drop);
    for (size_t i = 0; i < opening->count && replying->count; i++) {
        if (!opens(&opening->lines[i]))
            continue;
        region = replies_to(arena_of(plan), &opening->lines[i].condition);
        drop = drop_of(&exchange, replying, &region);
        if (drop)
            tell_reply_dropped(plan, replying, drop);
    }
}

/* Drops what opens connections, before the line CONTEXT: then nothing follows. */
static bool forestalls(const struct line *line, const void *context)
{
    return line < (const struct line *)context && line->verdict == VERDICT_DROP &&
           condition_states(&line->condition) & STATE_BIT(NEW);
}

void plan_check_continuation(struct plan *plan, struct course *course)
{
    struct arena *arena = arena_of(plan);

    for (size_t i = 0; i < course->count; i++) {
        struct line *line = &course->lines[i];
        unsigned int states = condition_states(&line->condition);
        if (!line_is_rule(line) || line->verdict != VERDICT_ACCEPT || !(states & STATE_BIT(NEW)) ||
            states & STATE_BIT(ESTABLISHED))
            continue;
        struct condition region = line->condition;
        region.aspects[ASPECT_STATE] = region.aspects[ASPECT_FLAGS] = NULL;
        condition_narrow_to(arena, &region, ASPECT_STATE, STATE_ESTABLISHED);
        condition_narrow(arena, &region, ASPECT_FLAGS,
                         spans_but(arena, segments_opening(arena), 255));
        struct fate fate = course_fate(arena, course, 0, &region, VERDICT_DROP, forestalls, line);
        if (fate.drop)
            ruleset_complain(plan->ruleset, line->entry->origin,
                             "\"%s\" accepts what opens connections, and nothing accepts what "
                             "follows: edgexdp accepts both",
                             line->entry->origin->words);
    }
}

void plan_check_replies(struct plan *plan)
{
    check_replies(plan, WAY_OUT, WAY_IN);
    check_replies(plan, WAY_IN, WAY_OUT);
}
