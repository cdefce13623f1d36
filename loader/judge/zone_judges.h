/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy before the judges of all its zones: each has the rules of one zone, and remembers what
 * has passed there. What is forwarded passes two of them.
 */
#ifndef EDGEXDP_ZONE_JUDGES_H
#define EDGEXDP_ZONE_JUDGES_H

#include "../compile/image.h"
#include "../policy/zones.h"
#include "native.h"

struct zone_judge {
    const struct policy *policy; /* of the zone; its entries are image->entries */
    const struct image *image;   /* compiled with numbers == NULL */
    struct native *native;
};

struct zone_judges;

/* Returns the judges of WHOLE, which must outlive them, or NULL when memory is short. A policy
 * without zones has one judge, whichever zone is named. */
struct zone_judges *zone_judges_new(const struct policy *whole);
void zone_judges_free(struct zone_judges *judges);
void zone_judges_freep(struct zone_judges **judges);

/* Get the judge of ZONE, who is appointed when asked for first. Returns 0, or what
 * policy_compile() returns, with DIAG. */
int zone_judges_get(struct zone_judges *judges, unsigned int zone, struct diag *diag,
                    struct zone_judge **judge);

/* Use IMAGE, which was compiled from WHOLE and outlives the judges, instead of compiling it: WHOLE
 * has no zones. */
void zone_judges_know(struct zone_judges *judges, const struct image *image);

/* Hand over the policy and the image of ZONE, whose judge has been appointed. */
void zone_judges_take(struct zone_judges *judges, unsigned int zone, struct policy **policy,
                      struct image **image);

/* Forget what has passed. */
void zone_judges_reset(struct zone_judges *judges);

/* How a packet passed: the verdict is that of the last side. */
struct passage {
    struct {
        unsigned int zone;
        enum direction direction;
        const struct zone_judge *judge;
        struct outcome outcome;
    } sides[DIRECTIONS];
    unsigned int count;
};

/* Judge PACKET, on ZONE if it does not say where. Returns 0, what policy_compile() returns with
 * DIAG, or -ENOMEM. */
int zone_judges_ask(struct zone_judges *judges, const struct packet_notation *packet,
                    unsigned int zone, struct diag *diag, struct passage *passage);

/* Returns the rule in OUTCOME by JUDGE, or NULL. */
const struct rule *zone_judge_rule(const struct zone_judge *judge, const struct outcome *outcome);

#endif
