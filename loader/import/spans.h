/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of numbers of one kind: ports, addresses, states. They are never changed once made, so that
 * conditions share them. NULL stands for all numbers of the kind.
 */
#ifndef EDGEXDP_IMPORT_SPANS_H
#define EDGEXDP_IMPORT_SPANS_H

#include "../policy/policy.h"
#include "arena.h"

struct spans {
    const struct address_range *ranges; /* sorted, disjoint, not adjacent */
    size_t count;
    const char *label; /* the named set that this is, or NULL */
    bool but;          /* it is everything but that set */
};

/* None. */
extern const struct spans spans_none;

/* Returns the set of what LIST holds, which is sorted for it; NULL if that is everything up to
 * LAST. */
const struct spans *spans_of(struct arena *arena, struct address_range *list, size_t count,
                             u128 last);

/* Return the set of one number, and of the numbers from FIRST to LAST. */
const struct spans *spans_one(struct arena *arena, u128 number);
const struct spans *spans_range(struct arena *arena, u128 first, u128 last);

/* Returns SET under the name LABEL. */
const struct spans *spans_label(struct arena *arena, const struct spans *set, const char *label);

const struct spans *spans_both(struct arena *arena, const struct spans *a, const struct spans *b);
const struct spans *spans_either(struct arena *arena, const struct spans *a, const struct spans *b,
                                 u128 last);
const struct spans *spans_but(struct arena *arena, const struct spans *set, u128 last);

bool spans_hold(const struct spans *set, u128 number);

/* Returns whether A holds nothing that B does not hold. */
bool spans_are_within(const struct spans *a, const struct spans *b);

/* Returns whether some number is in both. */
bool spans_meet(const struct spans *a, const struct spans *b);

bool spans_equal(const struct spans *a, const struct spans *b);

static inline bool spans_is_none(const struct spans *set)
{
    return set && !set->count;
}

#endif
