/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a replay counts: what the kernel side would have counted for the same packets. */
#ifndef EDGEXDP_REPLAY_SUMS_H
#define EDGEXDP_REPLAY_SUMS_H

#include "../compile/image.h"
#include "../metrics/snapshot.h"
#include "tally.h"

struct sums {
    u64 packets; /* accepted, dropped and cut */
    u64 verdicts[VERDICTS];
    u64 cut; /* the deciding bytes were not captured */
    u64 seen[DIRECTIONS];
    u64 first_ns, last_ns; /* the earliest and the latest */
    struct rule_sample
        *rules; /* by number, in the order of the file; last_seen is CLOCK_REALTIME */
    size_t rule_count;
    struct reason_counter reasons[REASON_SLOTS];
    struct tally *sources, *targets; /* of dropped packets */
};

/* Start sums of 0 for the rules of IMAGE. Returns 0, or -ENOMEM with nothing to clear. */
int sums_start(const struct policy *policy, const struct image *image, struct sums *sums);
void sums_clear(struct sums *sums);

/* Count a packet that was seen; it was then either judged or cut. */
void sums_see(struct sums *sums, enum direction direction, u64 time_ns);
void sums_judge(struct sums *sums, const struct outcome *outcome, enum direction direction,
                u64 bytes, u64 time_ns);

/* Count EVENT, which was dropped. Returns 0 or -ENOMEM. */
int sums_drop(struct sums *sums, const struct event *event);

#endif
