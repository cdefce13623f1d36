/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names for rules that had none. */
#ifndef EDGEXDP_IMPORT_NAMES_H
#define EDGEXDP_IMPORT_NAMES_H

#include "plan.h"

/* Names that were given. Initialise with zeros. */
struct names {
    const char **list; /* open addressing, by a hash of the name */
    size_t count, room;
};

/* Returns a name for the rule that LINE becomes: after its comment, what it logs, or what it is
 * about on its WAY. No other line of NAMES has it. */
const char *names_give(struct arena *arena, struct names *names, const struct line *line,
                       enum way way);

/* Returns whether NAME says all that TEXT does. */
bool name_says(const char *name, const char *text);

#endif
