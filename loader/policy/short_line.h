/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of parsing one line of [rules] or [expectations]: its words, and what they become. */
#ifndef EDGEXDP_SHORT_LINE_H
#define EDGEXDP_SHORT_LINE_H

#include "catalog.h"
#include "short_words.h"

/* One line that becomes the last section of INI. */
struct line {
    struct ini *ini;
    struct diag *diag;
    const struct catalog *sets; /* the names of the policy's sets */
    struct ini_entry written;
    struct words words;
    struct word last; /* the last word taken */
    bool has_arrow;
    struct piece from, to, port, source_port; /* empty: not stated at the arrow */
};

/* Adds an error about PIECE. Returns -EINVAL, so that a reader can return it. */
int line_tell(struct line *line, struct piece piece, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Note that WORD is a keyword where a set could stand as well, as KEY (`from` or `to`), if the
 * policy has a set of that name and the line does not say KEY: the set may have been meant. */
void line_note_keyword(const struct line *line, struct word word, const char *key);

/* Return the next word, taken or only looked at. */
struct word line_next(struct line *line);
struct word line_peek(const struct line *line);

/* Returns the end of the last word, or the name if the line is empty. */
struct piece line_end(const struct line *line);

/* Add KEY to the section; PLACE is its place in the line. Values are added next (ITEMS: as items of
 * a list), or VALUE is the value. Both return 0 or -ENOMEM. */
int line_add_key(struct line *line, const char *key, struct piece place, bool items);
int line_add_value(struct line *line, const char *key, struct piece value);

/* Take the words from the next one on for which GOES_ON, and add them as the value of the last key,
 * as they are written: a piece for each line that they stand on. Returns 0 or -ENOMEM. */
int line_add_words(struct line *line, bool (*goes_on)(struct word last, struct word next));

/* Returns the key of a rule that WORD is, or NULL. Direction and action have no key in a line. */
const struct grammar_key *word_find_key(struct word word);

/* Reports WORD, which was taken after BEFORE, where its kind is not allowed. Returns -EINVAL. */
int line_tell_stray(struct line *line, struct word before, struct word word);

/* Adds KEY with a list of single words, starting with the next word. Returns 0, -EINVAL (reported),
 * or -ENOMEM. */
int line_add_list(struct line *line, const char *key);

/* Reads a rule. Returns 0, -EINVAL (reported), or -ENOMEM. */
int line_read_rule(struct line *line);

#endif
