/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast counters grow: two snapshots of one interface, and the time between them. */
#ifndef EDGEXDP_RATES_H
#define EDGEXDP_RATES_H

#include "snapshot.h"

/* A direction of a rule, or a reason. What is a second is 0 where there is no snapshot before. */
struct rate {
    const char *name; /* of a snapshot, or of reason_names */
    bool is_reason;
    enum direction direction;
    enum verdict verdict;
    u32 order;               /* rules as in the file, then the reasons */
    u64 total;               /* packets and replies so far */
    double packets, replies; /* a second */
    double bits;             /* a second, of both */
};

struct rates {
    struct rate *list; /* the fastest first; of those that stand still, the largest */
    size_t count;
    double seen[DIRECTIONS]; /* packets a second */
};

/* What has grown between BEFORE, which may be NULL, and AFTER, SECONDS later. Rules keep their
 * counters by name: policies may have changed meanwhile. *rates is the caller's to clear, while
 * AFTER is still there. Returns 0 or -ENOMEM. */
int rates_make(const struct snapshot *before, const struct snapshot *after, double seconds,
               struct rates *rates);
void rates_clear(struct rates *rates);

/* The same of the totals, since somebody looked last. */
struct totals_rates {
    u64 span_ns; /* of that time; 0: not known, and nothing else either */
    double seen[DIRECTIONS];
    double packets[DIRECTIONS][VERDICTS];
};

/* NOW_NS, of CLOCK_MONOTONIC, is when NOW was counted. */
struct totals_rates totals_rates(const struct totals *now, const struct last_look *before,
                                 u64 now_ns);

#endif
