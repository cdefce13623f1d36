/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as JSON. */
#ifndef EDGEXDP_EVENT_JSON_H
#define EDGEXDP_EVENT_JSON_H

#include <json-c/json.h>

#include "lists.h"

/* An event as everybody who tells of it knows it. */
struct told {
    const struct event *event;
    const char *interface;
    const char *rule; /* NULL: none, or one of a policy that is gone */
    struct rule_list list;
    u64 time_ns; /* CLOCK_REALTIME */
};

/* The caller's to put. */
struct json_object *event_json(const struct told *told);

#endif
