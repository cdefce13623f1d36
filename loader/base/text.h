/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that somebody else has chosen, made fit for where it is shown. An interface may be called
 * anything without white space and slashes, a path may be anything at all: a terminal would obey
 * what it finds in there, and a log would begin a new line.
 */
#ifndef EDGEXDP_TEXT_H
#define EDGEXDP_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Room for any path, and for any message. */
#define HARMLESS_BYTES 4096

/* TEXT for a terminal or a log, on one line: a control character or a byte that is no UTF-8 becomes
 * \xNN, each of its bytes. ROOM has BYTES bytes; what does not fit is cut off. Returns ROOM. */
const char *text_harmless(const char *text, char *room, size_t bytes);

/* The same with room until the end of the block, for printf(). */
#define HARMLESS(text) text_harmless((text), (char[HARMLESS_BYTES]){0}, HARMLESS_BYTES)

/* The same to STREAM, of LENGTH bytes, without end. */
void text_print_harmless(FILE *stream, const char *text, size_t length);

/* TEXT as UTF-8, for JSON. What is written there as it is, and not escaped, must be fit for a
 * terminal too: a byte that is no UTF-8 becomes U+FFFD, and so does a control character beyond
 * ASCII. For free(); NULL when memory is short. */
char *text_utf8(const char *text);

#endif
