/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "classes.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"
#include "excess.h"
#include "lookup.h"

/* Spans of port keys under construction. */
struct span_list {
    struct address_range *spans;
    size_t count;
    size_t room;
};

/* All sets that go into one partition. */
struct set_list {
    struct span_set *sets;
    size_t count;
    size_t room;
};

/* Spans come in ascending order; those that touch become one. */
static int span_add(struct span_list *list, u32 first, u32 last)
{
    if (list->count && list->spans[list->count - 1].last + 1 == first) {
        list->spans[list->count - 1].last = last;
        return 0;
    }
    struct address_range *more = array_grow(list->spans, list->count, &list->room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    list->spans = more;
    list->spans[list->count++] = (struct address_range){first, last};
    return 0;
}

static int set_add(struct set_list *list, const struct address_range *spans, size_t count)
{
    struct span_set *more = array_grow(list->sets, list->count, &list->room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    list->sets = more;
    list->sets[list->count++] = (struct span_set){spans, count};
    return 0;
}

static bool has_protocol(const struct rule *rule, int family, u32 protocol)
{
    return rule->protocol_any || (rule->protocols[family][protocol / 64] >> protocol % 64 & 1);
}

/* RANGES of the protocol, or all of it. */
static int add_protocol(struct span_list *list, u32 protocol, bool any,
                        const struct number_ranges *ranges)
{
    if (any)
        return span_add(list, PORT_KEY(protocol, 0), PORT_KEY(protocol, 0xffff));
    int error = 0;
    for (size_t i = 0; !error && i < ranges->count; i++)
        error = span_add(list, PORT_KEY(protocol, ranges->ranges[i].first),
                         PORT_KEY(protocol, ranges->ranges[i].last));
    return error;
}

static int port_spans(const struct rule *rule, int family, struct span_list *list)
{
    int error = 0;
    for (u32 protocol = 0; !error && protocol < 256; protocol++) {
        bool icmp = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
        if (!has_protocol(rule, family, protocol))
            continue;
        if (icmp && !rule->icmp_any)
            error = add_protocol(list, protocol, false, &rule->icmp[family]);
        else
            error = add_protocol(list, protocol, rule->port_any, &rule->ports);
    }
    return error;
}

/* Of no protocol: whose port it is the other test has asked by then, and only tcp, udp and sctp
 * have any. So every class of one test can meet every class of the other. */
static int source_port_spans(const struct rule *rule, int family, struct span_list *list)
{
    (void)family;
    return add_protocol(list, 0, false, &rule->source_ports);
}

static bool spans_equal(const struct span_set *set, const struct span_list *list)
{
    return set->count == list->count &&
           !memcmp(set->spans, list->spans, list->count * sizeof(*list->spans));
}

/* Adds the set that SPANS_OF says for RULE and FAMILY, or takes the one just added for the other
 * family if it is the same. *INDEX becomes its place in SETS. */
static int add_port_set(struct set_list *sets, const struct rule *rule, int family,
                        int (*spans_of)(const struct rule *, int, struct span_list *),
                        size_t *index)
{
    struct span_list list = {0};
    int error = spans_of(rule, family, &list);

    if (!error && family && sets->count && spans_equal(&sets->sets[sets->count - 1], &list)) {
        *index = sets->count - 1;
        free(list.spans);
        return 0;
    }
    if (!error)
        error = set_add(sets, list.spans, list.count);
    if (error) {
        free(list.spans);
        return error;
    }
    *index = sets->count - 1;
    return 0;
}

static void sets_clear(struct set_list *list, bool spans_too)
{
    for (size_t i = 0; spans_too && i < list->count; i++)
        free((void *)list->sets[i].spans);
    free(list->sets);
}

static bool is_any(const struct address_set *set, int family)
{
    return address_is_any(FAMILY_IPV4 + (enum family)family, &set->family[family]);
}

static int build_addresses(const struct policy *policy, int family, u32 max,
                           struct classes *classes, struct diag *diag)
{
    struct partition *partition = &classes->addresses[family];
    struct set_list sets = {0};
    u128 last = family ? ~(u128)0 : 0xffffffff;
    int error = 0;

    for (size_t i = 0; !error && i < policy->set_count; i++) {
        const struct address_ranges *ranges = &policy->sets[i]->family[family];
        error = set_add(&sets, ranges->ranges, is_any(policy->sets[i], family) ? 0 : ranges->count);
    }
    if (!error)
        error = partition_build(sets.sets, sets.count, last, max, partition);
    sets_clear(&sets, false);
    if (error == -E2BIG)
        excess_tell_kinds(policy, max, family ? "IPv6 addresses" : "IPv4 addresses", true, diag);
    return error;
}

static int build_numbers(const struct policy *policy, const struct set_list *sets, u32 last,
                         u32 max, const char *what, struct partition *partition, struct diag *diag)
{
    int error = partition_build(sets->sets, sets->count, last, max, partition);

    if (error == -E2BIG)
        excess_tell_kinds(policy, max, what, false, diag);
    return error;
}

static int build_ports(const struct policy *policy, u32 max, struct classes *classes,
                       struct diag *diag)
{
    size_t slots = 2 * policy->rule_count + 1;
    CLEANUP_FREE size_t *index = calloc(2 * slots, sizeof(*index));
    struct set_list ports = {0}, sources = {0};
    int error = index ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        for (int family = 0; !error && family < 2; family++) {
            error = add_port_set(&ports, rule, family, port_spans, &index[2 * i + family]);
            if (!error && !rule->source_port_any)
                error = add_port_set(&sources, rule, family, source_port_spans,
                                     &index[slots + 2 * i + family]);
        }
    }
    if (!error)
        error = build_numbers(policy, &ports, PORT_KEYS - 1, max, "ports", &classes->ports, diag);
    if (!error)
        error = build_numbers(policy, &sources, PORT_KEY(0, 0xffff), max, "source ports",
                              &classes->source_ports, diag);
    for (size_t i = 0; !error && i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        bool any = rule->protocol_any && rule->port_any && rule->icmp_any;
        for (int family = 0; family < 2; family++) {
            struct rule_wants *wants = &classes->wants[family][i];
            wants->port = any ? NULL : &classes->ports.sets[index[2 * i + family]];
            wants->source_port = rule->source_port_any
                                     ? NULL
                                     : &classes->source_ports.sets[index[slots + 2 * i + family]];
        }
    }
    sets_clear(&ports, true);
    sets_clear(&sources, true);
    return error;
}

static const struct class_runs *address_wants(const struct classes *classes, int family,
                                              const struct address_set *set)
{
    if (is_any(set, family))
        return NULL;
    return &classes->addresses[family].sets[set->index];
}

int classes_build(const struct policy *policy, u32 max, struct classes *classes, struct diag *diag)
{
    int error = 0;

    *classes = (struct classes){0};
    for (int family = 0; !error && family < 2; family++) {
        classes->wants[family] = calloc(policy->rule_count + 1, sizeof(struct rule_wants));
        error = classes->wants[family] ? 0 : -ENOMEM;
        if (!error)
            error = build_addresses(policy, family, max, classes, diag);
        for (size_t i = 0; !error && i < policy->rule_count; i++) {
            struct rule_wants *wants = &classes->wants[family][i];
            wants->source = address_wants(classes, family, policy->rules[i].from);
            wants->destination = address_wants(classes, family, policy->rules[i].to);
        }
    }
    return error ? error : build_ports(policy, max, classes, diag);
}

void classes_clear(struct classes *classes)
{
    partition_clear(&classes->addresses[0]);
    partition_clear(&classes->addresses[1]);
    partition_clear(&classes->ports);
    partition_clear(&classes->source_ports);
    free(classes->wants[0]);
    free(classes->wants[1]);
}
