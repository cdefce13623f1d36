/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which number each rule has on an interface: counters and flows belong to it. Pure. */
#ifndef EDGEXDP_NUMBERS_H
#define EDGEXDP_NUMBERS_H

#include "image.h"

/* Give each of ENTRIES a number in TABLE (of CAPACITY): an entry of the same name, direction and
 * action that is there keeps its number and identity; the others take free numbers and identities
 * from *next_identity on, which moves. *fresh, if asked for, becomes true where a number is new:
 * its counter must start at 0. Returns 0, or -ENOSPC when TABLE has no room. */
int numbers_assign(const struct policy *policy, const struct entry *entries, size_t count,
                   const struct rule_entry *table, size_t capacity, u32 *next_identity,
                   struct rule_number *numbers, bool *fresh);

/* What TABLE shall say of an entry. */
struct rule_entry numbers_entry(const struct policy *policy, const struct entry *entry,
                                u32 identity);

#endif
