/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "zones.h"

#include "../base/memory.h"
#include "match.h"

#include <errno.h>
#include <string.h>

unsigned int zone_find(const struct policy *policy, struct piece name)
{
    for (unsigned int i = 0; i < policy->zone_count; i++)
        if (piece_equals(name, policy->zones[i].name))
            return i + 1;
    return ZONE_HERE;
}

const char *zone_name(const struct policy *policy, unsigned int number)
{
    if (number == ZONE_HERE)
        return "this host";
    return number <= policy->zone_count ? policy->zones[number - 1].name : "elsewhere";
}

/* How well PATTERN fits NAME: a name that is equal fits best. 0: not at all. */
static size_t fit(const char *pattern, const char *name)
{
    if (!link_is_wanted(pattern, name))
        return 0;
    return strcmp(pattern, name) != 0 ? strlen(pattern) : SIZE_MAX;
}

/* Finds the zone that fits NAME better than *best. */
static void find_better(const struct policy *policy, const char *name, size_t *best,
                        unsigned int *zone)
{
    for (unsigned int i = 0; i < policy->zone_count; i++)
        for (size_t j = 0; j < policy->zones[i].interface_count; j++) {
            size_t now = fit(policy->zones[i].interfaces[j], name);

            if (now <= *best)
                continue;
            *best = now;
            *zone = i + 1;
        }
}

unsigned int zone_of(const struct policy *policy, const struct host *host, const char *name)
{
    const struct links *links = host ? host_known_links(host) : NULL;
    u32 index = links ? links_index(links, name) : 0;
    unsigned int zone = ZONE_ELSEWHERE;
    size_t best = 0;

    find_better(policy, name, &best, &zone);
    for (size_t i = 0; index && i < links->count; i++)
        if (links->list[i].index == index)
            find_better(policy, links->list[i].name, &best, &zone);
    return zone;
}

unsigned int zone_said(const struct policy *policy, const char *said)
{
    unsigned int zone = zone_find(policy, piece_of(said));

    return zone ? zone : zone_of(policy, policy->host, said);
}

unsigned int zone_guarded(const struct policy *policy)
{
    const char *guarded = policy->host ? host_known_links(policy->host)->guarded : NULL;

    return guarded ? zone_of(policy, policy->host, guarded) : ZONE_HERE;
}

bool zone_can_be(const struct policy *policy, const char *said)
{
    return !policy->has_interfaces || zone_said(policy, said) != ZONE_ELSEWHERE;
}

unsigned int zone_next(const struct policy *policy, unsigned int number)
{
    if (number < policy->zone_count)
        return number + 1;
    return number == ZONE_ELSEWHERE || policy->has_interfaces ? ZONE_HERE : ZONE_ELSEWHERE;
}

const struct match *rule_zones(const struct rule *rule, enum direction direction)
{
    if (!rule->forward)
        return &rule->on;
    return direction == DIRECTION_IN ? &rule->matches[FIELD_ARRIVES] : &rule->leaves;
}

bool rule_concerns(const struct rule *rule, unsigned int number, enum direction direction)
{
    return rule->direction[direction] &&
           match_holds(rule_zones(rule, direction), FAMILY_IPV4, number);
}

static bool copy_match(struct match *match)
{
    for (int family = 0; family < 2; family++) {
        struct number_ranges *numbers = &match->numbers[family];
        const struct number_range *from = numbers->ranges;
        size_t bytes = numbers->count * sizeof(*from);

        numbers->ranges = NULL;
        if (!bytes)
            continue;
        numbers->ranges = malloc(bytes);
        if (!numbers->ranges) {
            *match = (struct match){.any = true};
            return false;
        }
        memcpy(numbers->ranges, from, bytes);
    }
    return true;
}

/* Copies RULE of another policy into itself; false when memory is short, and then it may still be
 * freed. */
static bool copy_rule(struct rule *rule)
{
    bool done = true;

    rule->note = strdup(rule->note);
    for (enum field field = 0; field < FIELDS; field++)
        done &= copy_match(&rule->matches[field]);
    done &= copy_match(&rule->on) && copy_match(&rule->leaves);
    return done && rule->note;
}

static bool copy_paths(struct policy *policy, const struct policy *whole)
{
    policy->included = calloc(whole->included_count + 1, sizeof(*policy->included));
    for (size_t i = 0; policy->included && i < whole->included_count; i++) {
        policy->included[i] = strdup(whole->included[i]);
        if (!policy->included[i])
            return false;
        policy->included_count++;
    }
    policy->path = strdup(whole->path);
    policy->description = strdup(whole->description);
    return policy->included && policy->path && policy->description;
}

struct policy *policy_of_zone(const struct policy *whole, unsigned int number)
{
    CLEANUP(policy_freep) struct policy *policy = malloc(sizeof(*policy));

    if (!policy)
        return NULL;
    *policy = *whole;
    policy->borrows = true;
    policy->zone = number;
    policy->rules = calloc(whole->rule_count + 1, sizeof(struct rule));
    policy->rule_count = policy->included_count = policy->expectation_count = 0;
    policy->expectations = NULL;
    if (!copy_paths(policy, whole) || !policy->rules)
        return NULL;
    for (size_t i = 0; i < whole->rule_count; i++) {
        const struct rule *from = &whole->rules[i];
        bool in = rule_concerns(from, number, DIRECTION_IN);
        bool out = rule_concerns(from, number, DIRECTION_OUT);
        struct rule *rule = &policy->rules[policy->rule_count];

        if (!in && !out)
            continue;
        *rule = *from;
        policy->rule_count++;
        if (!copy_rule(rule))
            return NULL;
        rule->direction[DIRECTION_IN] = in;
        rule->direction[DIRECTION_OUT] = out;
    }
    return TAKE_PTR(policy);
}

int policy_narrow(struct policy **policy)
{
    unsigned int zone = (*policy)->is_zoned ? zone_guarded(*policy) : ZONE_HERE;
    struct policy *narrow = zone ? policy_of_zone(*policy, zone) : NULL;

    if (!narrow)
        return zone ? -ENOMEM : 0;
    narrow->whole = *policy;
    *policy = narrow;
    return 0;
}
