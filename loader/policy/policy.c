/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy.h"

#include "../base/memory.h"
#include "host.h"
#include "match.h"
#include "pool.h"

#include <stdio.h>

static void rule_clear(struct rule *rule)
{
    for (enum field field = 0; field < FIELDS; field++)
        match_clear(&rule->matches[field]);
    match_clear(&rule->on);
    match_clear(&rule->leaves);
    free(rule->note);
}

static void zone_clear(struct zone *zone)
{
    for (size_t i = 0; i < zone->interface_count; i++)
        free(zone->interfaces[i]);
    free(zone->interfaces);
    free(zone->name);
}

/* What a policy made of another one borrows. */
static void free_shared(struct policy *policy)
{
    for (size_t i = 0; i < policy->set_count; i++)
        address_set_free(policy->sets[i]);
    for (size_t i = 0; i < policy->zone_count; i++)
        zone_clear(&policy->zones[i]);
    free(policy->sets);
    free(policy->zones);
    free(policy->arrivals);
    host_free(policy->host);
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    if (!policy->borrows)
        free_shared(policy);
    for (size_t i = 0; i < policy->rule_count; i++)
        rule_clear(&policy->rules[i]);
    for (size_t i = 0; i < policy->included_count; i++)
        free(policy->included[i]);
    free(policy->included);
    free(policy->rules);
    free(policy->expectations);
    free(policy->description);
    free(policy->path);
    policy_free(policy->whole);
    free(policy);
}

bool policy_has_limits(const struct policy *policy)
{
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].limit_count)
            return true;
    return false;
}

const char *rule_file(const struct policy *policy, const struct rule *rule)
{
    return rule->file ? policy->included[rule->file - 1] : policy->path;
}

struct rule_place rule_place(const struct policy *policy, const struct rule *rule)
{
    struct rule_place place;

    if (rule->file)
        snprintf(place.text, sizeof(place.text), "%.140s:%u", rule_file(policy, rule),
                 rule->place.line);
    else
        snprintf(place.text, sizeof(place.text), "line %u", rule->place.line);
    return place;
}

void policy_freep(struct policy **policy)
{
    policy_free(*policy);
}
