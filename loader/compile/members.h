/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets that the packet path looks addresses up in by themselves, apart from the rules. */
#ifndef EDGEXDP_COMPILE_MEMBERS_H
#define EDGEXDP_COMPILE_MEMBERS_H

#include "classes.h"
#include "words.h"

/* Append to WORDS for each family a bit for each class of addresses: those that SET (NULL: nothing)
 * holds. AT, of struct tables_header, says where by family; 0 if there is none. Returns 0, -E2BIG
 * or -ENOMEM. */
int members_build(const struct address_set *set, const struct classes *classes, struct words *words,
                  u32 at[2]);

#endif
