/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "carried.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A comment is the name of its kind, ":" if a line begins or "+" if it goes on, and the text. */
static const char *const names[CARRIED_KINDS] = {"policy", "host", "interface"};

#define TEXT_BYTES_MAX 115 /* leaves room for the name */

/* nft takes a star at the end for a wildcard, and a backslash for the start of something. */
static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '%' && c != '*' && c != '\\';
}

/* Writes as much of LINE as a comment holds; returns how much that is. */
static size_t write_some(const char *line, size_t length, FILE *out)
{
    size_t taken = 0, written = 0;

    while (taken < length && written <= TEXT_BYTES_MAX - 3) {
        unsigned char c = (unsigned char)line[taken++];
        int more = is_plain((char)c) ? fprintf(out, "%c", c) : fprintf(out, "%%%02X", c);
        written += more > 0 ? (size_t)more : TEXT_BYTES_MAX;
    }
    return taken;
}

static void write_line(enum carried kind, const char *line, size_t length, const char *before,
                       const char *behind, FILE *out)
{
    size_t at = 0;

    do {
        fprintf(out, "%s%s%c%s", before, names[kind], at ? '+' : ':', length ? " " : "");
        at += write_some(line + at, length - at, out);
        fputs(behind, out);
    } while (at < length);
}

void carried_write(enum carried kind, const char *text, size_t length, const char *before,
                   const char *behind, FILE *out)
{
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t bytes = end ? (size_t)(end - text) - at : length - at;

        write_line(kind, text + at, bytes, before, behind, out);
        at += bytes + 1;
    }
}

static int hex(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -1;
}

static void read_some(const char *text, FILE *out)
{
    for (; *text; text++) {
        int high = *text == '%' ? hex(text[1]) : -1, low = high >= 0 ? hex(text[2]) : -1;

        fputc(low >= 0 ? high << 4 | low : *text, out);
        text += low >= 0 ? 2 : 0;
    }
}

int carried_read(const char *comment, FILE *const texts[CARRIED_KINDS])
{
    for (int kind = 0; kind < CARRIED_KINDS; kind++) {
        size_t length = strlen(names[kind]);
        char mark = strncmp(comment, names[kind], length) ? '\0' : comment[length];

        if (mark != ':' && mark != '+')
            continue;
        if (mark == ':' && ftell(texts[kind]) > 0)
            fputc('\n', texts[kind]);
        comment += length + 1;
        read_some(*comment == ' ' ? comment + 1 : comment, texts[kind]);
        return 0;
    }
    return -EINVAL;
}
