/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connection tracking. A ruleset accepts what belongs to connections by a rule of its own, first of
 * all as a rule, and then judges what opens them. Here the rules are asked about every packet that
 * is no reply, and replies are accepted before them: so rules lose what they say about states, and
 * where that would change a verdict, it is said.
 */
#include "plan.h"

#include <netinet/in.h>
#include <string.h>

#include <edgexdp/wire.h>

#include "../base/memory.h"
#include "../policy/baseline.h"

#define ALL_STATES                                                                                 \
    (STATE_BIT(NEW) | STATE_BIT(ESTABLISHED) | STATE_BIT(RELATED) | STATE_BIT(INVALID) |           \
     STATE_BIT(UNTRACKED))
#define REPLIES (STATE_BIT(ESTABLISHED) | STATE_BIT(RELATED))

/* The ports from which Linux opens connections. */
#define EPHEMERAL_FIRST 32768
#define EPHEMERAL_LAST  60999

static struct arena *arena_of(const struct plan *plan)
{
    return &plan->ruleset->arena;
}

/* Segments that open a connection: SYN without ACK. */
static const struct spans *openers(struct arena *arena)
{
    return spans_flags(arena, TCP_SYN | TCP_ACK, TCP_SYN);
}

static const struct spans *bad_flags(struct arena *arena)
{
    struct number_range ranges[BAD_FLAG_RANGES];
    size_t count = baseline_bad_flags(ranges);
    struct address_range *list = arena_get(arena, count * sizeof(*list));

    for (size_t i = 0; list && i < count; i++)
        list[i] = (struct address_range){ranges[i].first, ranges[i].last};
    return list ? spans_of(arena, list, count, 255) : &spans_none;
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

/* A part of the packets that answer what CONDITION lets through. */
static struct condition replies_to(struct arena *arena, const struct condition *condition)
{
    struct address_range types4[] = {{0 << 8, 255}, {14 << 8, 14 << 8 | 255}};
    struct condition region = condition_mirror(condition);
    struct address_range *list = arena_get(arena, sizeof(types4));

    if (list)
        memcpy(list, types4, sizeof(types4));
    condition_narrow(arena, &region, ASPECT_FLAGS, spans_but(arena, openers(arena), 255));
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

/* Do the packets that follow the first one of a connection get through, too? */
static void check_continuation(struct plan *plan, struct course *course)
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
        condition_narrow(arena, &region, ASPECT_FLAGS, spans_but(arena, openers(arena), 255));
        struct fate fate = course_fate(arena, course, 0, &region, VERDICT_DROP, forestalls, line);
        if (fate.drop)
            ruleset_complain(plan->ruleset, line->entry->origin,
                             "\"%s\" accepts what opens connections, and nothing accepts what "
                             "follows: edgexdp accepts both",
                             line->entry->origin->words);
    }
}

/* Returns whether every packet of REGION is accepted on its WAY. */
static bool accepts(const struct plan *plan, enum way way, const struct condition *region)
{
    const struct course *course = &plan->courses[way];
    struct condition within = condition_both(arena_of(plan), region, &course->whole);

    return !course->count ||
           !course_fate(arena_of(plan), course, 0, &within, VERDICT_DROP, NULL, NULL).drop;
}

