/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of combinations of TCP's flags, as people write them: conjunctions, such as syn+!ack, of
 * which one or another holds. A set is kept as ranges of the byte that holds the flags.
 */
#ifndef EDGEXDP_FLAGS_H
#define EDGEXDP_FLAGS_H

#include <edgexdp/wire.h>

#include "piece.h"
#include "policy.h"
#include "ranges.h"

/* Flags that are set and flags that are clear; of the others nothing is said. */
struct conjunction {
    u8 set, clear;
};

#define FLAG_COUNT 8
#define CONJUNCTIONS_MAX                                                                           \
    128 /* no set needs more: half of all combinations, none beside another                        \
         */

/* From the lowest bit to the highest: the name of 1 << BIT. */
extern const char *const flag_names[FLAG_COUNT];

/* Gets the flag that NAME names. */
bool flag_find(struct piece name, u8 *flag);

/* Read TEXT, such as "syn+!ack". Returns 0, or -EINVAL with FAULT. */
int conjunction_read(struct piece text, struct conjunction *conjunction, struct fault *fault);

static inline bool conjunction_holds(struct conjunction conjunction, unsigned int flags)
{
    return (flags & (conjunction.set | conjunction.clear)) == conjunction.set;
}

/* Add what it holds to LIST. Returns 0 or -ENOMEM. */
int conjunction_add(struct conjunction conjunction, struct number_list *list);

/* Write it so that conjunction_read() reads the same. Returns TEXT. */
#define CONJUNCTION_BYTES 40
char *conjunction_print(struct conjunction conjunction, char text[CONJUNCTION_BYTES]);

/* Find few short conjunctions that together hold the same as SET, whichever way it was written.
 * Returns their number: 0 for an empty set. One that asks for nothing stands for all. */
size_t flags_conjunctions(const struct number_ranges *set,
                          struct conjunction conjunctions[CONJUNCTIONS_MAX]);

/* Add to SET as much of MORE as makes it shorter to write. Returns 0, or -ENOMEM with SET
 * unchanged. */
int flags_simplify(struct number_ranges *set, const struct number_ranges *more);

/* Write the flags of one segment: "syn ack", or "none". Returns TEXT. */
char *flags_print(u8 flags, char text[CONJUNCTION_BYTES]);

#endif
