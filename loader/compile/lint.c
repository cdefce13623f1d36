/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lint.h"

#include <netinet/in.h>
#include <string.h>

#include "../base/labels.h"
#include "../policy/address.h"
#include "cover.h"

/* To find out which one rule hides another, of all rules together: enough for a thousand rules that
 * are hidden by one of ten thousand, and less than a second. */
#define COVER_STEPS 10000000u

static bool is_any(const struct rule *rule)
{
    return rule->protocol_any && rule->port_any && rule->source_port_any && rule->icmp_any;
}

static bool set_is_any(const struct address_set *set)
{
    return address_is_any(FAMILY_IPV4, &set->family[0]) &&
           address_is_any(FAMILY_IPV6, &set->family[1]);
}

static void lint_open(const struct rule *rule, struct diag *diag)
{
    if (rule->action == VERDICT_ACCEPT && is_any(rule) && set_is_any(rule->from) &&
        set_is_any(rule->to))
        diag_add(diag, SEVERITY_WARNING, rule->place,
                 "rule %s accepts everything from anywhere to anywhere", rule->name);
}

static bool set_is_empty(const struct address_set *set)
{
    return !set->family[0].count && !set->family[1].count;
}

/* Why no packet at all can match RULE, whatever other rules say; NULL: some can. */
static const char *why_empty(const struct rule *rule)
{
    if (set_is_empty(rule->from))
        return "`from` holds no address";
    if (set_is_empty(rule->to))
        return "`to` holds no address";
    for (int family = 0; family < 2; family++) {
        bool protocols = false;
        for (int word = 0; word < 4; word++)
            protocols |= rule->protocols[family][word] != 0;
        if ((protocols || rule->protocol_any) && rule->from->family[family].count &&
            rule->to->family[family].count)
            return NULL;
    }
    return "its addresses and its protocols have no family (IPv4 or IPv6) in common";
}

/* As long as there are STEPS left, the one rule that does it is looked for. */
static void lint_unreachable(const struct policy *policy, const struct entry *entry, u64 *steps,
                             struct diag *diag)
{
    const struct rule *rule = &policy->rules[entry->rule];
    const char *both = rule->direction[DIRECTION_IN] && rule->direction[DIRECTION_OUT]
                           ? entry->direction == DIRECTION_IN ? " inbound" : " outbound"
                           : "";
    for (u32 i = 0; *steps && i < entry->rule; i++) {
        const struct rule *earlier = &policy->rules[i];
        if (!earlier->direction[entry->direction] || !rule_covers(earlier, rule, steps))
            continue;
        diag_add(diag, SEVERITY_WARNING, rule->place,
                 "rule %s can never match%s: rule %s (line %u) before it takes all that it would",
                 rule->name, both, earlier->name, earlier->place.line);
        return;
    }
    diag_add(diag, SEVERITY_WARNING, rule->place,
             "rule %s can never match%s: the rules before it together take all that it would",
             rule->name, both);
}

static bool accepts_port(const struct rule *rule, u8 protocol, u16 port)
{
    if (rule->action != VERDICT_ACCEPT || !rule->direction[DIRECTION_OUT])
        return false;
    if (!rule->protocol_any && !(rule->protocols[0][0] >> protocol & 1) &&
        !(rule->protocols[1][0] >> protocol & 1))
        return false;
    if (rule->port_any)
        return true;
    for (size_t i = 0; i < rule->ports.count; i++)
        if (rule->ports.ranges[i].first <= port && port <= rule->ports.ranges[i].last)
            return true;
    return false;
}

/* An edge that may open connections but not ask for names fails in ways that look like anything
 * but a packet filter. */
static void lint_names(const struct policy *policy, struct diag *diag)
{
    const struct rule *opens = NULL;
    if (policy->otherwise[DIRECTION_OUT] == VERDICT_ACCEPT)
        return;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (accepts_port(rule, IPPROTO_UDP, 53) || accepts_port(rule, IPPROTO_TCP, 53))
            return;
        if (!opens && rule->action == VERDICT_ACCEPT && rule->direction[DIRECTION_OUT] &&
            rule->to->family[0].count && set_is_any(rule->to))
            opens = rule;
    }
    if (opens)
        diag_add(diag, SEVERITY_NOTE, opens->place,
                 "outbound connections to any address are accepted, but no rule accepts DNS (port "
                 "53) out: names will not resolve through this interface");
}

int policy_lint(const struct policy *policy, const struct image *image, struct diag *diag)
{
    u64 steps = COVER_STEPS;

    for (size_t i = 0; i < image->entry_count; i++) {
        const struct entry *entry = &image->entries[i];
        const struct rule *rule = &policy->rules[entry->rule];
        bool again = i && image->entries[i - 1].rule == entry->rule;
        const char *empty = why_empty(rule);

        if (!again)
            lint_open(rule, diag);
        if (empty && !again)
            diag_add(diag, SEVERITY_WARNING, rule->place, "rule %s can never match: %s", rule->name,
                     empty);
        else if (!empty && !entry->reachable)
            lint_unreachable(policy, entry, &steps, diag);
    }
    lint_names(policy, diag);
    return 0;
}
