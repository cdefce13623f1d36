/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"

#include "../base/labels.h"
#include "../show/json.h"
#include "../show/times.h"
#include "event.h"

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static void add_end(struct json_object *object, const char *key, const char *address,
                    const char *port_key, const char *port)
{
    json_add_text(object, key, or_null(address));
    json_object_object_add(object, port_key,
                           *port ? json_object_new_int((int)strtol(port, NULL, 10)) : NULL);
}

static void add_number(const char *name, const char *text, void *context)
{
    json_add_text(context, name, text);
}

/* `length` is that of the frame: the numbers of the packet have an object of their own. */
static void add_numbers(struct json_object *object, const struct event *event)
{
    struct json_object *fields = json_object_new_object();

    event_each_number(event, add_number, fields);
    if (json_object_object_length(fields)) {
        json_object_object_add(object, "fields", fields);
        return;
    }
    json_object_put(fields);
    json_object_object_add(object, "fields", NULL);
}

struct json_object *event_json(const struct told *told)
{
    const struct event *event = told->event;
    struct json_object *object = json_object_new_object();
    char time[TIME_TEXT_BYTES], packet[NOTATION_TEXT_BYTES];
    struct event_fields fields;

    event_fields(event, &fields);
    json_add_text(object, "time", time_print_exact(told->time_ns, time));
    json_add_text(object, "interface", told->interface);
    json_add_text(object, "direction", direction_names[event->direction]);
    json_add_text(object, "verdict", verdict_names[event->outcome.verdict]);
    bool block = outcome_is_block(&event->outcome);
    json_add_text(object, "rule", block ? NULL : told->rule);
    json_add_text(object, "reason", event_reason(event));
    json_add_text(object, "protocol", or_null(fields.protocol));
    add_end(object, "source", fields.source, "source_port", fields.source_port);
    add_end(object, "destination", fields.destination, "destination_port", fields.destination_port);
    json_add_number(object, "length", event->frame_bytes);
    json_add_text(object, "reject", outcome_reject(&event->outcome, event->protocol));
    json_object_object_add(object, "audit", json_object_new_boolean(event_passed_audit(event)));
    json_add_text(object, "from", told->list.from);
    json_add_text(object, "to", told->list.to);
    add_numbers(object, event);
    json_add_text(object, "packet", event_print_packet(event, packet));
    json_add_text(object, "block", block ? told->rule : NULL);
    return object;
}
