/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interface's part of the answers in JSON: the contract's section 6. */
#ifndef EDGEXDP_METRICS_JSON_H
#define EDGEXDP_METRICS_JSON_H

#include "../show/json.h"
#include "snapshot.h"

struct json_object *stats_json(const struct snapshot *snapshot);

/* PATH: of the policy that TABLES begin with. */
struct json_object *status_json(const struct guard_status *status,
                                const struct tables_header *tables, const char *path);

#endif
