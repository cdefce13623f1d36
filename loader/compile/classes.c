/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "classes.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"
#include "../policy/match.h"
#include "excess.h"
#include "lookup.h"
#include "parts.h"

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

/* Adds the numbers in the ranges of FIELD, as ports of PROTOCOL. */
static int add_numbers(struct span_list *list, u32 protocol, const struct rule *rule,
                       enum field field, int family)
{
    struct number_range whole;
    struct number_ranges ranges =
        match_numbers(&rule->matches[field], field, FAMILY_IPV4 + (enum family)family, &whole);
    int error = 0;

    for (size_t i = 0; !error && i < ranges.count; i++)
        error = span_add(list, PORT_KEY(protocol, ranges.ranges[i].first),
                         PORT_KEY(protocol, ranges.ranges[i].last));
    return error;
}

static int port_spans(const struct rule *rule, int family, struct span_list *list)
{
    struct number_range whole;
    struct number_ranges protocols = match_numbers(&rule->matches[FIELD_PROTOCOL], FIELD_PROTOCOL,
                                                   FAMILY_IPV4 + (enum family)family, &whole);
    int error = 0;

    for (size_t i = 0; i < protocols.count; i++)
        for (u32 protocol = protocols.ranges[i].first;
             !error && protocol <= protocols.ranges[i].last; protocol++) {
            bool icmp = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
            bool types = icmp && !rule->matches[FIELD_ICMP_TYPE].any;
            error = add_numbers(list, protocol, rule, types ? FIELD_ICMP_TYPE : FIELD_PORT, family);
        }
    return error;
}

/* Returns the field that TEST asks for; TEST is about a single number. */
static enum field field_of(enum test test)
{
    enum field field = 0;

    while (field_rows[field].test != test)
        field++;
    return field;
}

/* Leaves numbers beyond LAST out of LIST. */
static void span_list_cut(struct span_list *list, u32 last)
{
    while (list->count && list->spans[list->count - 1].first > last)
        list->count--;
    if (list->count && list->spans[list->count - 1].last > last)
        list->spans[list->count - 1].last = last;
}

/* For a packet that is only spoken of, this number is unknown: a rule that accepts does not ask for
 * it then, and a rule that drops because of it does not match. */
static int number_spans(const struct rule *rule, enum test test, int family,
                        enum spoken_of spoken_of, struct span_list *list)
{
    /* Protocol 0 stands for all: the port test has already asked for the protocol, and only tcp,
     * udp and sctp have source ports. So every class of one test can meet every class of the
     * other. */
    u16 last = field_last_of_any(field_of(test));
    int error = add_numbers(list, 0, rule, field_of(test), family);

    if (error)
        return error;
    span_list_cut(list, last); /* later fragments have diagrams of their own */
    if (test == TEST_SOURCE_PORT || spoken_of == NOT_SPOKEN_OF || !list->count)
        return 0;
    struct address_range *end = &list->spans[list->count - 1];
    if (end->last == last)
        end->last = NUMBER_SPOKEN_OF - 1; /* or what no packet has would be a class of its own */
    if (rule->action != VERDICT_ACCEPT)
        return 0;
    return span_add(list, NUMBER_SPOKEN_OF, NUMBER_SPOKEN_OF);
}

static bool spans_equal(const struct span_set *set, const struct span_list *list)
{
    return set->count == list->count &&
           !memcmp(set->spans, list->spans, list->count * sizeof(*list->spans));
}

/* Adds what RULE wants of TEST in FAMILY, or reuses the set just added for the other family if it
 * is the same. *INDEX becomes its place in SETS. */
static int add_number_set(struct set_list *sets, const struct rule *rule, enum test test,
                          int family, enum spoken_of spoken_of, size_t *index)
{
    struct span_list list = {0};
    int error = test == TEST_PORT ? port_spans(rule, family, &list)
                                  : number_spans(rule, test, family, spoken_of, &list);

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

static int build_addresses(const struct policy *policy, int family, u32 max,
                           struct classes *classes, struct diag *diag)
{
    struct partition *partition = &classes->addresses[family];
    enum family of = FAMILY_IPV4 + (enum family)family;
    struct set_list sets = {0};
    int error = 0;

    for (size_t i = 0; !error && i < policy->set_count; i++) {
        const struct address_ranges *ranges = &policy->sets[i]->family[family];
        error = set_add(&sets, ranges->ranges, address_is_any(of, ranges) ? 0 : ranges->count);
    }
    if (!error)
        error =
            partition_build(sets.sets, sets.count, test_last(TEST_SOURCE, family), max, partition);
    sets_clear(&sets, false);
    if (error == -E2BIG)
        excess_tell_kinds(policy, max, family ? "IPv6 addresses" : "IPv4 addresses", true, diag);
    return error;
}

static void want_addresses(const struct policy *policy, int family, struct classes *classes)
{
    enum family of = FAMILY_IPV4 + (enum family)family;

    for (size_t i = 0; i < policy->rule_count; i++)
        for (enum field field = 0; field < FIELDS; field++) {
            const struct match *match = &policy->rules[i].matches[field];
            if (match->set && !match_is_any(match, of))
                classes->wants[family][i].by_test[field_rows[field].test] =
                    &classes->addresses[family].sets[match->set->index];
        }
}

/* Returns whether RULE accepts any answer to TEST. */
static bool is_any(const struct rule *rule, enum test test)
{
    for (enum field field = 0; field < FIELDS; field++)
        if (field_rows[field].test == test && !rule->matches[field].any)
            return false;
    return true;
}

static int partition_numbers(const struct policy *policy, const struct set_list *sets,
                             enum test test, u32 max, enum spoken_of spoken_of,
                             struct partition *partition, struct diag *diag)
{
    bool beyond = test > TEST_SOURCE_PORT && spoken_of == SPOKEN_OF_TOO;
    u128 last = beyond ? NUMBER_SPOKEN_OF : test_last(test, 0);
    int error = partition_build(sets->sets, sets->count, last, max, partition);
    char what[64];

    if (error != -E2BIG)
        return error;
    snprintf(what, sizeof(what), "%ss",
             test == TEST_PORT ? "port" : field_rows[field_of(test)].what[0]);
    excess_tell_kinds(policy, max, what, false, diag);
    return error;
}

static int build_numbers(const struct policy *policy, enum test test, u32 max,
                         enum spoken_of spoken_of, struct classes *classes, struct diag *diag)
{
    CLEANUP_FREE size_t *index = calloc(2 * policy->rule_count + 1, sizeof(*index));
    struct partition *partition = &classes->numbers[test];
    struct set_list sets = {0};
    int error = index ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        for (int family = 0; !error && family < 2 && !is_any(rule, test); family++)
            error = add_number_set(&sets, rule, test, family, spoken_of, &index[2 * i + family]);
    }
    if (!error)
        error = partition_numbers(policy, &sets, test, max, spoken_of, partition, diag);
    for (size_t i = 0; !error && i < policy->rule_count; i++)
        for (int family = 0; family < 2 && !is_any(&policy->rules[i], test); family++)
            classes->wants[family][i].by_test[test] = &partition->sets[index[2 * i + family]];
    sets_clear(&sets, true);
    return error;
}

