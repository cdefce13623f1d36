/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From sets of classes back to ranges of numbers. */
#ifndef EDGEXDP_EXPAND_H
#define EDGEXDP_EXPAND_H

#include "class_sets.h"

/* Where the segments of each class of a partition are. */
struct expander {
    const struct partition *partition;
    struct budget *budget;
    u128 last;     /* the greatest number there is */
    u32 *start;    /* by class: in segments; one more than there are classes */
    u32 *segments; /* by class */
};

int expander_init(struct expander *expander, const struct partition *partition, u128 last,
                  struct budget *budget);
void expander_clear(struct expander *expander);

/* The ranges of SET, for the caller to free. Gaps of which all classes are IGNORED, a flag for each
 * class (NULL: none is), are closed: nobody can tell. Returns 0, -E2BIG or -ENOMEM. */
int expand(const struct expander *expander, const struct class_set *set, const bool *ignored,
           struct address_ranges *ranges);

#endif
