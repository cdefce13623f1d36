/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminal that is redrawn repeatedly; or a file or pipe, to which frames are appended. */
#ifndef EDGEXDP_SCREEN_H
#define EDGEXDP_SCREEN_H

#include <stddef.h>
#include <termios.h>

#include <edgexdp/types.h>

struct screen {
    bool is_terminal;
    bool has_colours;
    bool has_blocks;      /* it shows more than ASCII */
    size_t width, height; /* from screen_measure(); height 0: unlimited */
    int keys;             /* a descriptor to read keys from, or -1 */
    struct termios before;
};

/* Take over the terminal, if stdout is one: screen_close() restores it. */
void screen_open(struct screen *screen);
void screen_close(struct screen *screen);

/* Measure again, because users resize terminals. */
void screen_measure(struct screen *screen);

/* Draw FRAME, lines that each end with a newline, over the previous one. */
void screen_draw(const struct screen *screen, const char *frame);

/* Read the pressed keys; was one of them q? */
bool screen_is_left(const struct screen *screen);

#endif
