/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spans.h"

#include <stdlib.h>
#include <string.h>

const struct spans spans_none;

static int compare(const void *left, const void *right)
{
    const struct address_range *a = left, *b = right;

    return a->first < b->first ? -1 : a->first > b->first;
}

/* Sorts and merges; returns how many are left. */
static size_t merge(struct address_range *list, size_t count)
{
    size_t kept = 0;

    if (count)
        qsort(list, count, sizeof(*list), compare);
    for (size_t i = 0; i < count; i++) {
        struct address_range *before = kept ? &list[kept - 1] : NULL;

        if (before && (list[i].first <= before->last || list[i].first - 1 == before->last)) {
            if (list[i].last > before->last)
                before->last = list[i].last;
        } else {
            list[kept++] = list[i];
        }
    }
    return kept;
}

static const struct spans *make(struct arena *arena, const struct address_range *ranges,
                                size_t count)
{
    struct spans *set = arena_get(arena, sizeof(*set));

    if (!set)
        return &spans_none;
    *set = (struct spans){ranges, count, NULL, false};
    return set;
}

const struct spans *spans_of(struct arena *arena, struct address_range *list, size_t count,
                             u128 last)
{
    count = merge(list, count);
    if (count == 1 && !list[0].first && list[0].last >= last)
        return NULL;
    return make(arena, list, count);
}

const struct spans *spans_range(struct arena *arena, u128 first, u128 last)
{
    struct address_range *range = arena_get(arena, sizeof(*range));

    if (!range)
        return &spans_none;
    *range = (struct address_range){first, last};
    return make(arena, range, 1);
}

const struct spans *spans_one(struct arena *arena, u128 number)
{
    return spans_range(arena, number, number);
}

const struct spans *spans_label(struct arena *arena, const struct spans *set, const char *label)
{
    struct spans *named = set ? arena_get(arena, sizeof(*named)) : NULL;

    if (!named)
        return set;
    *named = *set;
    named->label = label;
    named->but = false;
    return named;
}

const struct spans *spans_both(struct arena *arena, const struct spans *a, const struct spans *b)
{
    struct address_range *list;
    size_t count = 0;

    if (!a || a == b)
        return b;
    if (!b)
        return a;
    if (spans_are_within(a, b))
        return a;
    if (spans_are_within(b, a))
        return b;
    list = arena_get(arena, (a->count + b->count) * sizeof(*list));
    for (size_t i = 0, j = 0; list && i < a->count && j < b->count;) {
        const struct address_range *x = &a->ranges[i], *y = &b->ranges[j];
        u128 first = x->first > y->first ? x->first : y->first;
        u128 last = x->last < y->last ? x->last : y->last;

        if (first <= last)
            list[count++] = (struct address_range){first, last};
        if (x->last < y->last)
            i++;
        else
            j++;
    }
    return list ? make(arena, list, count) : &spans_none;
}

const struct spans *spans_either(struct arena *arena, const struct spans *a, const struct spans *b,
                                 u128 last)
{
    struct address_range *list;

    if (!a || !b)
        return NULL;
    list = arena_get(arena, (a->count + b->count) * sizeof(*list));
    if (!list)
        return &spans_none;
    if (a->count)
        memcpy(list, a->ranges, a->count * sizeof(*list));
    if (b->count)
        memcpy(list + a->count, b->ranges, b->count * sizeof(*list));
    return spans_of(arena, list, a->count + b->count, last);
}

const struct spans *spans_but(struct arena *arena, const struct spans *set, u128 last)
{
    struct address_range *list;
    struct spans *but;
    size_t count = 0;
    u128 next = 0;

    if (!set)
        return &spans_none;
    list = arena_get(arena, (set->count + 1) * sizeof(*list));
    but = arena_get(arena, sizeof(*but));
    if (!list || !but)
        return &spans_none;
    for (size_t i = 0; i < set->count; i++) {
        if (set->ranges[i].first > next)
            list[count++] = (struct address_range){next, set->ranges[i].first - 1};
        if (set->ranges[i].last >= last)
            goto done;
        next = set->ranges[i].last + 1;
    }
    list[count++] = (struct address_range){next, last};
    if (!set->count)
        return NULL;
done:
    *but = (struct spans){list, count, set->label, set->label && !set->but};
    return but;
}

bool spans_hold(const struct spans *set, u128 number)
{
    size_t low = 0, high = set ? set->count : 0;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (set->ranges[middle].last < number)
            low = middle + 1;
        else
            high = middle;
    }
    return !set || (low < set->count && set->ranges[low].first <= number);
}

bool spans_are_within(const struct spans *a, const struct spans *b)
{
    if (!b || a == b)
        return true;
    if (!a)
        return false;
    for (size_t i = 0, j = 0; i < a->count; i++) {
        while (j < b->count && b->ranges[j].last < a->ranges[i].first)
            j++;
        if (j == b->count || b->ranges[j].first > a->ranges[i].first ||
            b->ranges[j].last < a->ranges[i].last)
            return false;
    }
    return true;
}

bool spans_meet(const struct spans *a, const struct spans *b)
{
    if (!a || !b)
        return !spans_is_none(a) && !spans_is_none(b);
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        if (a->ranges[i].last < b->ranges[j].first)
            i++;
        else if (b->ranges[j].last < a->ranges[i].first)
            j++;
        else
            return true;
    }
    return false;
}

bool spans_equal(const struct spans *a, const struct spans *b)
{
    if (!a || !b || a == b)
        return a == b;
    return a->count == b->count && (!a->count || a->ranges == b->ranges ||
                                    !memcmp(a->ranges, b->ranges, a->count * sizeof(*a->ranges)));
}
