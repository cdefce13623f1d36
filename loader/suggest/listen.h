/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listens to what an interface drops by default, by samples, as `top` does. */
#ifndef EDGEXDP_SUGGEST_LISTEN_H
#define EDGEXDP_SUGGEST_LISTEN_H

#include "../base/why.h"
#include "../kernel/kernel.h"
#include "collect.h"

struct heard {
    char policy[NAME_BYTES]; /* in force at the end */
    const char *mode;
    u64 milliseconds;
    u64 samples;      /* that were looked at, */
    u64 stood_for;    /* and for how many packets they stand */
    u64 lost_packets; /* that found no room because they were read too slowly */
    char *zone;       /* that the interface is in by that policy; NULL: it has no zones */
    char trouble[TROUBLE_BYTES];    /* what is wrong with the interface, or "" */
    char (*names)[RULE_NAME_BYTES]; /* of its rules, also of the fallback's */
    size_t name_count;
};

/* Collect what passes INTERFACE for FOR_NS, or until the user ends it. Returns 0, or -errno with
 * WHY; the caller clears *heard in any case. */
int listen_for(const char *interface, u64 for_ns, struct collection *collection,
               struct heard *heard, struct why *why);
void heard_clear(struct heard *heard);

/* Has one of its rules that name? For suggestions_make(). */
bool heard_has_name(const char *name, const void *heard);

#endif
