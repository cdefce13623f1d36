/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "redirected.h"

#include <netinet/in.h>
#include <stdio.h>

#include "../netlink/redirects.h"
#include "../policy/match.h"
#include "../policy/protect.h"

struct search {
    const struct policy *policy;
    bool found;
    struct number_range ports; /* the first ports that are passed on and accepted */
    const struct rule *rule;   /* which accepts them; NULL: `inbound` does */
};

static bool is_every_port(struct number_range ports)
{
    return !ports.first && ports.last == 0xffff;
}

/* Does RULE accept TCP of FAMILY to any of PORTS? */
static bool accepts(const struct rule *rule, enum family family, struct number_range ports)
{
    struct number_range whole;
    struct number_ranges own =
        match_numbers(&rule->matches[FIELD_PORT], FIELD_PORT, family, &whole);

    if (!rule->direction[DIRECTION_IN] || rule->action != VERDICT_ACCEPT ||
        !rule_speaks_of(rule, family) ||
        !match_holds(&rule->matches[FIELD_PROTOCOL], family, IPPROTO_TCP))
        return false;
    for (size_t i = 0; i < own.count; i++)
        if (own.ranges[i].first <= ports.last && own.ranges[i].last >= ports.first)
            return true;
    return false;
}

/* Do connections that RULE (NULL: `inbound`) accepts need a socket of this host? */
static bool needs_socket(const struct policy *policy, const struct rule *rule)
{
    return policy->baseline.tcp_state == TCP_STATE_SOCKET || (rule && rule_protects(rule));
}

static void look_at(struct number_range ports, void *context)
{
    struct search *search = context;
    const struct policy *policy = search->policy;

    /* Ports that are known say more than those that are not. */
    if (search->found && (is_every_port(ports) || !is_every_port(search->ports)))
        return;
    for (size_t i = 0; i < policy->rule_count; i++)
        if (needs_socket(policy, &policy->rules[i]) &&
            (accepts(&policy->rules[i], FAMILY_IPV4, ports) ||
             accepts(&policy->rules[i], FAMILY_IPV6, ports))) {
            *search = (struct search){policy, true, ports, &policy->rules[i]};
            return;
        }
    if (needs_socket(policy, NULL) && policy->otherwise[DIRECTION_IN] == VERDICT_ACCEPT)
        *search = (struct search){policy, true, ports, NULL};
}

static bool asks_anywhere(const struct policy *policy)
{
    bool asks = needs_socket(policy, NULL);

    for (size_t i = 0; i < policy->rule_count; i++)
        asks |= needs_socket(policy, &policy->rules[i]);
    return asks;
}

void redirected_note(const struct policy *policy, struct why *note)
{
    struct search search = {.policy = policy};
    char ports[FIELD_RANGE_BYTES], what[FIELD_RANGE_BYTES + 96], who[RULE_NAME_BYTES + 8];

    if (!asks_anywhere(policy) || redirects_ask(look_at, &search) || !search.found)
        return;
    snprintf(who, sizeof(who), "%s%s", search.rule ? "rule " : "",
             search.rule ? search.rule->name : "inbound");
    if (is_every_port(search.ports))
        snprintf(
            what, sizeof(what),
            "some TCP on (it does not say of which ports, or in a way that is not understood)");
    else
        snprintf(what, sizeof(what), "on what comes to TCP port %s",
                 field_print_range(FIELD_PORT, search.ports, ports));
    if (policy->baseline.tcp_state == TCP_STATE_SOCKET)
        why_set(
            note, 0,
            "a NAT rule of the kernel passes %s: that has no socket of this host, and tcp-state "
            "= socket drops it even where %s accepts it; write tcp-state = socket, conntrack",
            what, who);
    else
        why_set(note, 0,
                "a NAT rule of the kernel passes %s: if somebody listens there on this host, too, "
                "%s has SYNs answered in his name, and such connections break; leave \"protect\" "
                "out for them",
                what, who);
}
