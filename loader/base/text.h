/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text chosen by somebody else, made safe for the place where it is shown. The name of an interface
 * may be anything without white space and slashes, a path may be anything at all: a terminal would
 * obey control characters in it, and a log would begin a new line.
 */
#ifndef EDGEXDP_TEXT_H
#define EDGEXDP_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Room for any path, and for any message. */
#define HARMLESS_BYTES 4096

/* TEXT for a terminal or a log, on one line: each byte of a control character, and each byte that
 * is not UTF-8, becomes \xNN. ROOM has BYTES bytes; what does not fit is cut off. Returns ROOM. */
const char *text_harmless(const char *text, char *room, size_t bytes);

/* The same with room that lasts until the end of the block, for printf(). */
#define HARMLESS(text) text_harmless((text), (char[HARMLESS_BYTES]){0}, HARMLESS_BYTES)

/* Writes LENGTH bytes of TEXT to STREAM in the same way, without a limit. */
void text_print_harmless(FILE *stream, const char *text, size_t length);

/* TEXT as UTF-8, for JSON. Text that JSON does not escape must be safe for a terminal too: a byte
 * that is not UTF-8 becomes U+FFFD, and so does a control character beyond ASCII. The caller frees
 * it; NULL when memory is short. */
char *text_utf8(const char *text);

#endif
