/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "../base/labels.h"
#include "../policy/protocols.h"
#include "../show/times.h"
#include "dropped.h"

static const char *const scope_names[] = {
    [DROPPED_NETWORK] = "network",
    [DROPPED_ANYWHERE] = "anywhere",
    [DROPPED_ANYTHING] = "anything",
};

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static void add_port(struct json_object *object, const char *key, const struct dropped *row,
                     bool has)
{
    json_object_object_add(object, key, has ? json_object_new_int(row->port) : NULL);
}

static struct json_object *row_json(const struct dropped *row)
{
    struct json_object *object = json_object_new_object();
    bool is_in = row->direction == DIRECTION_IN;
    bool has_port = row->scope != DROPPED_ANYTHING && protocol_has_ports(row->protocol);
    struct dropped_fields fields;

    dropped_fields(row, &fields);
    json_add_text(object, "direction", direction_names[row->direction]);
    json_object_object_add(object, "audit", json_object_new_boolean(row->audit));
    json_add_text(object, "scope", scope_names[row->scope]);
    json_add_text(object, "protocol", or_null(fields.protocol));
    json_add_text(object, "source", is_in ? or_null(fields.remote) : NULL);
    add_port(object, "source_port", row, has_port && row->answer);
    json_add_text(object, "destination", is_in ? NULL : or_null(fields.remote));
    add_port(object, "destination_port", row, has_port && !row->answer);
    json_add_text(object, "icmp_type", has_port ? NULL : or_null(fields.port));
    json_add_number(object, "packets", row->packets);
    json_add_number(object, "bytes", row->bytes);
    json_add_time(object, "last_seen", time_from_monotonic(row->last_seen_ns));
    return object;
}

struct json_object *dropped_json(const struct dropped *rows, size_t count)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, row_json(&rows[i]));
    return array;
}
