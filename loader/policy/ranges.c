/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ranges.h"

#include "../base/memory.h"
#include "address.h"

#include <errno.h>

#define SMALL 32 /* lists up to this size are sorted by insertion */

int address_list_add(struct address_list *list, struct address_range range)
{
    struct address_range *grown =
        array_grow(list->ranges, list->count, &list->capacity, sizeof(range));

    if (!grown)
        return -ENOMEM;
    list->ranges = grown;
    list->ranges[list->count++] = range;
    return 0;
}

int address_list_add_all(struct address_list *list, const struct address_ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (address_list_add(list, ranges->ranges[i]))
            return -ENOMEM;
    return 0;
}

void address_list_clear(struct address_list *list)
{
    free(list->ranges);
    *list = (struct address_list){0};
}

int address_list_append(struct address_list *list, const struct address_list *more)
{
    const struct address_ranges all = {more->ranges, more->count};

    return address_list_add_all(list, &all);
}

static void insertion_sort(struct address_range *ranges, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct address_range range = ranges[i];
        size_t at = i;

        for (; at && ranges[at - 1].first > range.first; at--)
            ranges[at] = ranges[at - 1];
        ranges[at] = range;
    }
}

static unsigned int byte_at(struct address_range range, int shift)
{
    return (unsigned int)(range.first >> shift) & 0xff;
}

/* Sorts in place by `first` with a radix sort, from the byte at SHIFT down. For a million prefixes,
 * qsort() takes three times as long, and as much memory again. */
static void radix_sort(struct address_range *ranges, size_t count, int shift)
{
    size_t start[257] = {0}, next[256];

    if (count <= SMALL || shift < 0) {
        insertion_sort(ranges, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        start[byte_at(ranges[i], shift) + 1]++;
    for (int bucket = 0; bucket < 256; bucket++) {
        next[bucket] = start[bucket];
        start[bucket + 1] += start[bucket];
    }
    for (unsigned int bucket = 0; bucket < 256; bucket++) {
        while (next[bucket] < start[bucket + 1]) {
            struct address_range range = ranges[next[bucket]];
            unsigned int home = byte_at(range, shift);

            ranges[next[bucket]] = ranges[next[home]];
            ranges[next[home]++] = range;
        }
    }
    for (int bucket = 0; bucket < 256; bucket++)
        radix_sort(ranges + start[bucket], start[bucket + 1] - start[bucket], shift - 8);
}

static bool is_sorted(const struct address_list *list)
{
    for (size_t i = 1; i < list->count; i++)
        if (list->ranges[i - 1].first > list->ranges[i].first)
            return false;
    return true;
}

/* Merges LIST, which is sorted. */
static void merge(struct address_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct address_range range = list->ranges[i];
        struct address_range *last = kept ? &list->ranges[kept - 1] : NULL;

        /* The test is written this way so that the last address does not wrap. */
        if (last && (range.first <= last->last || range.first - 1 == last->last)) {
            if (range.last > last->last)
                last->last = range.last;
        } else {
            list->ranges[kept++] = range;
        }
    }
    list->count = kept;
}

void address_list_finish(struct address_list *list, enum family family,
                         struct address_ranges *ranges)
{
    struct address_range *shrunk;

    if (!is_sorted(list))
        radix_sort(list->ranges, list->count, (int)address_bits(family) - 8);
    merge(list);
    if (list->count) {
        shrunk = realloc(list->ranges, list->count * sizeof(*shrunk));
        ranges->ranges = shrunk ? shrunk : list->ranges;
    } else {
        free(list->ranges);
        ranges->ranges = NULL;
    }
    ranges->count = list->count;
    *list = (struct address_list){0};
}

int address_ranges_invert(struct address_ranges *ranges, enum family family)
{
    struct address_range whole = address_any(family);
    struct address_range *inverted = malloc((ranges->count + 1) * sizeof(*inverted));
    u128 next = whole.first;
    size_t count = 0;

    if (!inverted)
        return -ENOMEM;
    for (size_t i = 0; i < ranges->count; i++) {
        if (ranges->ranges[i].first > next)
            inverted[count++] = (struct address_range){next, ranges->ranges[i].first - 1};
        next = ranges->ranges[i].last + 1; /* 0 after the very last address */
    }
    if (!ranges->count || ranges->ranges[ranges->count - 1].last < whole.last)
        inverted[count++] = (struct address_range){next, whole.last};
    free(ranges->ranges);
    *ranges = (struct address_ranges){inverted, count};
    return 0;
}

int number_list_add(struct number_list *list, struct number_range range)
{
    struct number_range *grown =
        array_grow(list->ranges, list->count, &list->capacity, sizeof(range));

    if (!grown)
        return -ENOMEM;
    list->ranges = grown;
    list->ranges[list->count++] = range;
    return 0;
}

void number_list_clear(struct number_list *list)
{
    free(list->ranges);
    *list = (struct number_list){0};
}

int number_list_add_all(struct number_list *list, const struct number_ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (number_list_add(list, ranges->ranges[i]))
            return -ENOMEM;
    return 0;
}

static int compare_numbers(const void *left, const void *right)
{
    const struct number_range *a = left, *b = right;

    return (int)a->first - (int)b->first;
}

void number_list_finish(struct number_list *list, struct number_ranges *ranges)
{
    size_t kept = 0;

    if (list->count)
        qsort(list->ranges, list->count, sizeof(*list->ranges), compare_numbers);
    for (size_t i = 0; i < list->count; i++) {
        struct number_range range = list->ranges[i];
        struct number_range *last = kept ? &list->ranges[kept - 1] : NULL;

        if (last && range.first <= last->last + 1) {
            if (range.last > last->last)
                last->last = range.last;
        } else {
            list->ranges[kept++] = range;
        }
    }
    ranges->ranges = list->ranges;
    ranges->count = kept;
    *list = (struct number_list){0};
}

int number_ranges_invert(struct number_ranges *ranges, u16 last)
{
    struct number_range *inverted = malloc((ranges->count + 1) * sizeof(*inverted));
    unsigned int next = 0;
    size_t count = 0;

    if (!inverted)
        return -ENOMEM;
    for (size_t i = 0; i < ranges->count; i++) {
        if (ranges->ranges[i].first > next)
            inverted[count++] =
                (struct number_range){(u16)next, (u16)(ranges->ranges[i].first - 1)};
        next = ranges->ranges[i].last + 1u;
    }
    if (next <= last)
        inverted[count++] = (struct number_range){(u16)next, last};
    free(ranges->ranges);
    *ranges = (struct number_ranges){inverted, count};
    return 0;
}
