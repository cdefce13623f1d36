/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A piece of text within one line, and the few operations that every reader needs. Pieces own
 * nothing: they point into their source.
 */
#ifndef EDGEXDP_PIECE_H
#define EDGEXDP_PIECE_H

#include <edgexdp/types.h>

#include "diag.h"

struct piece {
    const char *text; /* not terminated by NUL */
    unsigned int length;
    unsigned int line, column;   /* as in struct place */
    const struct source *source; /* NULL: it is not in a file */
};

/* What is wrong within a text that may or may not be in a file. */
struct fault {
    size_t at; /* offset of the place, in bytes */
    size_t length;
    char text[192];
    char kind[96]; /* what is wrong, without quoting the text; or empty */
};

/* A word or more as a message quotes it: `quote(piece).text`. */
struct quoted {
    char text[72];
};

struct quoted quote(struct piece piece);

/* Fills in FAULT. Returns -EINVAL, so that a reader can return it. */
int fault_set(struct fault *fault, size_t at, size_t length, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Sets the kind of a fault that was set, for texts that must not be shown. */
void fault_set_kind(struct fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds FAULT, found within PIECE, as an error. */
void fault_report(const struct fault *fault, struct piece piece, struct diag *diag);

struct place piece_place(struct piece piece);

/* The location of PIECE, for a message about OTHER: "on line 7", or "at FILE:7" if that is another
 * file. */
struct piece_line {
    char text[160];
};

struct piece_line piece_line_of(struct piece piece, struct piece other);

/* Returns TEXT, which is NUL-terminated, as a piece of no file: its column is 1. */
struct piece piece_of(const char *text);

/* Returns PIECE without the white space at both ends. */
struct piece piece_trim(struct piece piece);

/* Returns LENGTH bytes of PIECE from byte START on. */
struct piece piece_part(struct piece piece, size_t start, size_t length);

/* Takes the first word off *rest and returns it; empty at the end. */
struct piece piece_next_word(struct piece *rest);

/* Takes what stands before the next comma, which may be empty, without white space around it.
 * Returns false at the end; a comma may come last. */
bool piece_next_item(struct piece *rest, struct piece *item);

bool piece_equals(struct piece piece, const char *word);        /* case matters */
bool piece_is_keyword(struct piece piece, const char *keyword); /* in upper or lower case */
bool piece_is_digits(struct piece piece);                       /* and not empty */

/* Returns the first position of BYTE in PIECE, or piece.length if it is not there. */
size_t piece_find(struct piece piece, char byte);

/* Reads a decimal number up to MAX, of digits only and without a leading zero. Returns 0, or
 * -EINVAL with FAULT, whose message calls the number WHAT. */
int piece_number(struct piece piece, unsigned int max, const char *what, unsigned int *number,
                 struct fault *fault);

static inline bool is_white(char byte)
{
    return byte == ' ' || byte == '\t';
}

static inline bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

#endif
