/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expand.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"

int expander_init(struct expander *expander, const struct partition *partition, u128 last,
                  struct budget *budget)
{
    u32 classes = partition->class_count;

    *expander = (struct expander){.partition = partition, .budget = budget, .last = last};
    expander->start = calloc(classes + 2, sizeof(*expander->start));
    expander->segments = calloc(partition->segment_count + 1, sizeof(*expander->segments));
    if (!expander->start || !expander->segments)
        return -ENOMEM;
    /* Counts are stored two places ahead, and move one place while segments are filled in, so that
     * in the end each is at its own place. */
    for (size_t i = 0; i < partition->segment_count; i++)
        expander->start[partition->segments[i].class_id + 2]++;
    for (u32 class_id = 2; class_id < classes + 2; class_id++)
        expander->start[class_id] += expander->start[class_id - 1];
    for (size_t i = 0; i < partition->segment_count; i++)
        expander->segments[expander->start[partition->segments[i].class_id + 1]++] = (u32)i;
    return 0;
}

void expander_clear(struct expander *expander)
{
    free(expander->start);
    free(expander->segments);
    *expander = (struct expander){0};
}

static int compare_numbers(const void *left, const void *right)
{
    u32 a = *(const u32 *)left, b = *(const u32 *)right;

    return (a > b) - (a < b);
}

/* Returns the segments of SET in ascending order. */
static int gather(const struct expander *expander, const struct class_set *set, u32 **segments,
                  size_t *count)
{
    size_t total = 0, at = 0;

    for (size_t i = 0; i < set->count; i++)
        total += expander->start[set->runs[i].last + 1] - expander->start[set->runs[i].first];
    int error = budget_spend(&expander->budget->steps, total);
    if (error)
        return error;
    u32 *list = calloc(total + 1, sizeof(*list));
    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < set->count; i++)
        for (u32 from = expander->start[set->runs[i].first];
             from < expander->start[set->runs[i].last + 1]; from++)
            list[at++] = expander->segments[from];
    qsort(list, total, sizeof(*list), compare_numbers);
    *segments = list;
    *count = total;
    return 0;
}

/* Returns whether all segments from FROM up to, but not including, END are ignored. */
static bool is_closed(const struct expander *expander, const bool *ignored, size_t from, size_t end)
{
    for (; from < end; from++)
        if (!ignored || !ignored[expander->partition->segments[from].class_id])
            return false;
    return true;
}

static u128 segment_last(const struct expander *expander, size_t segment)
{
    const struct partition *partition = expander->partition;

    return segment + 1 < partition->segment_count ? partition->segments[segment + 1].first - 1
                                                  : expander->last;
}

int expand(const struct expander *expander, const struct class_set *set, const bool *ignored,
           struct address_ranges *ranges)
{
    size_t total = expander->partition->segment_count, count = 0, made = 0;
    CLEANUP_FREE u32 *segments = NULL;
    int error = gather(expander, set, &segments, &count);
    if (error)
        return error;

    struct address_range *list = calloc(count + 1, sizeof(*list));
    if (!list)
        return -ENOMEM;
    for (size_t i = 0, end; i < count; i = end) {
        size_t first = segments[i], last = first;
        if (!i && is_closed(expander, ignored, 0, first))
            first = 0;
        for (end = i + 1; end < count && is_closed(expander, ignored, last + 1, segments[end]);
             end++)
            last = segments[end];
        if (end == count && is_closed(expander, ignored, last + 1, total))
            last = total - 1;
        list[made++] = (struct address_range){expander->partition->segments[first].first,
                                              segment_last(expander, last)};
    }
    *ranges = (struct address_ranges){list, made};
    return 0;
}
