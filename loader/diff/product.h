/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the decision diagrams of both policies in step and makes a diagram of where they differ.
 * Each pair of edges is compared once, so comparing two nearly equal policies costs as much as
 * walking one.
 */
#ifndef EDGEXDP_PRODUCT_H
#define EDGEXDP_PRODUCT_H

#include <edgexdp/tables.h>

#include "context.h"

/* Results below FIRST_RESULT are constants; from there on they are indices into `results`, plus
 * FIRST_RESULT. */
#define RESULT_SAME  0u /* both policies say the same */
#define RESULT_ANY   1u /* no such packet, or one that tuples do not cover */
#define FIRST_RESULT 2u

struct result_run {
    u32 first; /* the first class; the run ends before the next one */
    u32 result;
};

struct result {
    u32 test;          /* TESTS means that this is a difference */
    u32 before, after; /* if a difference: the leaves */
    size_t runs;       /* otherwise: where its runs begin */
    u32 count;
};

struct product {
    const struct context *context;
    u32 classes[TESTS];
    u32 *ports; /* result by port class */
    struct result *results;
    size_t result_count, result_room;
    struct result_run *runs;
    size_t run_count, run_room;
};

/* Leaves are as in edgexdp/tables.h; rules are numbered as in joint->policy. Returns 0, -E2BIG or
 * -ENOMEM; product_clear() frees, also after an error. */
int product_build(const struct context *context, struct product *product);
void product_clear(struct product *product);

static inline const struct result *product_result(const struct product *product, u32 result)
{
    return &product->results[result - FIRST_RESULT];
}

#endif
