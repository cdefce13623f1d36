/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that list addresses, one per line. They are data, and often from someone else: their
 * content names neither files nor sets, and no message shows it.
 */
#ifndef EDGEXDP_LISTING_H
#define EDGEXDP_LISTING_H

#include "piece.h"
#include "source.h"

/* Takes one item. Returns 0, -EINVAL with FAULT, or another -errno, which ends the reading. */
typedef int listing_taker(void *context, struct piece item, struct fault *fault);

/* Give TAKE each line of SOURCE that is more than a comment. Faults go to DIAG by place and kind
 * only, the first few of them one by one; if nothing better is known, ITEM says what a line should
 * be ("an address or a prefix"). Returns 0, also with faults, or the error that ended reading. */
int listing_read(const struct source *source, const char *item, listing_taker *take, void *context,
                 struct diag *diag);

#endif
