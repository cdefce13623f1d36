/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "same_policy.h"

#include "../../loader/policy/match.h"

#include <string.h>

static bool same_numbers(const struct number_ranges *a, const struct number_ranges *b)
{
    return a->count == b->count &&
           (!a->count || !memcmp(a->ranges, b->ranges, a->count * sizeof(*a->ranges)));
}

static bool same_addresses(const struct address_set *a, const struct address_set *b)
{
    for (int family = 0; family < 2; family++) {
        const struct address_ranges *one = &a->family[family], *other = &b->family[family];

        if (one->count != other->count)
            return false;
        for (size_t i = 0; i < one->count; i++)
            if (one->ranges[i].first != other->ranges[i].first ||
                one->ranges[i].last != other->ranges[i].last)
                return false;
    }
    return true;
}

static bool same_match(const struct match *a, const struct match *b)
{
    return a->any == b->any && (!a->set || same_addresses(a->set, b->set)) &&
           same_numbers(&a->numbers[0], &b->numbers[0]) &&
           same_numbers(&a->numbers[1], &b->numbers[1]);
}

const char *same_rule(const struct rule *a, const struct rule *b)
{
    if (strcmp(a->name, b->name) != 0)
        return "name";
    if (a->action != b->action || a->refusal != b->refusal)
        return "action";
    if (a->log != b->log)
        return "log";
    if (strcmp(a->note, b->note) != 0)
        return "note";
    if (memcmp(a->direction, b->direction, sizeof(a->direction)) != 0)
        return "direction";
    if (a->forward != b->forward || !same_match(&a->on, &b->on) ||
        !same_match(&a->leaves, &b->leaves))
        return "zones";
    for (enum field field = 0; field < FIELDS; field++)
        if (!same_match(&a->matches[field], &b->matches[field]))
            return field_rows[field].name;
    return NULL;
}

const char *same_expectation(const struct expectation *a, const struct expectation *b)
{
    if (strcmp(a->name, b->name) != 0)
        return "name";
    if (a->verdict != b->verdict || a->rejected != b->rejected)
        return "verdict";
    if (strcmp(a->rule, b->rule) != 0)
        return "rule";
    if (memcmp(&a->packet, &b->packet, sizeof(a->packet)) != 0)
        return "packet";
    if (a->has_reply_to != b->has_reply_to ||
        memcmp(&a->reply_to, &b->reply_to, sizeof(a->reply_to)) != 0)
        return "reply-to";
    return NULL;
}

const char *same_policy(const struct policy *a, const struct policy *b)
{
    const char *differs = NULL;

    if (strcmp(a->name, b->name) != 0 || strcmp(a->description, b->description) != 0)
        return "name or description";
    if (a->mode != b->mode || memcmp(a->otherwise, b->otherwise, sizeof(a->otherwise)) != 0)
        return "mode, inbound or outbound";
    if (memcmp(&a->baseline, &b->baseline, sizeof(a->baseline)) != 0)
        return "baseline";
    if (a->rule_count != b->rule_count || a->expectation_count != b->expectation_count)
        return "how many rules or expectations";
    for (size_t i = 0; i < a->rule_count && !differs; i++)
        differs = same_rule(&a->rules[i], &b->rules[i]);
    for (size_t i = 0; i < a->expectation_count && !differs; i++)
        differs = same_expectation(&a->expectations[i], &b->expectations[i]);
    return differs;
}
