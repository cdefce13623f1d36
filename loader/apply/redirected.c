/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "redirected.h"

#include <netinet/in.h>
#include <stdio.h>

#include "../netlink/redirects.h"
#include "../policy/match.h"

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

static void look_at(struct number_range ports, void *context)
{
    struct search *search = context;
    const struct policy *policy = search->policy;

    /* Ports that are known say more than those that are not. */
    if (search->found && (is_every_port(ports) || !is_every_port(search->ports)))
        return;
    for (size_t i = 0; i < policy->rule_count; i++)
        if (accepts(&policy->rules[i], FAMILY_IPV4, ports) ||
            accepts(&policy->rules[i], FAMILY_IPV6, ports)) {
            *search = (struct search){policy, true, ports, &policy->rules[i]};
            return;
        }
    if (policy->otherwise[DIRECTION_IN] == VERDICT_ACCEPT)
        *search = (struct search){policy, true, ports, NULL};
}

void redirected_note(const struct policy *policy, struct why *note)
{
    struct search search = {.policy = policy};
    char ports[FIELD_RANGE_BYTES], who[RULE_NAME_BYTES + 8];

    if (policy->baseline.tcp_state != TCP_STATE_SOCKET || redirects_ask(look_at, &search) ||
        !search.found)
        return;
    snprintf(who, sizeof(who), "%s%s", search.rule ? "rule " : "",
             search.rule ? search.rule->name : "inbound");
    if (is_every_port(search.ports))
        why_set(note, 0,
                "a NAT rule of the kernel passes TCP on, and does not say of which ports, or in a "
                "way that is "
                "not understood here: what is passed on has no socket of this host, and tcp-state "
                "= socket drops it, even if %s accepts it; if it is needed, write tcp-state = "
                "socket, conntrack",
                who);
    else
        why_set(note, 0,
                "a NAT rule of the kernel passes on what comes to TCP port %s: it has no socket of "
                "this host, "
                "and tcp-state = socket drops it, although %s accepts it; write tcp-state = "
                "socket, conntrack",
                field_print_range(FIELD_PORT, search.ports, ports), who);
}
