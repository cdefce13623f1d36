/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping blocks: what commands block is written to a file, and put back after a reboot. Those of
 * other origins are put back by whoever makes them. */
#ifndef EDGEXDP_BLOCK_STORE_H
#define EDGEXDP_BLOCK_STORE_H

#include "guarding.h"

/* Put the saved blocks back on an interface that was just attached. */
void block_store_put_back(const struct guarding *guarding);

/* The same on one that was found guarded, if nobody has blocked or unblocked anything there yet. */
void block_store_restore(const struct guarding *guarding);

/* Remove expired blocks, and write down what has changed since the last write. If that write took
 * long, the next one waits, unless HURRY. */
void block_store_follow(struct guarding *guarding, bool hurry);

#endif
