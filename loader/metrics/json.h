/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface's part of the JSON output: see edgexdp-json(5). */
#ifndef EDGEXDP_METRICS_JSON_H
#define EDGEXDP_METRICS_JSON_H

#include "../ban/banned.h"
#include "../show/json.h"
#include "snapshot.h"

/* The arrays `rules` and `reasons`. REALTIME converts last_seen_ns from its clock to
 * CLOCK_REALTIME. */
struct json_object *json_rules(const struct rule_sample *rules, size_t count,
                               u64 (*realtime)(u64 ns));
struct json_object *json_reasons(const struct reason_counter reasons[REASON_SLOTS]);

/* Add to OBJECT who is banned, since when and until when. */
void banned_json(struct json_object *object, const struct banned *banned);

struct json_object *json_stats(const struct snapshot *snapshot);

/* Only `status` knows the rates and the state of the policy's files: they are null here. */
struct json_object *json_status(const struct snapshot *snapshot);

#endif
