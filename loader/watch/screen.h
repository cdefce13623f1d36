/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminal that is drawn on again and again; or a file or pipe, to which frames are appended. */
#ifndef EDGEXDP_SCREEN_H
#define EDGEXDP_SCREEN_H

#include <stddef.h>
#include <termios.h>

#include <edgexdp/types.h>

struct screen {
    bool is_terminal;
    bool has_colours;
    bool has_blocks;      /* it shows more than ASCII */
    size_t width, height; /* as of screen_measure(); height 0: no end */
    int keys;             /* a descriptor to read keys from, or -1 */
    struct termios before;
};

/* Take the terminal, if stdout is one: screen_close() gives it back as it was. */
void screen_open(struct screen *screen);
void screen_close(struct screen *screen);

/* People change the size of a terminal. */
void screen_measure(struct screen *screen);

/* Draw FRAME, lines that each end with a newline, in the place of the one before. */
void screen_draw(const struct screen *screen, const char *frame);

/* Reads the keys that were pressed; was one of them q? */
bool screen_is_left(const struct screen *screen);

#endif
