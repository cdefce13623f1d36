/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of the interfaces that top takes samples of. */
#ifndef EDGEXDP_TOP_SAMPLED_H
#define EDGEXDP_TOP_SAMPLED_H

#include "census.h"
#include "roster.h"

struct sampled {
    const char *interface;
    /* What all of them are counted in; NUMBER is that of the rule, see roster.h. */
    void (*count)(struct sampled *sampled, const struct packet_sample *sample, u32 number);
    void *context;
    struct roster *roster;
    struct listener *listener; /* NULL: not yet, or somebody took our slot, or it was detached */
    struct roster_page page;
    struct figures figures[DIRECTIONS]; /* kept by whoever counts */
    char policy[NAME_BYTES];
    const char *mode;
    char trouble[TROUBLE_BYTES];
    u32 generation;     /* of the policy in force */
    u32 asked_for;      /* the last generation whose names were read */
    u64 attached_at_ns; /* of the state that is sampled */
    u64 lost;           /* at the last look */
    u64 samples;        /* since the last look */
    u32 pace_ns;
};

/* Begin to sample SAMPLED->interface. Returns 0, or -errno with WHY. */
int sampled_begin(struct sampled *sampled, struct why *why);

/* Take the samples that there are. */
void sampled_read(struct sampled *sampled);

/* What was lost since the last look, FOR_NS ago; the pace for the next one is set. */
double sampled_lost(struct sampled *sampled, u64 for_ns);

/* Is everything as it was? If not, put it right, or return -errno with WHY: -ENOENT when there is
 * nothing more to count. */
int sampled_follow(struct sampled *sampled, struct why *why);

void sampled_clear(struct sampled *sampled);

#endif
