/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours, used only on a terminal. */
#ifndef EDGEXDP_COLOUR_H
#define EDGEXDP_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

enum colour { COLOUR_ERROR, COLOUR_WARNING, COLOUR_NOTE };

/* Is STREAM a terminal with colours, and is NO_COLOR (no-color.org) not set? */
bool colour_is_wanted(FILE *stream);

/* The text that begins COLOUR on STREAM, and the text that ends it; empty if no colour is
 * wanted. */
const char *colour_begin(FILE *stream, enum colour colour);
const char *colour_end(FILE *stream);

/* The same for a screen whose use of colours is already decided. */
const char *colour_begin_if(bool wanted, enum colour colour);
const char *colour_end_if(bool wanted);

#endif
