/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a rule or an expectation that is written on one line. */
#ifndef EDGEXDP_SHORT_WORDS_H
#define EDGEXDP_SHORT_WORDS_H

#include "ini.h"

enum word_kind {
    WORD_END, /* there are no more */
    WORD_NAME,
    WORD_COMMA,
    WORD_COLON,
    WORD_ARROW,
    WORD_OPEN, /* a quote or a bracket that is not closed */
};

struct word {
    enum word_kind kind;
    bool literal;       /* it stands in quotes or brackets: no keyword */
    struct piece text;  /* without them */
    struct piece whole; /* with them */
};

/* Where somebody is in the value of an entry. Copied to look ahead. */
struct words {
    const struct ini *ini;
    size_t next_piece, end_piece;
    struct piece rest; /* of the present line */
};

struct words words_of(const struct ini *ini, const struct ini_entry *entry);
struct word words_next(struct words *words);
struct word words_peek(struct words words);

/* Is WORD this keyword, and not a name in quotes? */
bool word_is(struct word word, const char *keyword);

/* All from the first byte of FIRST to the last of LAST, which stand on the same line. */
struct piece words_span(struct word first, struct word last);

#endif
