/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splits the lines of a policy file into sections and entries. This reader does not interpret
 * words, with one exception: it looks up the grammar to tell an indented key from a continued
 * value.
 */
#ifndef EDGEXDP_INI_H
#define EDGEXDP_INI_H

#include "grammar.h"
#include "piece.h"
#include "source.h"

struct ini_entry {
    struct piece key;
    size_t first_piece, piece_count; /* of the value: one for each line with text */
    bool items;  /* a list already split: each piece is an item, without commas */
    bool faulty; /* an error was reported: check neither the key (a guess) nor the value */
};

struct ini_section {
    struct piece header; /* the whole "[rule NAME]" */
    struct piece word, name;
    unsigned int last_line;                /* of its last value */
    const struct grammar_section *grammar; /* NULL: unknown */
    size_t first_entry, entry_count;
    bool faulty; /* an error in the header was reported: check neither words nor omissions */
};

struct ini {
    const struct source *source;
    struct ini_section *sections;
    size_t section_count, section_capacity;
    struct ini_entry *entries;
    size_t entry_count, entry_capacity;
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    bool garbled; /* some lines could not be read, so what seems missing may be there */
};

/* Read the lines of SOURCE. Faults go to DIAG; what can be made of the rest goes to *INI, which the
 * caller clears before and frees with ini_free(), also on failure. Returns 0 or -ENOMEM. */
int ini_read(struct ini *ini, const struct source *source, source_opener *opener,
             struct diag *diag);
void ini_free(struct ini *ini);

/* Return the last section, and its last entry; NULL if there is none. */
struct ini_section *ini_last_section(const struct ini *ini);
struct ini_entry *ini_last_entry(const struct ini *ini);

/* Add to the end of INI: a section, an entry to the last section, a piece to the last entry's
 * value. Return 0 or -ENOMEM. */
int ini_add_section(struct ini *ini, struct ini_section section);
int ini_keep_section(struct ini *ini,
                     struct ini_section section); /* with the entries that it has */
int ini_add_entry(struct ini *ini, struct ini_entry entry);
int ini_add_piece(struct ini *ini, struct piece piece);

/* Returns a line without its comment and surrounding white space. If it is QUOTING, double quotes
 * protect what would begin a comment. Bytes that no policy may contain (invalid UTF-8, NUL, control
 * characters outside of comments) are reported once per line, and set *faulty. DIAG may be NULL:
 * nothing is reported. */
struct piece ini_line(const struct source *source, unsigned int number, bool quoting,
                      struct diag *diag, bool *faulty);

/* Returns the comment of that line, with its sign; empty when there is none. */
struct piece ini_comment(const struct source *source, unsigned int number, bool quoting);

/* Returns the pieces of ENTRY's value, or NULL when there are none. */
static inline const struct piece *ini_value(const struct ini *ini, const struct ini_entry *entry)
{
    return entry->piece_count ? ini->pieces + entry->first_piece : NULL;
}

/* Returns the place of ENTRY's value, to its end on the first line; that of its key when it has no
 * value. */
struct place ini_value_place(const struct ini *ini, const struct ini_entry *entry);

/* Returns ENTRY's whole value, its lines joined by a space; the caller frees it. NULL: no
 * memory. */
char *ini_value_text(const struct ini *ini, const struct ini_entry *entry);

/* Returns where byte AT of that text is in the file, with up to LENGTH bytes following. */
struct piece ini_value_part(const struct ini *ini, const struct ini_entry *entry, size_t at,
                            size_t length);

#endif
