/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for the rules that were seen, by their names. A rule keeps its number whatever is put in
 * force meanwhile, and has the same one on all interfaces. */
#ifndef EDGEXDP_ROSTER_H
#define EDGEXDP_ROSTER_H

#include "../event/names.h"

#define ROSTER_UNKNOWN 0 /* a rule of a policy that is gone */

struct roster {
    char (*names)[RULE_NAME_BYTES]; /* by number less one */
    size_t count, capacity;
};

/* What is known of one interface. Each has rule numbers of its own. */
struct roster_page {
    struct rule_names known; /* of the policies in force */
    u32 *numbers;            /* by the rule numbers of these; 0: not seen yet */
};

/* Read the names of what is in force in GUARD. Returns 0 or -ENOMEM. */
int roster_read(struct roster_page *page, const struct guard *guard);

/* The number of the rule that decided SAMPLE on the interface of PAGE; ROSTER_UNKNOWN if its policy
 * is not known, or memory is short. */
u32 roster_number(struct roster *roster, struct roster_page *page,
                  const struct packet_sample *sample);

/* Its name, or NULL. */
const char *roster_name(const struct roster *roster, u32 number);

void roster_clear(struct roster *roster);
void roster_page_clear(struct roster_page *page);

#endif
