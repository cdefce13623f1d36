/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of numbers to equivalence classes: two numbers are of one class when exactly the same sets
 * hold them. Addresses, ports and source ports all go through here.
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

/* Classes first..last of a set. */
struct class_run {
    u32 first;
    u32 last;
};

struct class_runs {
    struct class_run *runs; /* ascending */
    size_t count;
};

/* What one rule wants in one family, by test; NULL: anything. An empty list of runs: nothing, the
 * rule cannot match in this family. */
struct rule_wants {
    const struct class_runs *by_test[TESTS];
};

/* From `first` on, up to the next segment. */
struct segment {
    u128 first;
    u32 class_id;
};

struct partition {
    struct segment *segments; /* the whole domain from 0 on; neighbours differ in class */
    size_t segment_count;
    u32 class_count;         /* at least 1; 0 is the class of number 0 */
    struct class_runs *sets; /* of each set given, the classes that it holds */
    size_t set_count;
};

/* Partition the numbers 0..LAST by SETS. Fills *PARTITION (partition_clear() frees) only on
 * success. Returns 0, -E2BIG when there are more than MAX classes, or -ENOMEM. */
int partition_build(const struct span_set *sets, size_t count, u128 last, u32 max,
                    struct partition *partition);

void partition_clear(struct partition *partition);

#endif
