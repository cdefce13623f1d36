/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours on a terminal, and nowhere else. */
#ifndef EDGEXDP_COLOUR_H
#define EDGEXDP_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

enum colour { COLOUR_ERROR, COLOUR_WARNING, COLOUR_NOTE };

/* Is STREAM a terminal that knows colours, of somebody who has not set NO_COLOR (no-color.org)? */
bool colour_is_wanted(FILE *stream);

/* What begins COLOUR on STREAM, and what ends it; empty where none is wanted. */
const char *colour_begin(FILE *stream, enum colour colour);
const char *colour_end(FILE *stream);

/* The same for a screen of which it is known whether it is to be coloured. */
const char *colour_begin_if(bool wanted, enum colour colour);
const char *colour_end_if(bool wanted);

#endif
