/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns sets of classes back into ranges of numbers. */
#ifndef EDGEXDP_EXPAND_H
#define EDGEXDP_EXPAND_H

#include "class_sets.h"

/* An index of the segments of each class of a partition. */
struct expander {
    const struct partition *partition;
    struct budget *budget;
    u128 last;     /* the greatest number */
    u32 *start;    /* by class: where its segments begin; one entry more than classes */
    u32 *segments; /* ordered by class */
};

int expander_init(struct expander *expander, const struct partition *partition, u128 last,
                  struct budget *budget);
void expander_clear(struct expander *expander);

/* Return the ranges of SET; the caller frees them. A gap is closed when all its classes are IGNORED
 * (a flag for each class; NULL: none), since their verdicts do not matter. Returns 0, -E2BIG or
 * -ENOMEM. */
int expand(const struct expander *expander, const struct class_set *set, const bool *ignored,
           struct address_ranges *ranges);

#endif
