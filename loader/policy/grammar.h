/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections and keys of a policy: one table that parses them, checks them and explains them.
 */
#ifndef EDGEXDP_GRAMMAR_H
#define EDGEXDP_GRAMMAR_H

#include "../base/nearest.h"
#include "piece.h"

#define KEYS_MAX 16 /* of one section */

enum section_number {
    SECTION_POLICY,
    SECTION_BASELINE,
    SECTION_SETS,
    SECTION_PORTS,
    SECTION_RULE,
    SECTION_EXPECT,
    SECTION_RULES,
    SECTION_EXPECTATIONS,
    SECTION_INCLUDE,
    SECTIONS
};

enum value_kind {
    VALUE_TEXT,   /* text for people: char * */
    VALUE_SWITCH, /* one of the words: bool */
    VALUE_CHOICE, /* one of the words: an enum */
    VALUE_LIST,   /* items or `any`; has a reader of its own */
    VALUE_OTHER,  /* has a reader of its own */
};

struct choice {
    const char *word; /* NULL ends a list */
    int value;
};

struct reading;
struct ini_entry;

/* Reads one value into TARGET, the struct that its section fills. Faults go to the diag; returns 0
 * whether there were any or not, or -ENOMEM. */
typedef int value_reader(struct reading *reading, void *target, const struct ini_entry *entry);

struct grammar_key {
    const char *name;
    const char *values;  /* what may stand there, for people */
    const char *preset;  /* what holds without the key; NULL: the key is required */
    const char *summary; /* what it governs */
    enum value_kind kind;
    const struct choice *choices; /* VALUE_SWITCH and VALUE_CHOICE */
    size_t offset;                /* in the section's struct, where a kind says its type */
    value_reader *read;           /* VALUE_LIST and VALUE_OTHER */
};

struct grammar_section {
    const char *name;
    const char *title;   /* as written: "[rule NAME]" */
    const char *letters; /* of its NAME, besides letters and digits; NULL: it has none */
    bool required;
    bool repeats; /* in one file */
    const char *summary;
    const struct grammar_key *keys; /* read in this order */
    size_t key_count;               /* 0: every key is a name */
    /* Each entry is a section of this grammar, on one line; see short.h. */
    const struct grammar_section *line;
    bool outermost; /* in the file that is attached only, and in none that it includes */
};

extern const struct grammar_section grammar_sections[SECTIONS];

/* Returns NULL when there is none; *nearest, if asked for, is then what comes near. */
const struct grammar_section *grammar_find_section(struct piece word, struct nearest *nearest);
const struct grammar_key *grammar_find_key(const struct grammar_section *section, struct piece word,
                                           struct nearest *nearest);

/* The choice of KEY that WORD names; NULL: none. */
const struct choice *grammar_find_choice(const struct grammar_key *key, struct piece word);

#endif
