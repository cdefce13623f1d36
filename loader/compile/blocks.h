/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiling blocks: see struct tables_blocks. */
#ifndef EDGEXDP_BLOCKS_H
#define EDGEXDP_BLOCKS_H

#include "image.h"

/* Which block a rule stands for; several may stand for one. */
struct block_terms {
    u64 expires_ns; /* CLOCK_MONOTONIC; BLOCK_FOREVER: never */
    u32 number;     /* not 0 */
    bool limited;   /* its rules accept, within a limit; else they drop */
};

/* Compile POLICY, whose rules stand for blocks: the first that matches decides. TERMS has an
 * element for each rule. Of the rules that are limited, and of those that are not, none may expire
 * later than one before it. *image is set only on success; free it with image_free(). Returns 0,
 * -E2BIG when it does not fit into a map of blocks, or takes too long (DIAG says what costs most),
 * or -ENOMEM. */
int blocks_compile(const struct policy *policy, const struct block_terms *terms,
                   struct image **image, struct diag *diag);

#endif
