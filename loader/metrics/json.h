/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface's part of the answers in JSON: see edgexdp-json(5). */
#ifndef EDGEXDP_METRICS_JSON_H
#define EDGEXDP_METRICS_JSON_H

#include "../ban/banned.h"
#include "../show/json.h"
#include "snapshot.h"

/* What `rules` and `reasons` are arrays of. REALTIME turns the clock of last_seen_ns into
 * CLOCK_REALTIME. */
struct json_object *json_rules(const struct rule_sample *rules, size_t count,
                               u64 (*realtime)(u64 ns));
struct json_object *json_reasons(const struct reason_counter reasons[REASON_SLOTS]);

/* Who is banned, since when and until when: to OBJECT. */
void banned_json(struct json_object *object, const struct banned *banned);

struct json_object *json_stats(const struct snapshot *snapshot);

/* What only `status` knows, rates and what has become of the policy's files, is null. */
struct json_object *json_status(const struct snapshot *snapshot);

#endif
