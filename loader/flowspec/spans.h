/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which values the terms of a component hold. */
#ifndef EDGEXDP_SPANS_H
#define EDGEXDP_SPANS_H

#include "nlri.h"

/* Inclusive. */
struct span {
    u32 first, last;
};

/* Sorted, disjoint, not adjacent; none: no value. Free it with spans_clear(). */
struct spans {
    struct span *list;
    size_t count, capacity;
};

void spans_clear(struct spans *spans);

/* Adds FIRST to LAST, which are beyond all others; they may be adjacent to the last. Returns 0 or
 * -ENOMEM. */
int spans_append(struct spans *spans, u32 first, u32 last);

/* Make *RESULT, which is empty, hold what both A and B do. Returns 0 or -ENOMEM. */
int spans_intersect(const struct spans *a, const struct spans *b, struct spans *result);

/* Returns whether SPANS hold every number from 0 to LAST. */
bool spans_are_all(const struct spans *spans, u32 last);

/* Make *SPANS, which is empty, hold the numbers up to LAST for which the numeric operators of
 * COMPONENT are true. Returns 0 or -ENOMEM. */
int component_numbers(const struct component *component, u32 last, struct spans *spans);

/* Returns whether the bitmask operators of COMPONENT are true for BITS. Bits of their values that
 * are not in KNOWN are ignored. */
bool component_bits_hold(const struct component *component, u64 known, u64 bits);

#endif
