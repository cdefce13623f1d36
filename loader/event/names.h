/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An event holds a rule's number: this gives its name, as long as its policy is in force or the
 * fallback. */
#ifndef EDGEXDP_EVENT_NAMES_H
#define EDGEXDP_EVENT_NAMES_H

#include "../kernel/kernel.h"

struct rule_names {
    u32 generations[2]; /* whose names these are; 0: none */
    size_t count;
    char (*names)[RULE_NAME_BYTES]; /* by rule number */
    struct block_sample *blocks;    /* by their numbers, in order */
    size_t block_count;
};

/* Read the names again. Returns 0, or -ENOMEM with *names as it was. */
int rule_names_read(const struct guard *guard, struct rule_names *names);

/* Does NAMES hold the names of that policy? If not, read them again. */
bool rule_names_know(const struct rule_names *names, u32 generation);

/* Has a block dropped what EVENT is about that NAMES does not know? If so, read them again. */
bool rule_names_lack_block(const struct rule_names *names, const struct event *event);

/* NULL if no rule decided or its policy is gone. Of a block, only the second gives the name. Lives
 * as long as NAMES stays as it is. */
const char *rule_names_of(const struct rule_names *names, u32 generation,
                          const struct outcome *outcome);
const char *rule_names_find(const struct rule_names *names, const struct event *event);

void rule_names_clear(struct rule_names *names);

#endif
