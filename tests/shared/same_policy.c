/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "same_policy.h"

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

const char *same_rule(const struct rule *a, const struct rule *b)
{
    if (strcmp(a->name, b->name) != 0)
        return "name";
    if (a->action != b->action)
        return "action";
    if (a->log != b->log)
        return "log";
    if (strcmp(a->note, b->note) != 0)
        return "note";
    if (memcmp(a->direction, b->direction, sizeof(a->direction)) != 0)
        return "direction";
    if (a->protocol_any != b->protocol_any ||
        memcmp(a->protocols, b->protocols, sizeof(a->protocols)) != 0)
        return "protocol";
    if (a->port_any != b->port_any || !same_numbers(&a->ports, &b->ports))
        return "port";
    if (a->source_port_any != b->source_port_any ||
        !same_numbers(&a->source_ports, &b->source_ports))
        return "source-port";
    if (a->icmp_any != b->icmp_any || !same_numbers(&a->icmp[0], &b->icmp[0]) ||
        !same_numbers(&a->icmp[1], &b->icmp[1]))
        return "icmp-type";
    if (!same_addresses(a->from, b->from))
        return "from";
    return same_addresses(a->to, b->to) ? NULL : "to";
}

const char *same_expectation(const struct expectation *a, const struct expectation *b)
{
    if (strcmp(a->name, b->name) != 0)
        return "name";
    if (a->verdict != b->verdict)
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
