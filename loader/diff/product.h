/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision diagrams of both policies walked in step: a diagram of where they differ. Equal
 * questions are answered once, so that two policies that are nearly the same cost what one costs.
 */
#ifndef EDGEXDP_PRODUCT_H
#define EDGEXDP_PRODUCT_H

#include <edgexdp/tables.h>

#include "context.h"

/* Results: below FIRST_RESULT they mean themselves, from there on they are places in `results`. */
#define RESULT_SAME  0u /* both policies say the same */
#define RESULT_ANY   1u /* no such packet, or one that is no matter of tuples */
#define FIRST_RESULT 2u

struct result_run {
    u32 first; /* class; up to the next run */
    u32 result;
};

struct result {
    u32 test;          /* TESTS: a difference */
    u32 before, after; /* of a difference: the leaves */
    size_t runs;       /* else: where its runs begin */
    u32 count;
};

struct product {
    const struct context *context;
    u32 classes[TESTS];
    u32 *ports; /* by port class: the result */
    struct result *results;
    size_t result_count, result_room;
    struct result_run *runs;
    size_t run_count, run_room;
};

/* Leaves are those of edgexdp/tables.h; rules are numbered as in joint->policy. Returns 0, -E2BIG
 * or -ENOMEM; product_clear() frees, also after an error. */
int product_build(const struct context *context, struct product *product);
void product_clear(struct product *product);

static inline const struct result *product_result(const struct product *product, u32 result)
{
    return &product->results[result - FIRST_RESULT];
}

#endif
