/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for narrow columns. */
#ifndef EDGEXDP_FIGURE_H
#define EDGEXDP_FIGURE_H

#include <stdbool.h>

/* VALUE in at most 5 characters: "0", "0.5", "12", "1.2k", "123k", "12.3M". Returns TEXT. */
#define RATE_TEXT_BYTES 16
char *figure_rate(double value, char text[RATE_TEXT_BYTES]);

/* A bar for SHARE (0 to 1) of CELLS characters, in blocks or in ASCII. Returns TEXT. */
#define BAR_CELLS      8
#define BAR_TEXT_BYTES (BAR_CELLS * 3 + 1)
char *figure_bar(double share, bool blocks, char text[BAR_TEXT_BYTES]);

#endif
