/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connection tracking. A ruleset accepts what belongs to connections by a rule of its own, first of
 * all as a rule, and then judges what opens them. Here the rules are asked about every packet that
 * is no reply, and replies are accepted before them: so rules lose what they say about states, and
 * where that would change a verdict, it is said.
 */
#include "segments.h"

#include <netinet/in.h>

#include "../base/memory.h"

#define ALL_STATES                                                                                 \
    (STATE_BIT(NEW) | STATE_BIT(ESTABLISHED) | STATE_BIT(RELATED) | STATE_BIT(INVALID) |           \
     STATE_BIT(UNTRACKED))
#define REPLIES (STATE_BIT(ESTABLISHED) | STATE_BIT(RELATED))

static struct arena *arena_of(const struct plan *plan)
{
    return &plan->ruleset->arena;
}

/* Is LINE about every packet of FAMILY on its way, but for their states? */
static bool is_about_all(struct arena *arena, const struct course *course, const struct line *line,
                         enum family family)
{
    struct condition whole = course->whole;

    condition_narrow_to(arena, &whole, ASPECT_FAMILY, family - 1);
    condition_narrow_to(arena, &whole, ASPECT_FRAGMENT, FRAGMENT_NONE);
    whole.aspects[ASPECT_STATE] = line->condition.aspects[ASPECT_STATE];
    return condition_is_within(&whole, &line->condition);
}

/* Narrows each line to states that no line before it decided for all packets. */
static void narrow_states(struct arena *arena, struct course *course)
{
    unsigned int remaining[2] = {ALL_STATES, ALL_STATES};

    for (size_t i = 0; i < course->count; i++) {
        struct line *line = &course->lines[i];
        unsigned int left = 0, states;

        for (int family = 0; family < 2; family++)
            if (spans_hold(line->condition.aspects[ASPECT_FAMILY], (u128)family))
                left |= remaining[family];
        states = condition_states(&line->condition) & left;
        if (states != ALL_STATES)
            condition_narrow_states(arena, &line->condition, states);
        line->absorbed |= !states && line->kind != LINE_REFUSED;
        for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
            if (line->kind == LINE_VERDICT && !line->limited &&
                is_about_all(arena, course, line, family))
                remaining[family - 1] &= ~states;
    }
}

static bool may_be_tcp(const struct condition *condition)
{
    return spans_hold(condition->aspects[ASPECT_PROTOCOL], IPPROTO_TCP);
}

/* Neighbour discovery is not tracked; nothing else is not, unless a rule says so: untracked.c. */
static unsigned int states_of(const struct plan *plan, const struct line *line)
{
    unsigned int states = condition_states(&line->condition);
    bool neighbours = spans_hold(line->condition.aspects[ASPECT_PROTOCOL], IPPROTO_ICMPV6) &&
                      spans_hold(line->condition.aspects[ASPECT_FAMILY], FAMILY_IPV6 - 1);

    return plan->ruleset->untracks || neighbours ? states : states & ~STATE_BIT(UNTRACKED);
}

/* Types that connection tracking never takes for new: what answers nothing is invalid. */
void plan_narrow_to_answers(struct plan *plan, struct condition *condition, enum family family)
{
    static const u8 types4[] = {0, 3, 4, 5, 9, 10, 11, 12, 14, 16, 18},
                    types6[] = {1, 2, 3, 4, 129};
    struct arena *arena = arena_of(plan);
    bool ipv4 = family == FAMILY_IPV4;
    struct condition answers =
        plan_icmp(arena, family, ipv4 ? types4 : types6,
                  ipv4 ? ARRAY_SIZE(types4) : ARRAY_SIZE(types6), ALL_STATES);

    *condition = condition_both(arena, condition, &answers);
}

/* Lines that drop by flags will be about good ones only. */
static bool drops_by_flags(const struct line *line, const void *context)
{
    (void)context;
    return line->verdict == VERDICT_DROP && line->condition.aspects[ASPECT_FLAGS];
}

