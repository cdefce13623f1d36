/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as JSON. */
#ifndef EDGEXDP_EVENT_JSON_H
#define EDGEXDP_EVENT_JSON_H

#include <json-c/json.h>

#include "lists.h"

/* An event, with everything that is known about it when it is reported. */
struct told {
    const struct event *event;
    const char *interface;
    const char *rule; /* NULL: no rule decided, or its policy is gone */
    struct rule_list list;
    u64 time_ns; /* CLOCK_REALTIME */
};

/* The caller puts the object. */
struct json_object *event_json(const struct told *told);

#endif
