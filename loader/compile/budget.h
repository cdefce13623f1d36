/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the work of compiling or comparing may still cost. Steps are counted, not timed, so that
 * every machine refuses the same policies, whether idle or busy.
 */
#ifndef EDGEXDP_BUDGET_H
#define EDGEXDP_BUDGET_H

#include <edgexdp/types.h>

#include <errno.h>

struct budget {
    u64 steps;
    u64 words; /* of memory, 32 bits each */
};

/* Returns 0, or -E2BIG when fewer than COST are left; then *LEFT becomes 0. */
static inline int budget_spend(u64 *left, u64 cost)
{
    int error = cost > *left ? -E2BIG : 0;

    *left -= error ? *left : cost;
    return error;
}

#endif