/* Does a line behind LINE accept some packets of REGION? */
static bool lets_in(struct plan *plan, const struct course *course, const struct line *line,
                    const struct condition *region)
{
    return !condition_is_empty(region) &&
           course_fate(arena_of(plan), course, (size_t)(line - course->lines) + 1, region,
                       VERDICT_ACCEPT, drops_by_flags, NULL)
               .accept;
}

/* The same for ICMP that answers nothing, and for flags that no host sends: here such lines are
 * asked about them as if they were new. */
static bool lets_strays_in(struct plan *plan, const struct course *course, const struct line *line)
{
    struct condition strays[3];

    for (size_t i = 0; i < ARRAY_SIZE(strays); i++) {
        strays[i] = line->condition;
        strays[i].aspects[ASPECT_STATE] = NULL;
        condition_narrow_to(arena_of(plan), &strays[i], ASPECT_STATE, STATE_NEW);
    }
    plan_narrow_to_answers(plan, &strays[0], FAMILY_IPV4);
    plan_narrow_to_answers(plan, &strays[1], FAMILY_IPV6);
    plan_narrow_to_bad_flags(plan, &strays[2]);
    return lets_in(plan, course, line, &strays[0]) || lets_in(plan, course, line, &strays[1]) ||
           (!plan->tcp_flags && lets_in(plan, course, line, &strays[2]));
}

/* Are packets of REGION, which answer nothing and open nothing, left to the lines behind LINE, and
 * judged otherwise there? */
static bool invalid_is_judged_later(struct plan *plan, const struct course *course,
                                    const struct line *line, const struct condition *region)
{
    struct arena *arena = arena_of(plan);
    struct condition invalid = *region;
    struct fate fate;
    size_t next = (size_t)(line - course->lines) + 1;
    enum verdict other = line->verdict == VERDICT_ACCEPT ? VERDICT_DROP : VERDICT_ACCEPT;

    invalid.aspects[ASPECT_STATE] = NULL;
    condition_narrow_to(arena, &invalid, ASPECT_STATE, STATE_INVALID);
    fate = course_fate(arena, course, next, &invalid, other, NULL, NULL);
    return other == VERDICT_DROP ? fate.drop : fate.accept;
}

/* A line about new segments, and not about invalid ones: those with flags that no host sends. */
static void settle_bad_flags(struct plan *plan, const struct course *course, struct line *line)
{
    struct arena *arena = arena_of(plan);
    struct condition bad = line->condition;

    bad.aspects[ASPECT_STATE] = NULL;
    plan_narrow_to_bad_flags(plan, &bad);
    if (plan->tcp_flags || condition_is_empty(&bad) ||
        (line->limited && line->verdict == VERDICT_DROP) ||
        !invalid_is_judged_later(plan, course, line, &bad))
        return;
    condition_narrow_to(arena, &bad, ASPECT_STATE, STATE_INVALID);
    if (condition_is_only(&line->condition, IPPROTO_TCP))
        condition_narrow(arena, &line->condition, ASPECT_FLAGS,
                         spans_but(arena, segments_bad(arena), 255));
    else if (line->verdict == VERDICT_ACCEPT && !lets_in(plan, course, line, &bad))
        line->bad_first = true;
    else
        line_refuse(line, "ct state new of TCP and other protocols: flags that no host sends are "
                          "invalid, and other rules judge those; name the protocols");
}

/* A line about new packets, and not about invalid ones: of ICMP, only some types can be new. */
static void settle_new(struct plan *plan, const struct course *course, struct line *line)
{
    struct arena *arena = arena_of(plan);
    struct condition answers[2] = {line->condition, line->condition};

    settle_bad_flags(plan, course, line);
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        bool ipv4 = family == FAMILY_IPV4;
        enum aspect aspect = ipv4 ? ASPECT_TYPE4 : ASPECT_TYPE6;
        struct condition *these = &answers[family - 1];
        plan_narrow_to_answers(plan, these, family);
        if (condition_is_empty(these))
            continue;
        if (condition_is_only(&line->condition, ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
            condition_narrow(arena, &line->condition, aspect,
                             spans_but(arena, these->aspects[aspect], aspect_last(aspect)));
            line->absorbed |= condition_is_empty(&line->condition);
        } else if (invalid_is_judged_later(plan, course, line, these)) {
            line_refuse(line,
                        "ct state new of any protocol: of ICMP, some types cannot be new, and "
                        "other rules judge those; name the protocols");
        }
    }
}