static struct condition icmp(struct arena *arena, enum family family, const u8 *types, size_t count,
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
    struct condition error4 = icmp(arena, FAMILY_IPV4, types4, ARRAY_SIZE(types4), states);
    struct condition error6 = icmp(arena, FAMILY_IPV6, types6, ARRAY_SIZE(types6), states);
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

/* Flags that no host sends: connection tracking finds such segments invalid, but for SYN with URG.
 * A family that nothing judges has no say. */
static void settle_flags(struct plan *plan)
{
    struct arena *arena = arena_of(plan);
    const struct course *in = &plan->courses[WAY_IN];
    const struct spans *urgent =
        spans_flags(arena, TCP_URG | TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST, TCP_URG | TCP_SYN);
    struct condition region = in->whole;

    if (in->families == 1 || in->families == 2)
        condition_narrow_to(arena, &region, ASPECT_FAMILY, in->families - 1);
    condition_narrow_to(arena, &region, ASPECT_PROTOCOL, IPPROTO_TCP);
    condition_narrow(arena, &region, ASPECT_FLAGS, bad_flags(arena));
    condition_narrow(arena, &region, ASPECT_FLAGS, spans_but(arena, urgent, 255));
    condition_narrow_to(arena, &region, ASPECT_STATE, STATE_INVALID);
    condition_narrow_to(arena, &region, ASPECT_FRAGMENT, FRAGMENT_NONE);
    plan->tcp_flags =
        in->count && !course_fate(arena, in, 0, &region, VERDICT_ACCEPT, NULL, NULL).accept;
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

static void refuse(struct line *line, const char *why)
{
    line->kind = LINE_REFUSED;
    line->refused = why;
}

/* Types of ICMP that connection tracking never takes for new: what answers nothing is invalid. */
void plan_narrow_to_answers(struct plan *plan, struct condition *condition, enum family family)
{
    static const u8 types4[] = {0, 3, 4, 5, 9, 10, 11, 12, 14, 16, 18},
                    types6[] = {1, 2, 3, 4, 129};
    struct arena *arena = arena_of(plan);
    bool ipv4 = family == FAMILY_IPV4;
    struct condition answers = icmp(arena, family, ipv4 ? types4 : types6,
                                    ipv4 ? ARRAY_SIZE(types4) : ARRAY_SIZE(types6), ALL_STATES);

    *condition = condition_both(arena, condition, &answers);
}

const struct spans *plan_good_flags(struct plan *plan)
{
    return spans_but(arena_of(plan), bad_flags(arena_of(plan)), 255);
}

void plan_narrow_to_bad_flags(struct plan *plan, struct condition *condition)
{
    struct arena *arena = arena_of(plan);

    condition_narrow_to(arena, condition, ASPECT_PROTOCOL, IPPROTO_TCP);
    condition_narrow(arena, condition, ASPECT_FLAGS, bad_flags(arena));
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
                         spans_but(arena, bad_flags(arena), 255));
    else if (line->verdict == VERDICT_ACCEPT && !lets_in(plan, course, line, &bad))
        line->bad_first = true;
    else
        refuse(line, "ct state new of TCP and other protocols: flags that no host sends are "
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
            refuse(line, "ct state new of any protocol: of ICMP, some types cannot be new, and "
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
        refuse(line, "ct state invalid: edgexdp accepts segments by their flags, addresses and "
                     "ports, not because they belong to nothing");
    } else if (states == STATE_BIT(INVALID)) {
        line->strays = lets_strays_in(plan, course, line);
        line->absorbed = !line->strays;
        line->drops_invalid = true;
        plan->tcp_state |= may_be_tcp(&line->condition);
    } else {
        refuse(line, "ct state established or related: edgexdp lets replies through before it asks "
                     "the rules");
    }
}

/* Flags of segments that connections consist of once they are open. */
static const struct spans *following(struct arena *arena)
{
    return spans_but(arena, spans_either(arena, openers(arena), bad_flags(arena), 255), 255);
}

/* A line that accepts what opens connections has to accept what follows, which was accepted before
 * it. */
static void accept_following(struct plan *plan, struct line *line)
{
    struct arena *arena = arena_of(plan);
    const struct spans **flags = &line->condition.aspects[ASPECT_FLAGS];
    const struct spans *good = spans_but(arena, bad_flags(arena), 255);

    if (!spans_meet(*flags, spans_both(arena, openers(arena), good))) {
        refuse(line, "tcp flags: segments that open no connection, and belong to none");
        return;
    }
    plan->tcp_state |= !spans_are_within(following(arena), *flags);
    *flags = spans_either(arena, *flags, following(arena), 255);
    if (plan->tcp_flags)
        *flags = spans_either(arena, *flags, bad_flags(arena), 255);
}

/* A line that drops is about what opens connections, and about flags that no host sends, if those
 * are not invalid to it: what else it drops belongs to no connection. */
static void drop_openers(struct plan *plan, struct line *line)
{
    struct arena *arena = arena_of(plan);
    const struct spans **flags = &line->condition.aspects[ASPECT_FLAGS];
    const struct spans *kept = spans_both(arena, *flags, openers(arena));

    if (plan->tcp_flags || !(condition_states(&line->condition) & STATE_BIT(INVALID)))
        kept = spans_both(arena, kept, spans_but(arena, bad_flags(arena), 255));
    else
        kept = spans_either(arena, kept, spans_both(arena, *flags, bad_flags(arena)), 255);
    plan->tcp_state |= spans_meet(*flags, following(arena));
    line->absorbed |= spans_is_none(kept);
    *flags = kept;
}

/* A line that judges segments by their flags, where established connections were accepted before:
 * here it is asked about those that follow, too. */
static void settle_segments(struct plan *plan, struct line *line)
{
    if (!line->condition.aspects[ASPECT_FLAGS])
        return;
    if (line->verdict == VERDICT_ACCEPT)
        accept_following(plan, line);
    else
        drop_openers(plan, line);
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
        settle_segments(plan, line);
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
    check_replies(plan, WAY_OUT, WAY_IN);
    check_replies(plan, WAY_IN, WAY_OUT);
    settle_neighbours(plan);
    settle_errors(plan);
    settle_flags(plan);
    for (int way = 0; way < WAYS; way++) {
        struct course *course = &plan->courses[way];
        check_continuation(plan, course);
        for (size_t i = 0; i < course->count; i++)
            if (line_is_rule(&course->lines[i]) ||
                is_policy_of_some(plan, course, &course->lines[i]))
                settle_line(plan, course, &course->lines[i]);
    }
    if (!plan->courses[WAY_IN].judges)
        plan->tcp_state = false;
}
