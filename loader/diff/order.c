/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders tuples, and merges those that are the same in both families. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tuples.h"

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* Defaults and [baseline] come after the rules. */
static size_t rank(const struct diff_said *said)
{
    if (said->rule)
        return said->rule->place.line;
    return said->baseline ? SIZE_MAX - 1 : SIZE_MAX;
}

static int compare_said(const struct diff_said *a, const struct diff_said *b)
{
    int order = compare_sizes(rank(a), rank(b));

    if (!order)
        order = compare_sizes((size_t)a->rule, (size_t)b->rule);
    if (!order && a->baseline && b->baseline)
        order = strcmp(a->baseline, b->baseline);
    return order;
}

/* Fewer ranges first, then lower ones. */
static int compare_numbers(const struct number_ranges *a, const struct number_ranges *b)
{
    int order = compare_sizes(a->count, b->count);

    for (size_t i = 0; !order && i < a->count; i++) {
        order = (int)a->ranges[i].first - (int)b->ranges[i].first;
        if (!order)
            order = (int)a->ranges[i].last - (int)b->ranges[i].last;
    }
    return order;
}

/* Orders by the lowest protocol that only one of them has; the one that has it is first. */
static int compare_protocols(const u64 a[4], const u64 b[4])
{
    for (size_t i = 0; i < 4; i++) {
        u64 differing = a[i] ^ b[i];
        if (differing)
            return a[i] & differing & -differing ? -1 : 1;
    }
    return 0;
}

static int compare_addresses(const struct address_ranges *a, const struct address_ranges *b)
{
    int order = compare_sizes(a->count, b->count);

    for (size_t i = 0; !order && i < a->count; i++) {
        const struct address_range *one = &a->ranges[i], *other = &b->ranges[i];
        order = (one->first > other->first) - (one->first < other->first);
        if (!order)
            order = (one->last > other->last) - (one->last < other->last);
    }
    return order;
}

static int compare_ends(const struct diff_end *a, const struct diff_end *b)
{
    int order = b->but - a->but;

    if (!order)
        order = compare_sizes(a->set ? a->set->index + 1 : 0, b->set ? b->set->index + 1 : 0);
    return order ? order : compare_addresses(&a->ranges, &b->ranges);
}

/* Compares everything except the family. */
static int compare_meaning(const struct diff_tuple *a, const struct diff_tuple *b)
{
    int order = (int)a->direction - (int)b->direction;

    if (!order)
        order = compare_said(&a->said[SIDE_NEW], &b->said[SIDE_NEW]);
    if (!order)
        order = compare_said(&a->said[SIDE_OLD], &b->said[SIDE_OLD]);
    if (!order)
        order = compare_protocols(a->protocols, b->protocols);
    if (!order)
        order = a->icmp - b->icmp;
    for (enum test test = TEST_PORT; !order && test < TESTS; test++)
        order = compare_numbers(&a->numbers[test], &b->numbers[test]);
    if (!order)
        order = compare_ends(&a->source, &b->source);
    return order ? order : compare_ends(&a->destination, &b->destination);
}

static int compare_tuples(const void *left, const void *right)
{
    const struct diff_tuple *a = left, *b = right;
    int order = compare_meaning(a, b);

    return order ? order : a->family[1] - b->family[1];
}

/* Address ranges mean something else in the other family. */
static bool is_of_any_family(const struct diff_tuple *tuple)
{
    return !tuple->source.ranges.count && !tuple->destination.ranges.count;
}

void tuples_finish(struct difference *difference)
{
    struct diff_tuple *tuples = difference->tuples;
    size_t kept = 0;

    if (!difference->count)
        return;
    qsort(tuples, difference->count, sizeof(*tuples), compare_tuples);
    for (size_t i = 0; i < difference->count; i++) {
        if (kept && is_of_any_family(&tuples[i]) &&
            !compare_meaning(&tuples[kept - 1], &tuples[i])) {
            tuples[kept - 1].family[0] |= tuples[i].family[0];
            tuples[kept - 1].family[1] |= tuples[i].family[1];
            tuple_clear(&tuples[i]);
        } else {
            tuples[kept++] = tuples[i];
        }
    }
    difference->count = kept;
}
