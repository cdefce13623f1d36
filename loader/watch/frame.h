/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `stats --watch` shows at one moment. */
#ifndef EDGEXDP_FRAME_H
#define EDGEXDP_FRAME_H

#include <stdio.h>

#include "../metrics/rates.h"
#include "screen.h"

/* Write one interface's part: a description, and at most ROWS rows of a table (0: all). ALL
 * includes what was never counted. Returns 0 or -ENOMEM. */
int frame_add(FILE *frame, const struct screen *screen, const struct snapshot *snapshot,
              const struct rates *rates, size_t rows, bool all);

/* Lines used besides the rows, including an empty one before them. */
#define FRAME_LINES 5

#endif
