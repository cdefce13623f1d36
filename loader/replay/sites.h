/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges a capture from several interfaces by a policy for several interfaces: each packet where it
 * was captured. Interfaces of a zone remember flows together, as in the kernel; each has sums of
 * its own. Where a forwarded packet came in is known if it was captured there too.
 */
#ifndef EDGEXDP_REPLAY_SITES_H
#define EDGEXDP_REPLAY_SITES_H

#include "../judge/lru.h"
#include "../judge/zone_judges.h"
#include "recording.h"
#include "replay.h"

#define SITES_MAX 1024

/* An interface. */
struct site {
    char name[RECORDING_NAME_BYTES]; /* "": packets whose interface has no name */
    unsigned int after, before;      /* its zones by both policies */
    const struct policy *stranger;   /* in whose [interfaces] it is not; or NULL */
    u64 unjudged;                    /* packets that are not in the sums of: */
    struct replay replay;
};

/* Who judges by one of both policies. */
struct bench_of_zones {
    const struct policy *whole; /* NULL: there is no such policy */
    struct zone_judges *judges;
    struct diag *diag;
    unsigned int via; /* where forwarded packets came in that were not captured there */
};

/* Initialise with zeros. */
struct sites {
    struct bench_of_zones after, before;
    struct replay pattern; /* how to judge: all but its benches; the caller's */

    /* Filled by sites_run(): */
    struct site **list;
    size_t count, capacity;
    struct lru *arrivals;
};

/* Judge all of CAPTURE. Returns 0, -EIO where it breaks off, or -errno, with WHY. */
int sites_run(struct sites *sites, struct capture *capture, struct why *why);
void sites_clear(struct sites *sites);

/* Returns why SITE has no judge, or NULL if it has. */
#define SITE_REASON_BYTES 512
const char *site_reason(const struct site *site, char text[SITE_REASON_BYTES]);

/* Returns whether some packet could be judged, or there was none. */
bool sites_were_judged(const struct sites *sites);

/* Print what replay_print() and replay_print_json() print, for each interface. */
int sites_print(const struct sites *sites, const char *name, size_t top);
int sites_print_json(const struct sites *sites, const char *name, size_t top);

#endif
