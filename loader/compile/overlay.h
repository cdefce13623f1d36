/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decision diagrams while they are made. A diagram says for every combination of classes, one of
 * each level, which is the first rule that matches there; two of them laid over each other say
 * the earlier rule of both. Equal nodes are one, and a level that would not change the answer is
 * left out: the same function always has the same number.
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
    u32 first, last; /* rule that it leads to; NOTHING where there is one that matches nothing */
    u32 hash;
    u32 edge;   /* for whoever writes it elsewhere: 0 at first */
    u32 runs[]; /* the first class of each, then where each leads */
};

struct overlay;

/* Its levels have CLASSES each, which with BUDGET must outlive it. NULL: no memory. */
struct overlay *overlay_new(const u32 classes[TESTS], struct budget *budget);
void overlay_free(struct overlay *overlay);

/* BELOW, which asks later levels only, for the classes that LEVEL wants, and nothing for others.
 * Returns 0, -E2BIG when the budget is used up, or -ENOMEM; so does the next. */
int overlay_where(struct overlay *overlay, u32 level, const struct class_runs *wants, u32 below,
                  u32 *diagram);

/* The earlier of both. */
int overlay_join(struct overlay *overlay, u32 a, u32 b, u32 *diagram);

/* NULL: it is a rule, or NOTHING. Good until the next diagram is made. */
struct overlay_node *overlay_node(const struct overlay *overlay, u32 diagram);

/* Add to each of PIECES, by rule, in how many runs of all that was made that rule is the first. */
void overlay_count_pieces(const struct overlay *overlay, u64 *pieces);

#endif
