/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which number each rule has on an interface: counters and flows belong to it. Pure. */
#ifndef EDGEXDP_NUMBERS_H
#define EDGEXDP_NUMBERS_H

#include "image.h"

/* The numbers that an interface has given out. */
struct numbered {
    const struct rule_entry *entries; /* by number; a free one has no name */
    const bool *in_force;             /* by number: of the policy in force, not of the one before */
    size_t capacity;
};

/* Give each of ENTRIES a number in TABLE: an entry of the same name, direction and action that is
 * there keeps its number and identity, unless the policy in force knows that name otherwise; the
 * others take free numbers and identities from *next_identity on, which moves. *fresh, if asked
 * for, becomes true where a number is new: its counter must start at 0. Returns 0, or -ENOSPC when
 * TABLE has no room. */
int numbers_assign(const struct policy *policy, const struct entry *entries, size_t count,
                   const struct numbered *table, u32 *next_identity, struct rule_number *numbers,
                   bool *fresh);

/* What the table shall say of an entry. */
struct rule_entry numbers_entry(const struct policy *policy, const struct entry *entry,
                                u32 identity);

#endif
