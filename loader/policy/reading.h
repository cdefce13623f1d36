/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of sections and values share while one policy is read. */
#ifndef EDGEXDP_READING_H
#define EDGEXDP_READING_H

#include "catalog.h"
#include "ini.h"
#include "policy.h"
#include "ports.h"
#include "sets.h"

/* One section while it is read; by number of key in its grammar. */
struct section_state {
    const struct ini_section *section;
    const struct ini_entry *entries[KEYS_MAX]; /* NULL: not there */
    bool faulty[KEYS_MAX];                     /* an error has been told: judge it no further */
};

struct reading {
    const struct ini *ini;
    struct diag *diag;
    struct policy *policy;
    struct sets *sets;
    struct ports *ports;
    struct catalog *rules, *expectations; /* numbers of sections in ini */
    struct section_state *state;          /* of the present section */
};

/* Fills in what holds in TARGET, the struct of GRAMMAR, without any key. */
void section_preset(const struct grammar_section *grammar, void *target);

/* Reads the keys of SECTION, whose grammar is known, into TARGET. Returns 0 or -ENOMEM; faults go
 * to the diag. STATE is the caller's, filled in here for checks across keys. */
int section_read(struct reading *reading, const struct ini_section *section, void *target,
                 struct section_state *state);

/* Has an error about KEY of the present section been told? KEY stands earlier in the grammar than
 * the key that asks. */
bool section_key_is_faulty(const struct reading *reading, const char *key);

/* Adds an error about PIECE of the policy file. */
void reading_tell(const struct reading *reading, struct piece piece, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reading_tell_fault(const struct reading *reading, struct piece piece,
                        const struct fault *fault);

/* The value of ENTRY as one word or name; more than one line of it is told. */
bool value_is_single(const struct reading *reading, const struct ini_entry *entry,
                     struct piece *value);

/* Copies NAME, which may be too long (that has been told). */
void name_copy(char name[NAME_BYTES], struct piece text);

value_reader read_policy_name;
value_reader read_rule_direction;
#define ROW(ID, id, ...) value_reader read_rule_##id;
EDGEXDP_FIELDS(ROW)
#undef ROW
value_reader read_expect_packet, read_expect_rule, read_expect_reply_to;

#endif
