/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections and keys of a policy: one table that parses them, checks them and explains them.
 */
#ifndef EDGEXDP_GRAMMAR_H
#define EDGEXDP_GRAMMAR_H

#include "../base/nearest.h"
#include "piece.h"

#define KEYS_MAX 32 /* in one section */

enum section_number {
    SECTION_POLICY,
    SECTION_BASELINE,
    SECTION_SETS,
    SECTION_PORTS,
    SECTION_INTERFACES,
    SECTION_RULE,
    SECTION_EXPECT,
    SECTION_RULES,
    SECTION_EXPECTATIONS,
    SECTION_INCLUDE,
    SECTIONS
};

enum value_kind {
    VALUE_TEXT,    /* text for people: char * */
    VALUE_SWITCH,  /* one of the words: bool */
    VALUE_CHOICE,  /* one of the words: an enum */
    VALUE_LIST,    /* items or `any`; has its own reader */
    VALUE_PHRASES, /* items of several words, separated by commas; has its own reader */
    VALUE_OTHER,   /* has its own reader */
};

struct choice {
    const char *word; /* NULL ends the list */
    int value;
};

struct reading;
struct ini_entry;

/* Reads one value into TARGET, the struct that its section fills. Faults go to the diag. Returns 0,
 * also with faults, or -ENOMEM. */
typedef int value_reader(struct reading *reading, void *target, const struct ini_entry *entry);

struct grammar_key {
    const char *name;
    const char *values;  /* the allowed values, for people */
    const char *preset;  /* the value without the key; NULL: the key is required */
    const char *summary; /* what it controls */
    enum value_kind kind;
    const struct choice *choices; /* for VALUE_SWITCH and VALUE_CHOICE */
    size_t offset;                /* in the section's struct, if the kind has a type */
    value_reader *read;           /* for VALUE_LIST and VALUE_OTHER */
};

struct grammar_section {
    const char *name;
    const char *title;   /* as written: "[rule NAME]" */
    const char *letters; /* allowed in NAME besides letters and digits; NULL: no NAME */
    bool required;
    bool repeats; /* may occur more than once in a file */
    const char *summary;
    const struct grammar_key *keys; /* read in this order */
    size_t key_count;               /* 0: every key is a name */
    /* Each entry is a section of this grammar, written on one line; see short.h. */
    const struct grammar_section *line;
    bool outermost; /* allowed only in the attached file, not in included ones */
};

extern const struct grammar_section grammar_sections[SECTIONS];

/* Returns NULL when there is none; *nearest, unless NULL, is then the nearest name. */
const struct grammar_section *grammar_find_section(struct piece word, struct nearest *nearest);
const struct grammar_key *grammar_find_key(const struct grammar_section *section, struct piece word,
                                           struct nearest *nearest);

/* Returns the choice of KEY that WORD names, or NULL. */
const struct choice *grammar_find_choice(const struct grammar_key *key, struct piece word);

#endif
