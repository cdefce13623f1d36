/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define PIECE_BYTES 17             /* \xNN for each byte of a character, and a NUL */

/* Writes the character at TEXT to PIECE in a form that may be shown. Returns its length in TEXT in
 * bytes, at least 1. */
static size_t harmless_piece(const char *text, size_t left, char piece[PIECE_BYTES])
{
    size_t length = utf8_length(text, left);

    if (length && *text != '\t' && utf8_is_harmless(text, length)) {
        memcpy(piece, text, length);
        piece[length] = 0;
        return length;
    }
    length = length ? length : 1;
    for (size_t i = 0; i < length; i++)
        snprintf(piece + 4 * i, PIECE_BYTES - 4 * i, "\\x%02x", (unsigned char)text[i]);
    return length;
}

const char *text_harmless(const char *text, char *room, size_t bytes)
{
    size_t length = strlen(text), used = 0;
    char piece[PIECE_BYTES];

    for (size_t at = 0; at < length;) {
        at += harmless_piece(text + at, length - at, piece);
        size_t more = strlen(piece);
        if (used + more >= bytes)
            break;
        memcpy(room + used, piece, more);
        used += more;
    }
    room[used] = 0;
    return room;
}

void text_print_harmless(FILE *stream, const char *text, size_t length)
{
    char piece[PIECE_BYTES];

    for (size_t at = 0; at < length;) {
        at += harmless_piece(text + at, length - at, piece);
        fputs(piece, stream);
    }
}

char *text_utf8(const char *text)
{
    size_t length = strlen(text), used = 0;
    char *made = malloc(length * strlen(REPLACEMENT) + 1);

    for (size_t at = 0; made && at < length;) {
        size_t bytes = utf8_length(text + at, length - at);
        bool good = bytes == 1 || (bytes && utf8_is_harmless(text + at, bytes));
        size_t more = good ? bytes : strlen(REPLACEMENT);
        memcpy(made + used, good ? text + at : REPLACEMENT, more);
        used += more;
        at += bytes ? bytes : 1;
    }
    if (made)
        made[used] = 0;
    return made;
}
