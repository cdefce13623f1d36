/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of sections and values share while a policy is read. */
#ifndef EDGEXDP_READING_H
#define EDGEXDP_READING_H

#include "catalog.h"
#include "ini.h"
#include "policy.h"
#include "ports.h"
#include "sets.h"

/* The state of reading one section, by the key's number in its grammar. */
struct section_state {
    const struct ini_section *section;
    const struct ini_entry *entries[KEYS_MAX]; /* NULL: the key is absent */
    bool faulty[KEYS_MAX];                     /* an error was reported: do not check it further */
};

struct reading {
    const struct ini *ini;
    const struct host *host; /* NULL: unknown */
    struct diag *diag;
    struct policy *policy;
    struct sets *sets;
    struct ports *ports;
    struct catalog *rules, *expectations; /* numbers of sections in ini */
    bool blocks;                          /* these are patterns of blocks, which can say more */
    struct piece asks_self; /* a key for which the packet path has to know this host; empty: none */
    struct section_state *state; /* of the current section */
};

/* Fills TARGET, the struct of GRAMMAR, with the values that hold without any key. */
void section_preset(const struct grammar_section *grammar, void *target);

/* Reads the keys of SECTION, whose grammar is known, into TARGET. Faults go to the diag. STATE
 * belongs to the caller, and is filled in for checks across keys. Returns 0 or -ENOMEM. */
int section_read(struct reading *reading, const struct ini_section *section, void *target,
                 struct section_state *state);

/* Returns whether an error about KEY of the current section was reported. KEY must come before the
 * calling key in the grammar. */
bool section_key_is_faulty(const struct reading *reading, const char *key);

/* Adds an error about PIECE of the policy file. */
void reading_tell(const struct reading *reading, struct piece piece, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reading_tell_fault(const struct reading *reading, struct piece piece,
                        const struct fault *fault);

/* Checks that the value of ENTRY is one word or name; reports it if it has more than one line. */
bool value_is_single(const struct reading *reading, const struct ini_entry *entry,
                     struct piece *value);

/* Copies TEXT, which may be too long (that was reported), into the SIZE bytes of NAME. */
void name_copy(char *name, size_t size, struct piece text);

/* Ask for all names of hosts that the policy has and the host does not know, and tell what is wrong
 * with the answers. Returns 0 or -ENOMEM. */
int names_ask(struct reading *reading);

value_reader read_policy_name, read_policy_log, read_policy_exempt;
value_reader read_baseline_tcp_state;
value_reader read_rule_on, read_rule_leaves;
value_reader read_rule_direction, read_rule_action, read_rule_limit, read_rule_protect;
#define ROW(ID, id, ...) value_reader read_rule_##id;
EDGEXDP_FIELDS(ROW)
#undef ROW
value_reader read_expect_verdict, read_expect_packet, read_expect_rule, read_expect_reply_to;

#endif
