/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory of a generation, for people: its rules, their order, and where they are from. */
#ifndef EDGEXDP_DIRECTORY_H
#define EDGEXDP_DIRECTORY_H

#include "image.h"
#include "words.h"

/* Append to WORDS the paths and the rules of POLICY, of which COUNT ENTRIES and their NUMBERS are
 * compiled, and note in HEADER where they are. Returns 0, -E2BIG or -ENOMEM. */
int directory_build(const struct policy *policy, const struct entry *entries, size_t count,
                    const struct rule_number *numbers, struct words *words,
                    struct tables_header *header);

#endif