/* Lines about packets that open nothing. */
static void settle_others(struct plan *plan, const struct course *course, struct line *line,
                          unsigned int states)
{
    bool accepts_them = line->verdict == VERDICT_ACCEPT;

    if (!states || (!(states & ~REPLIES) && accepts_them)) {
        line->absorbed = true;
    } else if (!(states & ~(REPLIES | STATE_BIT(INVALID))) && accepts_them) {
        line_refuse(line,
                    "ct state invalid: edgexdp accepts segments by their flags, addresses and "
                    "ports, not because they belong to nothing");
    } else if (states == STATE_BIT(INVALID)) {
        line->strays = lets_strays_in(plan, course, line);
        line->absorbed = !line->strays;
        line->drops_invalid = true;
        plan->tcp_state |= may_be_tcp(&line->condition);
    } else {
        line_refuse(line,
                    "ct state established or related: edgexdp lets replies through before it asks "
                    "the rules");
    }
}

/* Did no line before LINE drop what is invalid, so that LINE says itself that it is not about it?
 */
static bool invalid_is_left(const struct course *course, const struct line *line)
{
    for (const struct line *before = course->lines; before < line; before++) {
        struct condition invalid = before->condition, about = line->condition;
        invalid.aspects[ASPECT_STATE] = about.aspects[ASPECT_STATE] = NULL;
        if (before->drops_invalid && condition_is_within(&about, &invalid))
            return false;
    }
    return true;
}

static void settle_line(struct plan *plan, const struct course *course, struct line *line)
{
    enum way way = course->way;
    unsigned int states = states_of(plan, line);

    if (plan_untracked(plan, course, line, &states))
        return;
    if (!(states & STATE_BIT(NEW)) && states != STATE_BIT(UNTRACKED)) {
        settle_others(plan, course, line, states);
        return;
    }
    line->opens_only = !(states & STATE_BIT(ESTABLISHED)) && states & STATE_BIT(NEW);
    if (way == WAY_IN && line->verdict == VERDICT_ACCEPT && may_be_tcp(&line->condition) &&
        !(states & STATE_BIT(INVALID)))
        plan->tcp_state = true;
    if (line->opens_only)
        segments_settle(plan, line);
    if (!(condition_states(&line->condition) & STATE_BIT(INVALID)) && line->kind != LINE_REFUSED &&
        invalid_is_left(course, line))
        settle_new(plan, course, line);
}

/* Is LINE the policy of a chain that some packets met early, behind a goto? They are told apart by
 * what the rules said that led there, like those of a rule. */
static bool is_policy_of_some(struct plan *plan, const struct course *course,
                              const struct line *line)
{
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (is_about_all(arena_of(plan), course, line, family))
            return false;
    return line->kind == LINE_POLICY && !line->absorbed;
}

void plan_states(struct plan *plan)
{
    for (int way = 0; way < WAYS; way++)
        narrow_states(arena_of(plan), &plan->courses[way]);
    plan_check_replies(plan);
    plan_baseline(plan);
    for (int way = 0; way < WAYS; way++) {
        struct course *course = &plan->courses[way];
        plan_check_continuation(plan, course);
        for (size_t i = 0; i < course->count; i++)
            if (line_is_rule(&course->lines[i]) ||
                is_policy_of_some(plan, course, &course->lines[i]))
                settle_line(plan, course, &course->lines[i]);
    }
    if (!plan->courses[WAY_IN].judges)
        plan->tcp_state = false;
}
