/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a policy file as sections and entries. What the words mean is no concern of this
 * reader, with one exception: to tell an indented key from a continued value it looks up the
 * grammar.
 */
#ifndef EDGEXDP_INI_H
#define EDGEXDP_INI_H

#include "grammar.h"
#include "piece.h"
#include "source.h"

struct ini_entry {
    struct piece key;
    size_t first_piece, piece_count; /* of the value: one for each line that it has text on */
    bool items;  /* a list that has been taken apart: each piece is an item, and no comma is left */
    bool faulty; /* an error has been told; the key (a guess) and the value are not to be judged */
};

struct ini_section {
    struct piece header; /* all of "[rule NAME]" */
    struct piece word, name;
    unsigned int last_line;                /* of its last value */
    const struct grammar_section *grammar; /* NULL: unknown */
    size_t first_entry, entry_count;
    bool faulty; /* an error in the header has been told; neither its words nor what it lacks are to
                  * be judged */
};

struct ini {
    const struct source *source;
    struct ini_section *sections;
    size_t section_count, section_capacity;
    struct ini_entry *entries;
    size_t entry_count, entry_capacity;
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    bool garbled; /* lines could not be read: what seems to be missing may be there */
};

/* Read the lines of SOURCE. Faults go to DIAG, and what can be made of the rest is in *INI, which
 * the caller clears before and frees with ini_free(), on failure too. Returns 0 or -ENOMEM. */
int ini_read(struct ini *ini, const struct source *source, source_opener *opener,
             struct diag *diag);
void ini_free(struct ini *ini);

/* The last section, and the last entry of that; NULL: there is none. */
struct ini_section *ini_last_section(const struct ini *ini);
struct ini_entry *ini_last_entry(const struct ini *ini);

/* Add to the end of INI: a section, an entry of the last section, a piece of the last entry's
 * value. Return 0 or -ENOMEM. */
int ini_add_section(struct ini *ini, struct ini_section section);
int ini_keep_section(struct ini *ini,
                     struct ini_section section); /* with the entries that it has */
int ini_add_entry(struct ini *ini, struct ini_entry entry);
int ini_add_piece(struct ini *ini, struct piece piece);

/* A line without its comment and the white space around. If it is QUOTING, double quotes protect
 * what begins a comment. Bytes that no policy may hold (invalid UTF-8, NUL, control characters
 * outside of comments) are told once a line: *faulty. DIAG may be NULL: nobody is told. */
struct piece ini_line(const struct source *source, unsigned int number, bool quoting,
                      struct diag *diag, bool *faulty);

/* The comment of that line, its sign included; empty when it has none. */
struct piece ini_comment(const struct source *source, unsigned int number, bool quoting);

/* The pieces of ENTRY's value; NULL when there are none. */
static inline const struct piece *ini_value(const struct ini *ini, const struct ini_entry *entry)
{
    return entry->piece_count ? ini->pieces + entry->first_piece : NULL;
}

/* Where ENTRY's value is, to its end on the first line; its key when it has no value. */
struct place ini_value_place(const struct ini *ini, const struct ini_entry *entry);

/* All of ENTRY's value, its lines joined by a space; the caller frees it. NULL: no memory. */
char *ini_value_text(const struct ini *ini, const struct ini_entry *entry);

/* Where byte AT of that text stands in the file, and up to LENGTH bytes behind it. */
struct piece ini_value_part(const struct ini *ini, const struct ini_entry *entry, size_t at,
                            size_t length);

#endif
