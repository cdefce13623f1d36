/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "piece.h"

#include "../base/utf8.h"
#include "source.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

struct quoted quote(struct piece piece)
{
    static const char more[] = "...";
    struct quoted quoted;
    size_t room = sizeof(quoted.text) - 1, length = piece.length;

    if (length > room) {
        length = room - strlen(more);
        while (length && ((unsigned char)piece.text[length] & 0xc0) == 0x80)
            length--;
    }
    if (length)
        memcpy(quoted.text, piece.text, length);
    quoted.text[length] = '\0';
    if (length < piece.length)
        memcpy(quoted.text + length, more, sizeof(more));
    return quoted;
}

int fault_set(struct fault *fault, size_t at, size_t length, const char *format, ...)
{
    va_list arguments;

    fault->at = at;
    fault->length = length;
    *fault->kind = '\0';
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof(fault->text), format, arguments);
    va_end(arguments);
    return -EINVAL;
}

void fault_set_kind(struct fault *fault, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fault->kind, sizeof(fault->kind), format, arguments);
    va_end(arguments);
}

void fault_report(const struct fault *fault, struct piece piece, struct diag *diag)
{
    struct piece part = piece_part(piece, fault->at, fault->length);

    diag_add(diag, SEVERITY_ERROR, piece_place(part), "%s", fault->text);
}

struct place piece_place(struct piece piece)
{
    return (struct place){piece.source, piece.line, piece.column, piece.length ? piece.length : 1};
}

struct piece_line piece_line_of(struct piece piece, struct piece other)
{
    struct piece_line where;

    if (piece.source == other.source)
        snprintf(where.text, sizeof(where.text), "on line %u", piece.line);
    else
        snprintf(where.text, sizeof(where.text), "at %.120s:%u", piece.source->path, piece.line);
    return where;
}

struct piece piece_part(struct piece piece, size_t start, size_t length)
{
    if (start > piece.length)
        start = piece.length;
    if (length > piece.length - start)
        length = piece.length - start;
    piece.text += start;
    piece.column += (unsigned int)start;
    piece.length = (unsigned int)length;
    return piece;
}

struct piece piece_of(const char *text)
{
    return (struct piece){.text = text, .length = (unsigned int)strlen(text), .column = 1};
}

struct piece piece_trim(struct piece piece)
{
    size_t start = 0, end = piece.length;

    while (start < end && is_white(piece.text[start]))
        start++;
    while (end > start && is_white(piece.text[end - 1]))
        end--;
    return piece_part(piece, start, end - start);
}

struct piece piece_next_word(struct piece *rest)
{
    size_t start = 0, end;
    struct piece word;

    while (start < rest->length && is_white(rest->text[start]))
        start++;
    for (end = start; end < rest->length && !is_white(rest->text[end]); end++)
        ;
    word = piece_part(*rest, start, end - start);
    *rest = piece_part(*rest, end, rest->length);
    return word;
}

bool piece_next_item(struct piece *rest, struct piece *item)
{
    size_t comma = piece_find(*rest, ',');

    if (!rest->length)
        return false;
    *item = piece_trim(piece_part(*rest, 0, comma));
    *rest = piece_trim(piece_part(*rest, comma + 1, rest->length));
    return true;
}

bool piece_equals(struct piece piece, const char *word)
{
    return strlen(word) == piece.length && !memcmp(piece.text, word, piece.length);
}

bool piece_is_keyword(struct piece piece, const char *keyword)
{
    return strlen(keyword) == piece.length && !strncasecmp(piece.text, keyword, piece.length);
}

size_t piece_find(struct piece piece, char byte)
{
    const char *found = piece.length ? memchr(piece.text, byte, piece.length) : NULL;

    return found ? (size_t)(found - piece.text) : piece.length;
}

bool piece_is_digits(struct piece piece)
{
    for (size_t i = 0; i < piece.length; i++)
        if (!is_digit(piece.text[i]))
            return false;
    return piece.length > 0;
}

int piece_number(struct piece piece, unsigned int max, const char *what, unsigned int *number,
                 struct fault *fault)
{
    unsigned int value = 0;

    for (size_t i = 0; i < piece.length; i++)
        if (!is_digit(piece.text[i]))
            return fault_set(fault, 0, piece.length,
                             "\"%s\" is not a valid %s: write a number from 0 to %u",
                             quote(piece).text, what, max);
    if (!piece.length)
        return fault_set(fault, 0, 1, "the %s is missing: write a number from 0 to %u", what, max);
    for (size_t i = 0; i < piece.length; i++) {
        value = value * 10 + (unsigned int)(piece.text[i] - '0');
        if (value > max)
            return fault_set(fault, 0, piece.length, "%s %s is above %u", what, quote(piece).text,
                             max);
    }
    if (piece.length > 1 && piece.text[0] == '0')
        return fault_set(fault, 0, piece.length, "%s %s has a leading zero: write %u", what,
                         quote(piece).text, value);
    *number = value;
    return 0;
}
