/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <edgexdp/wire.h>

#include "../base/memory.h"
#include "../judge/answer.h"
#include "../judge/frame_build.h"
#include "../policy/address.h"
#include "../policy/match.h"
#include "../policy/protect.h"
#include "../policy/protocols.h"
#include "../policy/zones.h"

bool explanation_accepts(const struct policy *policy, enum direction direction, size_t rule)
{
    enum verdict verdict =
        rule < policy->rule_count ? policy->rules[rule].action : policy->otherwise[direction];
    return verdict == VERDICT_ACCEPT;
}

static size_t find_rule(const struct policy *policy, const char *name)
{
    size_t i = 0;

    while (i < policy->rule_count && strcmp(policy->rules[i].name, name) != 0)
        i++;
    return i;
}

static bool by_default(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_REASON && outcome->reason == REASON_DEFAULT;
}

static bool is_stray(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_REASON && outcome->reason == REASON_NO_CONNECTION;
}

/* The zone of the interface where the packet is. */
static unsigned int zone_where(const struct explanation *explanation)
{
    unsigned int zone = explanation->decision.zone;

    return zone ? zone : explanation->policy->zone;
}

/* Describes a packet there. */
static struct probe probe_there(const struct explanation *explanation, enum direction direction,
                                const struct native_question *question)
{
    struct probe probe = probe_of(direction, question, explanation->policy);

    probe.zone = zone_where(explanation);
    return probe;
}

/* Returns whether the outcome is that of a later fragment, about which rules were asked first. */
static bool names_later(const struct explanation *explanation)
{
    const struct policy *policy = explanation->policy;
    const struct outcome *outcome = &explanation->decision.outcome;
    bool names = false;

    for (size_t i = 0; i < policy->rule_count; i++)
        names |= rule_asks_later(&policy->rules[i]) &&
                 rule_concerns(&policy->rules[i], zone_where(explanation),
                               explanation->packet.direction);
    return names && outcome->kind == OUTCOME_REASON && outcome->reason == REASON_FRAGMENT;
}

/* How the packet came here, if it goes out. */
static void find_arrival(struct explanation *explanation)
{
    const struct packet_notation *packet = &explanation->packet;

    if (packet->direction == DIRECTION_OUT && *packet->via && !explanation->mirror)
        explanation->asked.values[FIELD_ARRIVES] = zone_said(explanation->policy, packet->via);
}

/* Returns whether PACKET's verdict was found by walking the rules, and records which packet they
 * were asked about. An answer from a service is judged by the rules for the packet that it
 * answers. */
static bool rules_were_asked(struct explanation *explanation, const void *frame, size_t length)
{
    const struct outcome *outcome = &explanation->decision.outcome;
    enum direction direction = explanation->packet.direction;
    struct native_question question;
    bool reply = outcome->kind == OUTCOME_REPLY ||
                 (outcome->kind == OUTCOME_REASON && outcome->reason == REASON_REPLY);

    if (reply && direction == DIRECTION_IN)
        return false; /* flows come before rules */
    if (!reply && !outcome_has_rule(outcome) && !by_default(outcome) && !is_stray(outcome) &&
        !names_later(explanation))
        return false;
    explanation->mirror = reply;
    if (!native_ask(frame, length, reply, &question))
        return false;
    explanation->asked = probe_there(explanation, reply ? DIRECTION_IN : direction, &question);
    find_arrival(explanation);
    return true;
}

static int make_trace(struct explanation *explanation, size_t decided)
{
    const struct policy *policy = explanation->policy;

    if (probe_first_rule(policy, &explanation->asked) != decided)
        return -ESTALE;
    explanation->trace = calloc(decided + 1, sizeof(*explanation->trace));
    if (!explanation->trace)
        return -ENOMEM;
    for (size_t i = 0; i < decided; i++) {
        unsigned int misfits = rule_misfits(&policy->rules[i], &explanation->asked);
        explanation->trace[explanation->trace_count++] = (struct misfit){i, misfits_first(misfits)};
    }
    return 0;
}

