/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of [rules] or [expectations] while it is taken apart: its words, and what becomes of
 * them. */
#ifndef EDGEXDP_SHORT_LINE_H
#define EDGEXDP_SHORT_LINE_H

#include "short_words.h"

/* One line while it becomes the last section of INI. */
struct line {
    struct ini *ini;
    struct diag *diag;
    struct ini_entry written;
    struct words words;
    struct word last; /* that was taken */
    bool has_arrow;
    struct piece from, to, port, source_port; /* empty: the arrow did not say it */
};

/* Adds an error about PIECE. Returns -EINVAL, so that a reader can end with it. */
int line_tell(struct line *line, struct piece piece, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The next word, taken or only looked at. */
struct word line_next(struct line *line);
struct word line_peek(const struct line *line);

/* Behind the last word, or at the name of an empty line. */
struct piece line_end(const struct line *line);

/* KEY of the section, where PLACE is in the line; its values, which are ITEMS of a list or not, are
 * added next, or are VALUE. Return 0 or -ENOMEM. */
int line_add_key(struct line *line, const char *key, struct piece place, bool items);
int line_add_value(struct line *line, const char *key, struct piece value);

/* Reads a rule. Returns 0, -EINVAL (which has been told), or -ENOMEM. */
int short_read_rule(struct line *line);

#endif
