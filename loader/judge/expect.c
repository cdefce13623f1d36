/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <edgexdp/refusal.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "frame_build.h"
#include "native.h"

static void native_freep(struct native **native)
{
    native_free(*native);
}

static struct outcome judge_notation(struct native *native, const struct packet_notation *packet)
{
    _Alignas(16) u8 buffer[FRAME_BUILD_BYTES];
    size_t length = frame_build(packet, buffer);

    native_stray(native, packet->stray);
    return native_judge(native, packet->direction, buffer, length, SECOND_NS);
}

static const char *outcome_rule(const struct policy *policy, const struct image *image,
                                const struct outcome *outcome)
{
    if (outcome->kind == OUTCOME_REASON)
        return NULL;
    return policy->rules[image->entries[outcome->rule].rule].name;
}

static void describe(const struct policy *policy, const struct image *image,
                     const struct outcome *outcome, char *text, size_t size)
{
    const char *rule = outcome_rule(policy, image, outcome);
    const char *verdict = outcome_action(outcome);

    if (!rule)
        snprintf(text, size, "%s, reason %s", verdict, reason_names[outcome->reason]);
    else if (outcome->kind == OUTCOME_REPLY)
        snprintf(text, size, "%s as a reply of rule %s", verdict, rule);
    else
        snprintf(text, size, "%s by rule %s (%s)", verdict, rule,
                 rule_place(policy, &policy->rules[image->entries[outcome->rule].rule]).text);
}

static bool holds(const struct expectation *expectation, const struct outcome *outcome,
                  const char *rule)
{
    if (outcome->verdict != expectation->verdict ||
        (expectation->rejected && outcome_refusal(outcome) == REFUSAL_NONE))
        return false;
    return !expectation->rule[0] || (rule && !strcmp(rule, expectation->rule));
}

static bool is_vacuous(const struct expectation *expectation)
{
    return expectation->packet.lacks_self ||
           (expectation->has_reply_to && expectation->reply_to.lacks_self);
}

size_t expect_count_vacuous(const struct policy *policy)
{
    size_t count = 0;

    for (size_t i = 0; i < policy->expectation_count; i++)
        count += is_vacuous(&policy->expectations[i]);
    return count;
}

int expectations_check(const struct policy *policy, const struct image *image, struct diag *diag)
{
    CLEANUP(native_freep) struct native *native = native_new(image->header);
    int result = 0;

    if (!native)
        return -ENOMEM;
    for (size_t i = 0; i < policy->expectation_count; i++) {
        const struct expectation *expectation = &policy->expectations[i];
        char got[160 + sizeof(struct rule_place)];

        if (is_vacuous(expectation))
            continue;
        native_reset(native);
        if (expectation->has_reply_to)
            judge_notation(native, &expectation->reply_to);
        struct outcome outcome = judge_notation(native, &expectation->packet);
        if (native_is_short(native))
            return -ENOMEM;
        if (holds(expectation, &outcome, outcome_rule(policy, image, &outcome)))
            continue;
        describe(policy, image, &outcome, got, sizeof(got));
        diag_add(diag, SEVERITY_ERROR, expectation->packet_place,
                 "expectation %s: expected %s%s%s, got %s", expectation->name,
                 labels_action(expectation->verdict,
                               expectation->rejected ? REFUSAL_DEFAULT : REFUSAL_NONE),
                 expectation->rule[0] ? " by rule " : "", expectation->rule, got);
        result = -EINVAL;
    }
    return result;
}
