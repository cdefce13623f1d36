/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "class_sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

int class_runs_add(struct class_runs_list *list, u32 first, u32 last)
{
    struct class_run *end = list->count ? &list->runs[list->count - 1] : NULL;

    if (end && first <= end->last + 1) {
        if (last > end->last)
            end->last = last;
        return 0;
    }
    struct class_run *more = array_grow(list->runs, list->count, &list->room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    list->runs = more;
    list->runs[list->count++] = (struct class_run){first, last};
    return 0;
}

static u64 hash_runs(const struct class_run *runs, size_t count)
{
    u64 hash = count * 0x9e3779b97f4a7c15ull;

    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ ((u64)runs[i].first << 32 | runs[i].last)) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 29;
    }
    return hash;
}

/* Returns the place in the table of the set with this content, or the free place for it. */
static u32 *seek(const struct class_sets *sets, u64 hash, const struct class_run *runs,
                 size_t count)
{
    size_t at = hash & (sets->table_size - 1);

    for (; sets->table[at]; at = (at + 1) & (sets->table_size - 1)) {
        const struct class_set *set = &sets->sets[sets->table[at] - 1];
        if (set->hash == hash && set->count == count &&
            (!count || !memcmp(set->runs, runs, count * sizeof(*runs))))
            break;
    }
    return &sets->table[at];
}

static int enlarge(struct class_sets *sets)
{
    size_t size = sets->table_size ? 2 * sets->table_size : 64;
    u32 *table = calloc(size, sizeof(*table));

    if (!table)
        return -ENOMEM;
    free(sets->table);
    sets->table = table;
    sets->table_size = size;
    for (u32 i = 0; i < sets->count; i++)
        *seek(sets, sets->sets[i].hash, sets->sets[i].runs, sets->sets[i].count) = i + 1;
    return 0;
}

int class_sets_intern(struct class_sets *sets, struct class_runs_list *list, u32 *set)
{
    CLEANUP_FREE struct class_run *runs = list->runs;
    size_t count = list->count;
    u64 hash = hash_runs(runs, count);

    *list = (struct class_runs_list){0};
    int error = budget_spend(&sets->budget->steps, count + 1);
    if (error)
        return error;
    if (2 * sets->count >= sets->table_size && enlarge(sets))
        return -ENOMEM;
    u32 *place = seek(sets, hash, runs, count);
    if (*place) {
        *set = *place - 1;
        return 0;
    }
    error = budget_spend(&sets->budget->words,
                         (sizeof(struct class_set) + count * sizeof(*runs)) / sizeof(u32));
    if (error)
        return error;
    struct class_set *more = array_grow(sets->sets, sets->count, &sets->room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    sets->sets = more;
    sets->sets[sets->count++] = (struct class_set){TAKE_PTR(runs), count, hash};
    *place = (u32)sets->count;
    *set = *place - 1;
    return 0;
}

int class_sets_union(struct class_sets *sets, u32 a, u32 b, u32 *set)
{
    const struct class_set *x = &sets->sets[a], *y = &sets->sets[b];
    struct class_runs_list list = {0};
    int error = 0;

    for (size_t i = 0, j = 0; !error && (i < x->count || j < y->count);) {
        bool left = j == y->count || (i < x->count && x->runs[i].first <= y->runs[j].first);
        const struct class_run *run = left ? &x->runs[i++] : &y->runs[j++];
        error = class_runs_add(&list, run->first, run->last);
    }
    int failed = class_sets_intern(sets, &list, set);
    return error ? error : failed;
}

int class_sets_intersect(struct class_sets *sets, u32 a, u32 b, u32 *set)
{
    const struct class_set *x = &sets->sets[a], *y = &sets->sets[b];
    struct class_runs_list list = {0};
    int error = 0;

    for (size_t i = 0, j = 0; !error && i < x->count && j < y->count;) {
        const struct class_run *r = &x->runs[i], *s = &y->runs[j];
        u32 first = r->first > s->first ? r->first : s->first;
        u32 last = r->last < s->last ? r->last : s->last;
        if (first <= last)
            error = class_runs_add(&list, first, last);
        if (r->last < s->last)
            i++;
        else
            j++;
    }
    int failed = class_sets_intern(sets, &list, set);
    return error ? error : failed;
}

/* Adds FIRST..LAST except WITHOUT. Looks at the runs of WITHOUT from *AT on: earlier ones end
 * before FIRST. */
static int add_without(struct class_runs_list *list, u32 first, u32 last,
                       const struct class_runs *without, size_t *at)
{
    int error = 0;

    while (without && *at < without->count && without->runs[*at].last < first)
        ++*at;
    for (size_t i = *at; without && !error && i < without->count; i++) {
        const struct class_run *hole = &without->runs[i];
        if (hole->first > last)
            break;
        if (hole->first > first)
            error = class_runs_add(list, first, hole->first - 1);
        if (hole->last >= last)
            return error;
        first = hole->last + 1;
    }
    return error ? error : class_runs_add(list, first, last);
}

int class_sets_add(struct class_sets *sets, const struct class_runs *runs, u32 count,
                   const struct class_runs *without, u32 *set)
{
    struct class_runs_list list = {0};
    size_t at = 0;
    int error = runs ? 0 : add_without(&list, 0, count - 1, without, &at);

    for (size_t i = 0; runs && !error && i < runs->count; i++)
        error = add_without(&list, runs->runs[i].first, runs->runs[i].last, without, &at);
    int failed = class_sets_intern(sets, &list, set);
    return error ? error : failed;
}

int class_sets_subtract(struct class_sets *sets, u32 a, u32 b, u32 *set)
{
    /* The runs do not move when the list of sets is reallocated. */
    struct class_runs runs = {sets->sets[a].runs, sets->sets[a].count};
    struct class_runs without = {sets->sets[b].runs, sets->sets[b].count};

    return class_sets_add(sets, &runs, 0, &without, set);
}

void class_sets_clear(struct class_sets *sets)
{
    for (size_t i = 0; i < sets->count; i++)
        free(sets->sets[i].runs);
    free(sets->sets);
    free(sets->table);
    *sets = (struct class_sets){0};
}
