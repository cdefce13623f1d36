/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decision diagrams under construction. For every combination of classes, one from each level, a
 * diagram says which rule matches first. Overlaying two diagrams yields, for each combination, the
 * earlier of their two rules. Equal nodes are stored once, and a level that would not change the
 * answer is left out, so the same function always has the same number.
 */
#ifndef EDGEXDP_OVERLAY_H
#define EDGEXDP_OVERLAY_H

#include <edgexdp/tables.h>

#include "budget.h"
#include "partition.h"

/* A diagram by its number: a rule, NOTHING, or a node. */
#define OVERLAY_RULE 0x80000000u
#define NOTHING      (~0u) /* no rule matches; later than any rule */

struct overlay_node {
    u32 level;
    u32 count;       /* of runs */
    u32 first, last; /* least and greatest rule it leads to; NOTHING is the greatest */
    u32 hash;
    u32 edge;   /* for the code that writes it elsewhere: 0 at first */
    u32 runs[]; /* the first class of each, then where each leads */
};

struct overlay;

/* Makes an overlay whose levels have CLASSES classes each; CLASSES and BUDGET must outlive it.
 * Returns NULL when memory is short. */
struct overlay *overlay_new(const u32 classes[TESTS], struct budget *budget);
void overlay_free(struct overlay *overlay);

/* Make the diagram that is BELOW, which tests later levels only, for the classes that LEVEL wants,
 * and nothing for others. Returns 0, -E2BIG when the budget is used up, or -ENOMEM; so does
 * overlay_join(). */
int overlay_where(struct overlay *overlay, u32 level, const struct class_runs *wants, u32 below,
                  u32 *diagram);

/* For each combination, take the earlier rule of both. */
int overlay_join(struct overlay *overlay, u32 a, u32 b, u32 *diagram);

/* Returns NULL for a rule or NOTHING. The pointer is valid until the next diagram is made. */
struct overlay_node *overlay_node(const struct overlay *overlay, u32 diagram);

/* Add to each of PIECES, which is indexed by rule, the number of runs in which that rule is the
 * first, over everything that was made. */
void overlay_count_pieces(const struct overlay *overlay, u64 *pieces);

#endif
