/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule a flow belongs to: what says that the policy still has the rule that made it. */
#ifndef EDGEXDP_OWNERS_H
#define EDGEXDP_OWNERS_H

#include "image.h"
#include "words.h"

/* Append the identities of the rules of POLICY that accept what goes out to WORDS, by number; of
 * one with zones, whose interfaces share their flows, by identity too. HEADER says where both are.
 * Returns 0, -E2BIG or -ENOMEM. */
int owners_build(const struct policy *policy, const struct entry *entries, size_t count,
                 const struct rule_number *numbers, struct words *words,
                 struct tables_header *header);

/* Give the rules of the block that begins with HEADER, which may be in force, other IDENTITIES, by
 * number and up to COUNT. A rule that had none gets none. Returns 0 or -ENOMEM. */
int owners_rename(struct tables_header *header, const u32 *identities, size_t count);

#endif
