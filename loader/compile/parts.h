/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes of the words of addresses, which blocks ask for: see address_bits.h. */
#ifndef EDGEXDP_PARTS_H
#define EDGEXDP_PARTS_H

#include "../policy/diag.h"
#include "partition.h"

/* Partition number WORD of the ADDRESS_WORDS by what the rules of POLICY want of it. WANTS has an
 * element for each rule, and is filled in; it points to PARTITION, which partition_clear() frees.
 * Returns 0, -E2BIG (DIAG says what there is too much of) or -ENOMEM. */
int parts_build(const struct policy *policy, unsigned int word, u32 max,
                struct partition *partition, struct rule_wants *wants, struct diag *diag);

#endif
