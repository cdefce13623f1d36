/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders tuples, and joins those that are the same in both families, or of later fragments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/ranges.h"
#include "tuples.h"

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* Defaults and [baseline] come after the rules. */
static int rank(const struct diff_said *said)
{
    return said->rule ? 0 : said->baseline ? 1 : 2;
}

/* A and B are of the same policy, which holds its rules in their order, wherever they are from:
 * lines of included files say nothing about that. */
static int compare_said(const struct diff_said *a, const struct diff_said *b)
{
    int order = rank(a) - rank(b);

    if (!order)
        order = compare_sizes((size_t)a->rule, (size_t)b->rule);
    if (!order)
        order = a->limited - b->limited;
    if (!order)
        order = a->shielded - b->shielded;
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

/* Compares everything except the family and which fragments are meant. */
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
        if (test != TEST_FRAGMENT)
            order = compare_numbers(&a->numbers[test], &b->numbers[test]);
    if (!order)
        order = compare_ends(&a->source, &b->source);
    return order ? order : compare_ends(&a->destination, &b->destination);
}

static int compare_tuples(const void *left, const void *right)
{
    const struct diff_tuple *a = left, *b = right;
    int order = compare_meaning(a, b);

    if (!order)
        order = compare_numbers(&a->numbers[TEST_FRAGMENT], &b->numbers[TEST_FRAGMENT]);
    return order ? order : a->family[1] - b->family[1];
}

/* Address ranges mean something else in the other family. */
static bool is_of_any_family(const struct diff_tuple *tuple)
{
    return !tuple->source.ranges.count && !tuple->destination.ranges.count;
}

/* Makes of A, if it means the same as B in the other family, a tuple of both. */
static int join_families(struct diff_tuple *a, const struct diff_tuple *b)
{
    if (!is_of_any_family(a) || compare_meaning(a, b) ||
        compare_numbers(&a->numbers[TEST_FRAGMENT], &b->numbers[TEST_FRAGMENT]))
        return 0;
    a->family[0] |= b->family[0];
    a->family[1] |= b->family[1];
    return 1;
}

/* Makes of A, if B means the same of later fragments, a tuple of both. Returns 1 if so, 0, or
 * -ENOMEM. */
static int join_fragments(struct diff_tuple *a, const struct diff_tuple *b)
{
    const struct number_range any = {FRAGMENT_NONE, FRAGMENT_FIRST};
    const struct number_ranges *before = &a->numbers[TEST_FRAGMENT];
    const struct number_ranges *later = &b->numbers[TEST_FRAGMENT];
    CLEANUP(number_list_clear) struct number_list list = {0};
    struct number_ranges joined;

    if (!later->count || later->ranges[0].first != FRAGMENT_LATER || compare_meaning(a, b) ||
        a->family[0] != b->family[0] || a->family[1] != b->family[1])
        return 0;
    if (number_list_add_all(&list, later) || number_list_add_all(&list, before) ||
        (!before->count && number_list_add(&list, any)))
        return -ENOMEM;
    number_list_finish(&list, &joined);
    free(before->ranges);
    a->numbers[TEST_FRAGMENT] = joined;
    return 1;
}

/* Joins neighbours. Returns 0 or -ENOMEM. */
static int join_all(struct difference *difference,
                    int (*join)(struct diff_tuple *a, const struct diff_tuple *b))
{
    struct diff_tuple *tuples = difference->tuples;
    size_t kept = 0;
    int error = 0;

    for (size_t i = 0; i < difference->count; i++) {
        int joined = kept && !error ? join(&tuples[kept - 1], &tuples[i]) : 0;

        error = joined < 0 ? joined : error;
        if (joined > 0)
            tuple_clear(&tuples[i]);
        else
            tuples[kept++] = tuples[i];
    }
    difference->count = kept;
    return error;
}

int tuples_finish(struct difference *difference)
{
    int error = 0;

    if (!difference->count)
        return 0;
    qsort(difference->tuples, difference->count, sizeof(*difference->tuples), compare_tuples);
    error = join_all(difference, join_families);
    return error ? error : join_all(difference, join_fragments);
}
