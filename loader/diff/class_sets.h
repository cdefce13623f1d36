/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of classes. Each content is stored once: two sets are equal when their numbers are. */
#ifndef EDGEXDP_CLASS_SETS_H
#define EDGEXDP_CLASS_SETS_H

#include "../compile/budget.h"
#include "../compile/partition.h"

struct class_set {
    struct class_run *runs; /* ascending, disjoint, not adjacent */
    size_t count;
    u64 hash;
};

/* Initialise with zeros, except for the budget, which must outlive it. */
struct class_sets {
    struct budget *budget;
    struct class_set *sets;
    size_t count, room;
    u32 *table; /* numbers + 1, open addressing */
    size_t table_size;
};

/* The runs of a set under construction: they are added in ascending order, and may touch. */
struct class_runs_list {
    struct class_run *runs;
    size_t count, room;
};

int class_runs_add(struct class_runs_list *list, u32 first, u32 last);

/* Return in *set the number of the set that LIST describes. LIST is empty afterwards, also on
 * failure. All of these functions return 0, -E2BIG when the budget is used up, or -ENOMEM. */
int class_sets_intern(struct class_sets *sets, struct class_runs_list *list, u32 *set);

/* Union, and the like, of two sets. */
int class_sets_union(struct class_sets *sets, u32 a, u32 b, u32 *set);
int class_sets_intersect(struct class_sets *sets, u32 a, u32 b, u32 *set);
int class_sets_subtract(struct class_sets *sets, u32 a, u32 b, u32 *set);

/* Make the set of what RUNS (NULL: classes 0..COUNT - 1) hold and WITHOUT (NULL: nothing) does
 * not. */
int class_sets_add(struct class_sets *sets, const struct class_runs *runs, u32 count,
                   const struct class_runs *without, u32 *set);

static inline const struct class_set *class_sets_at(const struct class_sets *sets, u32 set)
{
    return &sets->sets[set];
}

void class_sets_clear(struct class_sets *sets);

#endif
