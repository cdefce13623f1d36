/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rates. Elsewhere a packet beyond a rate goes on to the rules that follow; here it is dropped. So
 * a rate can be said where that comes to the same, and it belongs to the rule that accepts.
 */
#include "plan.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "../base/memory.h"
#include "rate.h"

#define SHARED_MAX 64 /* lines of one rule that are compared one by one */

static struct arena *arena_of(const struct plan *plan)
{
    return &plan->ruleset->arena;
}

/* What a rate counts, where established connections were accepted before it: what opens one. */
static bool count_openers(struct plan *plan, struct line *line)
{
    const struct spans *protocols = line->condition.aspects[ASPECT_PROTOCOL];
    const char *reason;

    if (!line->opens_only)
        return true;
    if (condition_is_only(&line->condition, IPPROTO_TCP)) {
        if (line->limit.unit != LIMIT_PACKETS_UNIT) {
            line_refuse(line,
                        "a rate of bytes, of packets that open connections: edgexdp counts the "
                        "packets of whole connections, or new ones");
            return false;
        }
        line->limit.unit = LIMIT_NEW_UNIT;
        reason = rate_check(arena_of(plan), &line->limit);
        if (reason)
            line_refuse(line, reason);
        return !reason;
    }
    if (!protocols || spans_hold(protocols, IPPROTO_TCP) || spans_hold(protocols, IPPROTO_UDP)) {
        line_refuse(line,
                    "a rate of packets that open conversations, of more than TCP: edgexdp would "
                    "count all packets of a conversation");
        return false;
    }
    return true;
}

/* Do A and B count some packets together? Of rates by source or destination, those of the same. */
static bool counts_with(const struct line *a, const struct line *b)
{
    static const enum aspect sources[] = {ASPECT_FAMILY, ASPECT_FROM4, ASPECT_FROM6},
                             destinations[] = {ASPECT_FAMILY, ASPECT_TO4, ASPECT_TO6};
    const enum aspect *aspects = a->limit.key == LIMIT_SOURCE ? sources : destinations;
    size_t count = a->limit.key == LIMIT_RULE ? 0 : ARRAY_SIZE(sources);

    for (size_t i = 0; i < count; i++)
        if (!spans_meet(a->condition.aspects[aspects[i]], b->condition.aspects[aspects[i]]))
            return false;
    return true;
}

static int by_origin(const void *left, const void *right)
{
    const struct origin *a = (*(struct line *const *)left)->entry->origin;
    const struct origin *b = (*(struct line *const *)right)->entry->origin;

    return (a > b) - (a < b);
}

/* A rule of the ruleset has one rate, however many rules of edgexdp it comes to. */
static void refuse_shared(struct line **lines, size_t count)
{
    static const char why[] = "its rate counts together what several rules of edgexdp would "
                              "accept, each up to a rate of its own";

    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count && lines[j]->entry->origin == lines[i]->entry->origin;
             j++) {
            if (j - i < SHARED_MAX && !counts_with(lines[i], lines[j]))
                continue;
            line_refuse(lines[i], why);
            line_refuse(lines[j], why);
            if (j - i >= SHARED_MAX)
                break;
        }
}

static bool has_rate(const struct line *line)
{
    return line_is_rule(line) && line->limited && line->entry;
}

static void settle_shared(struct plan *plan)
{
    size_t count = 0, total = 0;

    for (int way = 0; way < WAYS; way++)
        total += plan->courses[way].count;
    struct line **lines = arena_get(arena_of(plan), (total + 1) * sizeof(struct line *));
    for (int way = 0; way < WAYS && lines; way++)
        for (size_t i = 0; i < plan->courses[way].count; i++)
            if (has_rate(&plan->courses[way].lines[i]))
                lines[count++] = &plan->courses[way].lines[i];
    if (!count)
        return;
    qsort(lines, count, sizeof(struct line *), by_origin);
    refuse_shared(lines, count);
}

/* A rule that accepts up to a rate: what is beyond it has to be dropped by the rules that follow.
 */
static void settle_accept(struct plan *plan, struct course *course, size_t at)
{
    struct line *line = &course->lines[at];
    const struct condition region = line->condition;

    if (line->over)
        line_refuse(line, "it accepts what is beyond a rate: edgexdp accepts what is within");
    else if (course_fate(arena_of(plan), course, at + 1, &region, VERDICT_ACCEPT, NULL, NULL)
                 .accept)
        line_refuse(line,
                    "packets beyond the rate go on to rules that accept some of them: those of "
                    "edgexdp are dropped");
    else
        count_openers(plan, line);
}

/* A rule that drops what is beyond a rate becomes one that accepts what is within, if the rules
 * that follow do. */
static void settle_drop(struct plan *plan, struct course *course, size_t at)
{
    struct line *line = &course->lines[at];
    struct fate fate;

    if (!line->over) {
        line_refuse(line, "it drops only up to a rate: edgexdp lets through up to a rate");
        return;
    }
    fate = course_fate(arena_of(plan), course, at + 1, &line->condition, VERDICT_DROP, NULL, NULL);
    if (fate.drop && fate.accept && line->opens_only &&
        condition_is_only(&line->condition, IPPROTO_TCP)) {
        /* What has flags that no host sends opens nothing, and is not charged here. */
        condition_narrow(arena_of(plan), &line->condition, ASPECT_FLAGS, plan_good_flags(plan));
        fate =
            course_fate(arena_of(plan), course, at + 1, &line->condition, VERDICT_DROP, NULL, NULL);
    }
    if (!fate.accept && fate.drop) {
        line->limited = false; /* what is within the rate is dropped as well */
        return;
    }
    if (fate.drop || !fate.accept || fate.accept->limited || !fate.all) {
        line_refuse(line,
                    "it counts more than one rule accepts: edgexdp limits what a rule accepts; "
                    "write limit in that rule");
        return;
    }
    if (!count_openers(plan, line))
        return;
    line->verdict = VERDICT_ACCEPT;
    line->refusal = REFUSAL_NONE;
    struct line *accept = &course->lines[fate.accept - course->lines];
    line->logs = accept->logs;
    if (condition_is_within(&accept->condition, &line->condition) && accept->entry &&
        accept->kind == LINE_VERDICT) {
        accept->absorbed = true;
        if (accept->entry->comment || !line->entry->comment)
            line->entry = accept->entry;
    }
}

void plan_limits(struct plan *plan)
{
    settle_shared(plan);
    for (int way = 0; way < WAYS; way++) {
        struct course *course = &plan->courses[way];
        for (size_t i = 0; i < course->count; i++) {
            struct line *line = &course->lines[i];
            if (!line_is_rule(line) || !line->limited)
                continue;
            if (line->verdict == VERDICT_ACCEPT)
                settle_accept(plan, course, i);
            else
                settle_drop(plan, course, i);
        }
    }
}