/* Keeps the closest misses; among equals, the earlier ones. */
static void add_near(struct explanation *explanation, const struct near_miss *near)
{
    size_t at = explanation->near_count;

    while (at && explanation->near[at - 1].distance > near->distance)
        at--;
    if (at == NEAR_MISSES_MAX)
        return;
    if (explanation->near_count < NEAR_MISSES_MAX)
        explanation->near_count++;
    for (size_t i = explanation->near_count - 1; i > at; i--)
        explanation->near[i] = explanation->near[i - 1];
    explanation->near[at] = *near;
}

/* Finds the rule that would decide before the rule of NEAR if the packet were mended for the
 * latter. */
static void find_behind(const struct explanation *explanation, struct near_miss *near)
{
    const struct policy *policy = explanation->policy;
    struct probe mended;

    misfit_mend(&policy->rules[near->misfit.rule], &explanation->asked, near->misfit.field,
                &mended);
    size_t first = probe_first_rule(policy, &mended);
    near->behind = first < near->misfit.rule ? first : policy->rule_count;
}

/* Finds the rules that only one field keeps from matching and that would have changed the
 * verdict. */
static void find_near(struct explanation *explanation, size_t decided)
{
    const struct policy *policy = explanation->policy;
    bool accepted = explanation->decision.outcome.verdict == VERDICT_ACCEPT;
    size_t end = accepted ? decided : policy->rule_count;

    for (size_t i = 0; i < end; i++) {
        const struct rule *rule = &policy->rules[i];
        unsigned int misfits = rule_misfits(rule, &explanation->asked);
        struct near_miss near = {.misfit.rule = i};
        struct probe mended;

        if ((rule->action == VERDICT_ACCEPT) == accepted || __builtin_popcount(misfits) != 1)
            continue;
        near.misfit.field = misfits_first(misfits);
        near.distance = misfit_mend(rule, &explanation->asked, near.misfit.field, &mended);
        /* Otherwise it matches nothing of this family, or nothing that there is. */
        if (!rule_misfits(rule, &mended) && probe_can_be(&mended))
            add_near(explanation, &near);
    }
    for (size_t i = 0; i < explanation->near_count; i++)
        find_behind(explanation, &explanation->near[i]);
}

/* A dropped packet might have been an answer: finds the packet it would answer, and the rule that
 * decides that one. */
static void find_request(struct explanation *explanation, const void *frame, size_t length)
{
    enum direction direction = explanation->packet.direction;
    struct native_question question;

    if (explanation->mirror || explanation->decision.outcome.verdict == VERDICT_ACCEPT)
        return;
    explanation->answers = native_ask(frame, length, true, &question);
    if (!explanation->answers)
        return;
    explanation->request = probe_there(
        explanation, direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN, &question);
    explanation->request_rule = probe_first_rule(explanation->policy, &explanation->request);
}

/* Finds out about the packet that a dropped ICMP error quotes. */
static void find_quoted(struct explanation *explanation, const void *frame, size_t length)
{
    enum direction direction = explanation->packet.direction;
    const struct captured whole = {frame, (u32)length, (u32)length};
    struct native_question question;
    struct probe asked;

    explanation->quotes = explanation->decision.outcome.verdict == VERDICT_DROP &&
                          explanation->policy->baseline.icmp_errors &&
                          native_is_error(frame, length);
    explanation->quoted_is_known =
        explanation->quotes && native_quoted(&whole, LINK_ETHERNET, false, &question);
    if (!explanation->quoted_is_known)
        return;
    explanation->quoted = probe_there(
        explanation, direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN, &question);
    explanation->quoted_rule = probe_first_rule(explanation->policy, &explanation->quoted);
    explanation->quotes_another =
        memcmp(question.source, explanation->packet.destination, sizeof(question.source)) != 0;
    if (direction == DIRECTION_OUT || !native_quoted(&whole, LINK_ETHERNET, true, &question))
        return;
    asked = probe_there(explanation, DIRECTION_IN, &question);
    explanation->quotes_answer = explanation_accepts(explanation->policy, DIRECTION_IN,
                                                     probe_first_rule(explanation->policy, &asked));
}

