/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns the diagram of differences into boxes. A box has some classes for each test; every
 * combination of them is judged differently, and in the same way. */
#ifndef EDGEXDP_BOXES_H
#define EDGEXDP_BOXES_H

#include "class_sets.h"
#include "product.h"

struct box {
    u32 sets[TESTS];   /* numbers of class sets, by test */
    u32 before, after; /* leaves, without EDGE_LOG */
};

struct boxes {
    struct class_sets sets;
    u32 all[TESTS]; /* the set of all classes; for sources, without the impossible ones */
    struct box *boxes;
    size_t count, room;
};

/* Returns 0, -E2BIG or -ENOMEM; boxes_clear() frees, also after an error. */
int boxes_build(const struct product *product, struct boxes *boxes);
void boxes_clear(struct boxes *boxes);

#endif
