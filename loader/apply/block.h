/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the blocks of an interface. */
#ifndef EDGEXDP_APPLY_BLOCK_H
#define EDGEXDP_APPLY_BLOCK_H

#include "../block/block.h"
#include "../kernel/kernel.h"

/* Change BLOCKS, those in force of one origin, to those that are to be. New ones get no number, and
 * are `fresh`, as are those that are not the same any more; NOW_NS is CLOCK_MONOTONIC. It may be
 * called again, with what is in force then, if somebody else was faster. Returns 0, or -errno with
 * WHY, and then nothing changes. */
typedef int blocks_editor(struct blocks *blocks, u64 now_ns, void *context, struct why *why);

struct block_request {
    const char *interface;    /* any of its names */
    enum block_origin origin; /* of BLOCK_MANUAL, the order is chosen: see blocks_sort() */
    bool force;               /* even if fresh ones would lock somebody out */
    bool only_try;            /* change nothing, but fail as if */
    blocks_editor *edit;
    void *context;
};

/* Have EDIT change the blocks, and put the result in force in one swap, also if thousands change.
 * It does not see those that have expired. Faults of patterns are in DIAG. MENDED says what was put
 * back on the interface first. Returns 0, -EPERM when it would lock somebody out, -E2BIG when the
 * blocks are too different from each other to be compiled, or another -errno with WHY. */
int apply_blocks(const struct block_request *request, struct diag *diag, struct why *mended,
                 struct why *why);

/* The blocks of ORIGIN that have not expired. The caller clears *blocks. */
int apply_read_blocks(struct guard *guard, enum block_origin origin, struct blocks *blocks,
                      struct why *why);

#endif
