/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of ranges, to be made sorted, disjoint and not adjacent. */
#ifndef EDGEXDP_RANGES_H
#define EDGEXDP_RANGES_H

#include "policy.h"

/* Ranges as they come: in any order, overlapping. Initialise with zeros; free the ranges. */
struct address_list {
    struct address_range *ranges;
    size_t count, capacity;
};

/* Returns 0 or -ENOMEM. */
int address_list_add(struct address_list *list, struct address_range range);
int address_list_add_all(struct address_list *list, const struct address_ranges *ranges);
void address_list_clear(struct address_list *list);
int address_list_append(struct address_list *list, const struct address_list *more);

/* Sort and merge LIST into *RANGES, which takes over its memory: LIST is empty afterwards. */
void address_list_finish(struct address_list *list, enum family family,
                         struct address_ranges *ranges);

/* Turn RANGES into everything else of FAMILY. Returns 0, or -ENOMEM with RANGES unchanged. */
int address_ranges_invert(struct address_ranges *ranges, enum family family);

/* The same for ports and ICMP types. */
struct number_list {
    struct number_range *ranges;
    size_t count, capacity;
};

int number_list_add(struct number_list *list, struct number_range range);
void number_list_clear(struct number_list *list);
int number_list_add_all(struct number_list *list, const struct number_ranges *ranges);
void number_list_finish(struct number_list *list, struct number_ranges *ranges);

/* Turn RANGES into every other number from 0 to LAST. Returns 0 or -ENOMEM. */
int number_ranges_invert(struct number_ranges *ranges, u16 last);

#endif
