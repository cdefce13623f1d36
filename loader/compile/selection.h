/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that one diagram is made of. A rule with limits may be two there: before it stands what
 * it says to those whom no limit holds. */
#ifndef EDGEXDP_SELECTION_H
#define EDGEXDP_SELECTION_H

#include "classes.h"
#include "diagram.h"

struct selection {
    struct diagram_rule *rules;
    size_t *origins;         /* of each: whatever number the caller knows it by */
    bool *reached;           /* each */
    struct class_runs *runs; /* which `rules` point to */
    size_t count, run_count;
};

/* Prepare *selection for ROOM rules; selection_clear() frees, also after an error. Returns 0 or
 * -ENOMEM. */
int selection_init(struct selection *selection, size_t room);
void selection_clear(struct selection *selection);

/* Select a rule, unless it wants nothing. */
void selection_add(struct selection *selection, size_t origin, const struct rule_wants *wants,
                   u32 leaf);

/* Select what a rule with limits says to EXEMPT, the far end of packets of FAMILY in DIRECTION.
 * LEAF is the rule's own. Returns 0 or -ENOMEM. */
int selection_add_exempt(struct selection *selection, size_t origin, struct rule_wants wants,
                         u32 leaf, const struct classes *classes, int family,
                         enum direction direction, const struct address_set *exempt);

#endif
