/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <edgexdp/refusal.h>

#include "../base/labels.h"
#include "../base/memory.h"

/* Describes what became of a packet, and where if the policy has zones. */
static void describe(const struct policy *whole, const struct passage *passage, char *text,
                     size_t size)
{
    const struct outcome *outcome = &passage->sides[passage->count - 1].outcome;
    const struct zone_judge *judge = passage->sides[passage->count - 1].judge;
    const struct rule *rule = zone_judge_rule(judge, outcome);
    const char *verdict = outcome_action(outcome);
    size_t used = 0;

    if (whole->is_zoned)
        used = (size_t)snprintf(
            text, size, "%s on %s: ", direction_names[passage->sides[passage->count - 1].direction],
            zone_name(whole, passage->sides[passage->count - 1].zone));
    if (!rule)
        snprintf(text + used, size - used, "%s, reason %s", verdict, reason_names[outcome->reason]);
    else if (outcome->kind == OUTCOME_REPLY)
        snprintf(text + used, size - used, "%s as a reply of rule %s", verdict, rule->name);
    else
        snprintf(text + used, size - used, "%s by rule %s (%s)", verdict, rule->name,
                 rule_place(judge->policy, rule).text);
}

static bool holds(const struct expectation *expectation, const struct passage *passage)
{
    const struct outcome *outcome = &passage->sides[passage->count - 1].outcome;
    const struct rule *rule = zone_judge_rule(passage->sides[passage->count - 1].judge, outcome);

    if (outcome->verdict != expectation->verdict ||
        (expectation->rejected && outcome_refusal(outcome) == REFUSAL_NONE))
        return false;
    return !expectation->rule[0] || (rule && !strcmp(rule->name, expectation->rule));
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

/* Judges EXPECTATION on ZONE if its packet does not say where. *HELD becomes whether it holds; a
 * message says so if not. */
static int check_on(const struct policy *whole, const struct expectation *expectation,
                    struct zone_judges *judges, unsigned int zone, struct diag *diag, bool *held)
{
    struct passage passage;
    char got[2 * NAME_BYTES + 160 + sizeof(struct rule_place)];
    int error = 0;

    zone_judges_reset(judges);
    if (expectation->has_reply_to)
        error = zone_judges_ask(judges, &expectation->reply_to, zone, diag, &passage);
    if (!error)
        error = zone_judges_ask(judges, &expectation->packet, zone, diag, &passage);
    if (error)
        return error;
    *held = holds(expectation, &passage);
    if (*held)
        return 0;
    describe(whole, &passage, got, sizeof(got));
    diag_add(
        diag, SEVERITY_ERROR, expectation->packet_place, "expectation %s: expected %s%s%s, got %s",
        expectation->name,
        labels_action(expectation->verdict, expectation->rejected ? REFUSAL_DEFAULT : REFUSAL_NONE),
        expectation->rule[0] ? " by rule " : "", expectation->rule, got);
    return 0;
}

/* An expectation that does not say where must hold in every zone. */
static int check(const struct policy *whole, const struct expectation *expectation,
                 struct zone_judges *judges, struct diag *diag, bool *held)
{
    bool anywhere = whole->is_zoned && !*expectation->packet.on;
    unsigned int zone = anywhere ? zone_next(whole, ZONE_HERE) : ZONE_HERE;
    int error;

    do
        error = check_on(whole, expectation, judges, zone, diag, held);
    while (!error && *held && anywhere && (zone = zone_next(whole, zone)) != ZONE_HERE);
    return error;
}

int expect_check_zones(const struct policy *whole, struct zone_judges *judges, struct diag *diag)
{
    int result = 0;

    for (size_t i = 0; i < whole->expectation_count; i++) {
        bool held = true;
        int error = is_vacuous(&whole->expectations[i])
                        ? 0
                        : check(whole, &whole->expectations[i], judges, diag, &held);

        if (error)
            return error;
        if (!held)
            result = -EINVAL;
    }
    return result;
}

int expectations_check(const struct policy *policy, const struct image *image, struct diag *diag)
{
    CLEANUP(zone_judges_freep) struct zone_judges *judges = zone_judges_new(policy);

    if (!judges)
        return -ENOMEM;
    zone_judges_know(judges, image);
    return expect_check_zones(policy, judges, diag);
}
