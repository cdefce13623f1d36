/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events say the number of a rule: its name, for as long as its policy is in force or the fallback.
 */
#ifndef EDGEXDP_EVENT_NAMES_H
#define EDGEXDP_EVENT_NAMES_H

#include "../kernel/kernel.h"

struct rule_names {
    u32 generations[2]; /* that the names are of; 0: none */
    size_t count;
    char (*names)[NAME_BYTES]; /* by number */
};

/* Read the names anew. Returns 0, or -ENOMEM with *names as it was. */
int rule_names_read(const struct guard *guard, struct rule_names *names);

/* Does it hold the names of that policy? If not, read it anew. */
bool rule_names_know(const struct rule_names *names, u32 generation);

/* NULL: no rule decided, or one of a policy that is gone. Lives as long as NAMES stays as it is. */
const char *rule_names_find(const struct rule_names *names, const struct event *event);

void rule_names_clear(struct rule_names *names);

#endif