int explain(const struct policy *policy, const struct packet_notation *packet,
            const struct decision *decision, struct explanation *explanation)
{
    struct explanation made = {.policy = policy, .packet = *packet, .decision = *decision};
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    size_t length = frame_build(packet, frame);
    int error = 0;

    /* The SYN goes no further; but whoever asks wants to know what becomes of the connection. */
    if (outcome_is_cookie(&decision->outcome))
        made.decision.outcome.verdict = VERDICT_ACCEPT;
    if (policy && rules_were_asked(&made, frame, length)) {
        if (is_stray(&decision->outcome)) {
            made.accepting = probe_first_rule(policy, &made.asked);
            error = make_trace(&made, made.accepting);
            *explanation = made;
            return error;
        }
        size_t decided = decision->rule ? find_rule(policy, decision->rule) : policy->rule_count;
        error = make_trace(&made, decided);
        if (error)
            return error;
        if (!made.mirror)
            find_near(&made, decided);
        find_request(&made, frame, length);
        if (decision->outcome.verdict == VERDICT_DROP)
            made.baseline = native_baseline(packet->direction, frame, length);
        find_quoted(&made, frame, length);
    }
    *explanation = made;
    return 0;
}

enum untold explanation_untold(const struct explanation *explanation)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];

    return answer_untold(frame, frame_build(&explanation->packet, frame));
}

/* The rule that decided, unless the packet was a reply; NULL: none. */
static const struct rule *deciding_rule(const struct explanation *explanation)
{
    const struct decision *decision = &explanation->decision;
    const struct policy *policy = explanation->policy;
    size_t at = policy && decision->rule ? find_rule(policy, decision->rule) : SIZE_MAX;

    if (!outcome_has_rule(&decision->outcome) || decision->outcome.kind == OUTCOME_REPLY ||
        !policy || at >= policy->rule_count)
        return NULL;
    return &policy->rules[at];
}

const struct protect *explanation_protect(const struct explanation *explanation)
{
    const struct rule *rule = deciding_rule(explanation);
    const struct packet_notation *packet = &explanation->packet;
    bool opens = (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

    return rule && rule->protect.cookies && packet->protocol == PROTOCOL_TCP && opens
               ? &rule->protect
               : NULL;
}

bool explanation_exempt(const struct explanation *explanation)
{
    const struct rule *rule = deciding_rule(explanation);
    const struct packet_notation *packet = &explanation->packet;
    const u8 *far = packet->direction == DIRECTION_IN ? packet->source : packet->destination;

    return rule && rule->limit_count &&
           policy_exempts(explanation->policy, packet->family,
                          address_from_bytes(packet->family, far));
}

bool explanation_needs_connection(const struct explanation *explanation)
{
    const struct outcome *outcome = &explanation->decision.outcome;
    const struct packet_notation *packet = &explanation->packet;

    return explanation->policy && outcome->verdict == VERDICT_ACCEPT &&
           (outcome->kind == OUTCOME_RULE || by_default(outcome)) &&
           packet->direction == DIRECTION_IN && packet->protocol == IPPROTO_TCP &&
           packet->fragment != FRAGMENT_LATER &&
           (packet->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN && !explanation->decision.blind &&
           policy_asks_connection(explanation->policy, packet->family,
                                  address_from_bytes(packet->family, packet->destination));
}

const struct limit *explanation_limits(const struct explanation *explanation, size_t *count)
{
    const struct rule *rule = deciding_rule(explanation);

    *count = rule && !explanation_exempt(explanation) ? rule->limit_count : 0;
    return *count ? rule->limits : NULL;
}

void explanation_clear(struct explanation *explanation)
{
    free(explanation->trace);
    *explanation = (struct explanation){0};
}
