/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages to whoever started the program: on stderr, each on a line that begins with "edgexdp: ".
 * Names and paths in them are made harmless, see text.h. */
#ifndef EDGEXDP_SAY_H
#define EDGEXDP_SAY_H

#include "why.h"

/* Says why something was not done. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with the text of WHY, unless that is empty; returns ERROR. */
int say_why(int error, const struct why *why);

/* Says that something was done, but perhaps not as it was meant. */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says that something is as it should be. */
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
