/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations as people write them: 90s, 10m, 2h, 7d. */
#ifndef EDGEXDP_DURATION_H
#define EDGEXDP_DURATION_H

#include <edgexdp/types.h>

/* Read a duration: a number and s, m, h or d. Returns 0 or -EINVAL. */
int duration_parse(const char *text, u64 *ns);

/* Write whole seconds, in the largest unit that needs no fraction. Returns TEXT. */
#define DURATION_TEXT_BYTES 24
char *duration_print(u64 ns, char text[DURATION_TEXT_BYTES]);

#endif
