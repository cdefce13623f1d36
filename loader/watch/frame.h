/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `stats --watch` shows at one moment. */
#ifndef EDGEXDP_FRAME_H
#define EDGEXDP_FRAME_H

#include <stdio.h>

#include "../metrics/rates.h"
#include "screen.h"

/* Write the part of one interface: what it is, and at most ROWS rows of a table (0: as many as
 * there are). With ALL also what was never counted. Returns 0 or -ENOMEM. */
int frame_add(FILE *frame, const struct screen *screen, const struct snapshot *snapshot,
              const struct rates *rates, size_t rows, bool all);

/* Lines that it takes besides its rows, with an empty one before it. */
#define FRAME_LINES 5

#endif
