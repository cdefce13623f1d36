/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for the rules that were seen, by their names. A rule keeps its number whatever is put in
 * force meanwhile. */
#ifndef EDGEXDP_ROSTER_H
#define EDGEXDP_ROSTER_H

#include "../event/names.h"

#define ROSTER_UNKNOWN 0 /* a rule of a policy that is gone */

struct roster {
    char (*names)[RULE_NAME_BYTES]; /* by number less one */
    size_t count, capacity;
    struct rule_names known; /* of the policies in force */
    u32 *numbers;            /* by the rule numbers of these; 0: not seen yet */
};

/* Read the names of what is in force in GUARD. Returns 0 or -ENOMEM. */
int roster_read(struct roster *roster, const struct guard *guard);

/* The number of the rule that decided SAMPLE; ROSTER_UNKNOWN if its policy is not known, or memory
 * is short. */
u32 roster_number(struct roster *roster, const struct packet_sample *sample);

/* Its name, or NULL. */
const char *roster_name(const struct roster *roster, u32 number);

void roster_clear(struct roster *roster);

#endif