static const struct class_runs nothing;

/* A rule that cannot match in FAMILY wants nothing there, whichever field rules it out. */
static void want_nothing(const struct policy *policy, int family, struct classes *classes)
{
    for (size_t i = 0; i < policy->rule_count; i++)
        if (!rule_speaks_of(&policy->rules[i], FAMILY_IPV4 + (enum family)family))
            classes->wants[family][i].by_test[TEST_SOURCE] = &nothing;
}

int classes_build(const struct policy *policy, u32 max, enum spoken_of spoken_of,
                  struct classes *classes, struct diag *diag)
{
    int error = 0;

    *classes = (struct classes){0};
    for (int family = 0; !error && family < 2; family++) {
        classes->wants[family] = calloc(policy->rule_count + 1, sizeof(struct rule_wants));
        error = classes->wants[family] ? 0 : -ENOMEM;
        if (!error)
            error = build_addresses(policy, family, max, classes, diag);
        if (!error)
            want_addresses(policy, family, classes);
    }
    for (enum test test = TEST_PORT; !error && test < TEST_ADDRESS_WORD; test++)
        error = build_numbers(policy, test, max, spoken_of, classes, diag);
    for (u32 word = 0; !error && word < ADDRESS_WORDS; word++)
        error = parts_build(policy, word, max, &classes->numbers[TEST_ADDRESS_WORD + word],
                            classes->wants[1], diag);
    for (int family = 0; !error && family < 2; family++)
        want_nothing(policy, family, classes);
    return error;
}

void classes_clear(struct classes *classes)
{
    for (int family = 0; family < 2; family++) {
        partition_clear(&classes->addresses[family]);
        free(classes->wants[family]);
    }
    for (enum test test = 0; test < TESTS; test++)
        partition_clear(&classes->numbers[test]);
}

const struct partition *classes_of(const struct classes *classes, enum test test, int family)
{
    return test < TEST_PORT ? &classes->addresses[family] : &classes->numbers[test];
}

void classes_count(const struct classes *classes, int family, u32 counts[TESTS])
{
    for (enum test test = 0; test < TESTS; test++)
        counts[test] = classes_of(classes, test, family)->class_count;
}

u128 test_last(enum test test, int family)
{
    if (test < TEST_PORT)
        return family ? ~(u128)0 : 0xffffffff;
    if (test >= TEST_ADDRESS_WORD)
        return 0xffff;
    return test == TEST_PORT ? PORT_KEYS - 1 : field_last_of_any(field_of(test));
}

struct rule_wants rule_wants_in(const struct rule_wants *wants, enum direction direction)
{
    struct rule_wants made = *wants;

    if (direction == DIRECTION_IN)
        made.by_test[TEST_ARRIVES] = NULL;
    return made;
}

struct rule_wants rule_wants_of_later(const struct rule_wants *wants, const struct rule *rule)
{
    struct rule_wants made = *wants;

    made.by_test[TEST_FRAGMENT] = rule_asks_later(rule) ? NULL : &nothing;
    return made;
}

int rule_wants_of_far_end(const struct classes *classes, int family, enum direction direction,
                          const struct address_set *set, struct rule_wants *wants,
                          struct class_runs *runs)
{
    enum test test = direction == DIRECTION_IN ? TEST_SOURCE : TEST_DESTINATION;
    const struct class_runs *far = &classes->addresses[family].sets[set->index];
    const struct class_runs *wanted = wants->by_test[test] ? wants->by_test[test] : far;

    if (address_is_any(FAMILY_IPV4 + (enum family)family, &set->family[family]))
        return 0; /* such sets have no classes: nobody asks for them */
    wants->by_test[test] = runs;
    return class_runs_intersect(wanted, far, runs);
}

bool wants_nothing(const struct rule_wants *wants)
{
    for (enum test test = 0; test < TESTS; test++)
        if (wants->by_test[test] && !wants->by_test[test]->count)
            return true;
    return false;
}
