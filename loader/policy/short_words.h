/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a rule or an expectation on one line. */
#ifndef EDGEXDP_SHORT_WORDS_H
#define EDGEXDP_SHORT_WORDS_H

#include "ini.h"

enum word_kind {
    WORD_END, /* there are no more */
    WORD_NAME,
    WORD_COMMA,
    WORD_COLON,
    WORD_ARROW,
    WORD_OPEN, /* an unclosed quote or bracket */
};

struct word {
    enum word_kind kind;
    bool literal;       /* in quotes or brackets: not a keyword */
    struct piece text;  /* without the quotes or brackets */
    struct piece whole; /* with them */
};

/* A position in the value of an entry. Copy it to look ahead. */
struct words {
    const struct ini *ini;
    size_t next_piece, end_piece;
    struct piece rest; /* of the current line */
};

struct words words_of(const struct ini *ini, const struct ini_entry *entry);
struct word words_next(struct words *words);
struct word words_peek(struct words words);

/* Returns whether WORD is this keyword, not a name in quotes. */
bool word_is(struct word word, const char *keyword);

/* Returns everything from FIRST to LAST, which are on the same line. */
struct piece words_span(struct word first, struct word last);

#endif
