/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program says to whoever has started it: on stderr, each on a line that begins with
 * "edgexdp: ". What names and paths hold is made harmless, see text.h. */
#ifndef EDGEXDP_SAY_H
#define EDGEXDP_SAY_H

#include "why.h"

/* Why something was not done. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same by WHY, unless it is empty; returns ERROR. */
int say_why(int error, const struct why *why);

/* What is done, but perhaps not as it was meant. */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What is as it should be. */
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
