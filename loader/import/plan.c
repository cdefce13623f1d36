/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ways packets go, and through which interfaces. */
#include "plan.h"

#include <stdint.h>
#include <string.h>

static bool is_loopback(const char *name)
{
    return !strcmp(name, "lo");
}

/* The only interface that the ruleset speaks of, or that was asked for; 0: there are several, or
 * none. */
static u16 only_interface(const struct ruleset *ruleset)
{
    u16 only = 0;

    for (size_t i = 0; i < ruleset->interface_count; i++) {
        const char *name = ruleset->interfaces[i];
        if (ruleset->options->interface && !strcmp(name, ruleset->options->interface))
            return (u16)(i + 1);
        if (is_loopback(name))
            continue;
        if (only || strchr(name, '*'))
            only = UINT16_MAX;
        else
            only = (u16)(i + 1);
    }
    return only == UINT16_MAX ? 0 : only;
}

/* The interfaces that a policy of zones names: all that the ruleset names. */
static const struct spans *guarded(const struct plan *plan)
{
    struct ruleset *ruleset = plan->ruleset;
    struct address_range *list =
        arena_get(&ruleset->arena, (ruleset->interface_count + 1) * sizeof(*list));
    size_t count = 0;

    if (plan->only)
        return spans_one(&ruleset->arena, plan->only);
    for (size_t i = 0; list && i < ruleset->interface_count; i++)
        if (!is_loopback(ruleset->interfaces[i]))
            list[count++] = (struct address_range){i + 1, i + 1};
    return count ? spans_of(&ruleset->arena, list, count, aspect_last(ASPECT_ARRIVES))
                 : spans_one(&ruleset->arena, 0);
}

/* What holds of every packet that goes this way. */
static void set_whole(struct plan *plan, struct course *course)
{
    struct ruleset *ruleset = plan->ruleset;
    struct arena *arena = &ruleset->arena;
    struct condition *whole = &course->whole;
    enum way way = course->way;

    if (way == WAY_IN)
        condition_narrow(arena, whole, ASPECT_TO_KIND,
                         spans_range(arena, ADDRESS_OWN, ADDRESS_MULTICAST));
    if (way == WAY_FORWARD)
        condition_narrow_to(arena, whole, ASPECT_TO_KIND, ADDRESS_OTHER);
    if (way == WAY_OUT)
        condition_narrow_to(arena, whole, ASPECT_FROM_KIND, ADDRESS_OWN);
    if (way == WAY_IN || (way == WAY_FORWARD && !plan->only))
        condition_narrow(arena, whole, ASPECT_ARRIVES, guarded(plan));
    if (way == WAY_OUT || (way == WAY_FORWARD && !plan->only))
        condition_narrow(arena, whole, ASPECT_LEAVES, guarded(plan));
}

/* Where no chain judges what passes through, all of it is accepted, whatever may come in. */
static void add_forward(struct plan *plan)
{
    struct course *course = &plan->courses[WAY_FORWARD];
    const struct line line = {
        .kind = LINE_POLICY, .condition = course->whole, .verdict = VERDICT_ACCEPT};

    if (!course->count && (plan->courses[WAY_IN].judges || plan->courses[WAY_OUT].judges))
        course_add(plan->ruleset, course, &line);
}

/* Tables of one family make the families differ. */
static bool families_differ(const struct ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->chain_count; i++) {
        const struct chain *chain = ruleset->chains[i];
        if (chain->hook != HOOK_NONE && !chain->left_out && chain->families != 3)
            return true;
    }
    return false;
}

/* A family that no chain is for is accepted. */
static void add_families(struct plan *plan, struct course *course)
{
    for (u8 family = 0; course->families && family < 2; family++) {
        struct line line = {
            .kind = LINE_POLICY, .condition = course->whole, .verdict = VERDICT_ACCEPT};
        if (course->families >> family & 1)
            continue;
        condition_narrow_to(&plan->ruleset->arena, &line.condition, ASPECT_FAMILY, family);
        course_add(plan->ruleset, course, &line);
    }
}

void plan_resolve(struct plan *plan)
{
    struct ruleset *ruleset = plan->ruleset;

    plan->only = only_interface(ruleset);
    for (int way = 0; way < WAYS; way++) {
        struct course *course = &plan->courses[way];
        course->way = (enum way)way;
        set_whole(plan, course);
        if (families_differ(ruleset)) {
            course_resolve(ruleset, 1, course);
            course_resolve(ruleset, 2, course);
            add_families(plan, course);
        } else {
            course_resolve(ruleset, 3, course);
        }
    }
    add_forward(plan);
}

/* What becomes of packets of FAMILY that nothing else decides. */
static enum verdict verdict_of(const struct course *course, u8 family)
{
    for (size_t i = course->count; i > 0; i--) {
        const struct line *line = &course->lines[i - 1];
        if (line->kind == LINE_POLICY && spans_hold(line->condition.aspects[ASPECT_FAMILY], family))
            return line->verdict;
    }
    return course->families >> family & 1 ? VERDICT_DROP : VERDICT_ACCEPT;
}

/* Is anything asked after line AT about packets of it? */
static bool is_last(const struct course *course, size_t at)
{
    for (size_t i = at + 1; i < course->count; i++)
        if (line_is_rule(&course->lines[i]) &&
            condition_meet(&course->lines[at].condition, &course->lines[i].condition))
            return false;
    return true;
}

static void settle_default(struct plan *plan, struct course *course)
{
    enum verdict ipv4 = verdict_of(course, 0), ipv6 = verdict_of(course, 1);

    plan->verdicts[course->way] =
        ipv4 == VERDICT_DROP || ipv6 == VERDICT_DROP ? VERDICT_DROP : VERDICT_ACCEPT;
    for (size_t i = 0; i < course->count; i++) {
        struct line *line = &course->lines[i];
        if (line->kind == LINE_POLICY && line->verdict == plan->verdicts[course->way] &&
            course->way != WAY_FORWARD && is_last(course, i))
            line->absorbed = true;
    }
}

void plan_defaults(struct plan *plan)
{
    for (int way = 0; way < WAYS; way++)
        settle_default(plan, &plan->courses[way]);
}

/* A forwarded packet is judged where it comes in, before anybody knows where it will leave. So a
 * line that drops by where packets leave drops others, too, unless those are dropped anyway. */
static void check_leaving(struct plan *plan, struct course *course, size_t at)
{
    struct arena *arena = &plan->ruleset->arena;
    struct line *line = &course->lines[at];
    struct condition elsewhere = line->condition;
    const struct spans *leaves = elsewhere.aspects[ASPECT_LEAVES];

    if (spans_are_within(course->whole.aspects[ASPECT_LEAVES], leaves))
        return;
    elsewhere.aspects[ASPECT_LEAVES] =
        spans_both(arena, spans_but(arena, leaves, aspect_last(ASPECT_LEAVES)),
                   course->whole.aspects[ASPECT_LEAVES]);
    if (!course_fate(arena, course, at + 1, &elsewhere, VERDICT_ACCEPT, NULL, NULL).accept)
        return;
    line->kind = LINE_REFUSED;
    line->refused = "it drops by where packets leave: edgexdp also asks where they come in, before "
                    "that is known, and other rules accept some that leave elsewhere";
}

void plan_forwarded(struct plan *plan)
{
    struct course *course = &plan->courses[WAY_FORWARD];

    for (size_t i = 0; i < course->count; i++)
        if (line_is_rule(&course->lines[i]) && course->lines[i].verdict == VERDICT_DROP)
            check_leaving(plan, course, i);
}
