/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Divides numbers into equivalence classes: two numbers are in one class when exactly the same sets
 * hold them. Addresses, ports and source ports all use this.
 */
#ifndef EDGEXDP_PARTITION_H
#define EDGEXDP_PARTITION_H

#include <edgexdp/tables.h>

#include "../policy/policy.h"

/* Sorted, disjoint and not adjacent. */
struct span_set {
    const struct address_range *spans;
    size_t count;
};

/* Classes first..last, all held by a set. */
struct class_run {
    u32 first;
    u32 last;
};

struct class_runs {
    struct class_run *runs; /* ascending */
    size_t count;
};

/* What one rule wants in one family, by test. NULL means anything; an empty list of runs means
 * nothing: the rule cannot match in this family. */
struct rule_wants {
    const struct class_runs *by_test[TESTS];
};

/* The numbers from `first` up to the next segment. */
struct segment {
    u128 first;
    u32 class_id;
};

struct partition {
    struct segment *segments; /* cover the whole domain from 0; neighbours differ in class */
    size_t segment_count;
    u32 class_count;         /* at least 1; class 0 is that of number 0 */
    struct class_runs *sets; /* for each given set, the classes that it holds */
    size_t set_count;
};

/* Partition the numbers 0..LAST by SETS. Fills *PARTITION (partition_clear() frees) only on
 * success. Returns 0, -E2BIG when there are more than MAX classes, or -ENOMEM. */
int partition_build(const struct span_set *sets, size_t count, u128 last, u32 max,
                    struct partition *partition);

/* Sets *BOTH to the classes that both LEFT and RIGHT have; the caller frees its runs. Returns 0 or
 * -ENOMEM. */
int class_runs_intersect(const struct class_runs *left, const struct class_runs *right,
                         struct class_runs *both);

void partition_clear(struct partition *partition);

#endif
