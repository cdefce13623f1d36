/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast counters grow: two snapshots of one interface, and the time between them. */
#ifndef EDGEXDP_RATES_H
#define EDGEXDP_RATES_H

#include "snapshot.h"

/* A direction of a rule, or a reason. Rates per second are 0 if there is no earlier snapshot. */
struct rate {
    const char *name; /* of a snapshot, or of reason_names */
    bool is_reason;
    enum direction direction;
    enum verdict verdict;
    enum refusal refusal;
    u32 order;               /* rules in file order, then the reasons */
    u64 total;               /* packets and replies so far */
    double packets, replies; /* per second */
    double limited;          /* packets dropped by a limit of the rule, per second */
    double bits;             /* per second, of both */
};

/* All packets that it decided, per second. */
static inline double rate_sum(const struct rate *rate)
{
    return rate->packets + rate->replies + rate->limited;
}

struct rates {
    struct rate *list; /* fastest first; at equal speed, the largest first */
    size_t count;
    bool are_limited;        /* a limit of some rule has dropped something at some time */
    double seen[DIRECTIONS]; /* packets per second */
};

/* What has grown between BEFORE, which may be NULL, and AFTER, SECONDS later. Rules are matched by
 * name, like their counters, because the policy may have changed in between. The caller clears
 * *rates, while AFTER still exists. Returns 0 or -ENOMEM. */
int rates_make(const struct snapshot *before, const struct snapshot *after, double seconds,
               struct rates *rates);
void rates_clear(struct rates *rates);

/* The same for the totals, since the last look. */
struct totals_rates {
    u64 span_ns; /* the time since then; 0: not known, nor anything else */
    double seen[DIRECTIONS];
    double packets[DIRECTIONS][VERDICTS];
};

/* NOW was counted at NOW_NS of CLOCK_MONOTONIC. */
struct totals_rates totals_rates(const struct totals *now, const struct last_look *before,
                                 u64 now_ns);

#endif
