/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assigns each rule its number on an interface; counters and flows belong to that number. Pure. */
#ifndef EDGEXDP_NUMBERS_H
#define EDGEXDP_NUMBERS_H

#include "image.h"

/* The numbers that an interface has assigned. */
struct numbered {
    const struct rule_entry *entries; /* by number; a free one has no name */
    const bool *in_force; /* by number: belongs to the policy in force, not to the one before */
    size_t capacity;
};

/* Give each of ENTRIES a number in TABLE. An entry that is there with the same name, direction and
 * action keeps its number and identity, unless the policy in force has that name otherwise. The
 * others take free numbers, and identities from *next_identity on, which advances. *fresh, unless
 * NULL, becomes true where a number is new: its counter must start at 0. Returns 0, or -ENOSPC when
 * TABLE has no room. */
int numbers_assign(const struct policy *policy, const struct entry *entries, size_t count,
                   const struct numbered *table, u32 *next_identity, struct rule_number *numbers,
                   bool *fresh);

/* Returns what TABLE is to hold for an entry that is given its number at NOW_NS. */
struct rule_entry numbers_entry(const struct policy *policy, const struct entry *entry,
                                u32 identity, u64 now_ns);

#endif
