/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast each interface accepted and dropped in the last hour, as means over steps of ten
 * seconds: the same memory, however long it goes on. Pure: whoever asks says what time it is, by
 * CLOCK_MONOTONIC. */
#ifndef EDGEXDP_HISTORY_H
#define EDGEXDP_HISTORY_H

#include <stdbool.h>

#include "../metrics/snapshot.h"
#include "../show/json.h"

#define HISTORY_STEP_NS    (10 * SECOND_NS)
#define HISTORY_STEPS      360u
#define HISTORY_INTERFACES 256u /* beyond these, none is remembered */

struct history {
    struct past *list; /* one for each interface */
    size_t count, capacity;
    u64 phase_ns; /* from CLOCK_MONOTONIC to where steps begin */
};

/* Begin at NOW_NS, which is REALTIME_NS for people: steps begin at round times of theirs. */
void history_begin(struct history *history, u64 now_ns, u64 realtime_ns);

/* When the present step ends: the counters should be read then. */
u64 history_next_ns(const struct history *history, u64 now_ns);

/* Take in what was counted by NOW_NS. If it comes late, all steps that ended meanwhile get the same
 * mean. */
void history_note(struct history *history, const struct snapshots *snapshots, u64 now_ns);

/* An array with an object for each interface that was there within the hour: see edgexdp-run(8).
 * REALTIME converts to CLOCK_REALTIME. */
struct json_object *history_json(const struct history *history, u64 (*realtime)(u64 ns));

void history_clear(struct history *history);

#endif
