/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds, among blocks that cannot all be in force, those at fault. */
#ifndef EDGEXDP_FEED_SIFT_H
#define EDGEXDP_FEED_SIFT_H

#include "../block/block.h"

/* Ask, for parts of BLOCKS until each is at fault by itself, whether they can be compiled and would
 * lock nobody out of INTERFACE; tell REFUSE of those that fail. The work is bounded: where very
 * many are at fault, what is beside them goes too. Returns how many were told, or -ENOMEM. */
int sift(const struct blocks *blocks, const char *interface,
         void (*refuse)(void *context, const char *name, const char *reason), void *context);

#endif
