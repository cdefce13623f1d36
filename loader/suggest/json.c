/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <edgexdp/icmp.h>
#include <errno.h>
#include <stdlib.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../policy/address.h"
#include "../policy/protocols.h"
#include "../show/json.h"
#include "line.h"
#include "report.h"
#include "titles.h"

static void add_sum(struct json_object *object, const struct sum *sum)
{
    json_add_number(object, "packets", sum->packets);
    json_add_number(object, "bytes", sum->bytes);
}

static void add_part(struct json_object *object, const char *key, const struct sum *sum)
{
    struct json_object *part = json_object_new_object();

    add_sum(part, sum);
    json_object_object_add(object, key, part);
}

static void add_end(struct json_object *object, const char *key, enum family family,
                    const struct suggested_end *end)
{
    struct json_object *array = json_object_new_array();
    char text[RANGE_TEXT_BYTES];

    for (size_t i = 0; i < end->ranges.count; i++)
        json_object_array_add(array,
                              json_text(address_range_print(family, end->ranges.ranges[i], text)));
    json_object_object_add(object, key, array);
}

static int add_line(struct json_object *object, const struct suggested *rule, const char *zone)
{
    CLEANUP_FREE char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);

    if (!stream)
        return -ENOMEM;
    line_print(rule, zone, 0, 0, stream);
    if (fclose(stream))
        return -ENOMEM;
    json_add_text(object, "rule", text);
    return 0;
}

static void add_port(struct json_object *object, bool has, u16 port)
{
    json_object_object_add(object, "port", has ? json_object_new_int(port) : NULL);
}

static void add_service(struct json_object *object, const struct suggested *rule)
{
    char protocol[PROTOCOL_WORD_BYTES], service[SERVICE_WORD_BYTES];
    bool types = icmp_is((u8)rule->family, rule->protocol);

    titles_protocol((u8)rule->family, rule->protocol, protocol);
    titles_service((u8)rule->family, rule->protocol, rule->port, rule->has_code, service);
    json_add_text(object, "direction", direction_names[rule->direction]);
    json_add_text(object, "protocol", protocol);
    add_port(object, protocol_has_ports(rule->protocol), rule->port);
    json_add_text(object, "icmp_type", types ? service : NULL);
}

static int add_rule(struct json_object *array, const struct suggested *rule, const char *zone)
{
    struct json_object *object = json_object_new_object();
    bool is_in = rule->direction == DIRECTION_IN;
    const struct suggested_end *source = is_in ? &rule->far : &rule->near;
    const struct suggested_end *destination = is_in ? &rule->near : &rule->far;

    json_object_array_add(array, object);
    json_add_text(object, "name", rule->name);
    int error = add_line(object, rule, zone);
    add_service(object, rule);
    add_end(object, "sources", rule->family, source);
    add_end(object, "destinations", rule->family, destination);
    json_add_number(object, "packets", rule->packets);
    json_add_number(object, "bytes", rule->bytes);
    json_add_number(object, "syns", rule->opened);
    json_add_number(object, "sources_seen", source->addresses);
    json_add_number(object, "destinations_seen", destination->addresses);
    json_object_object_add(object, "answered", json_object_new_boolean(rule->answered));
    json_add_number(object, "left_out_addresses", rule->left_addresses);
    json_add_number(object, "left_out_packets", rule->left.packets);
    return error;
}

static struct json_object *scan_json(const struct scan *scan)
{
    struct json_object *object = json_object_new_object();
    enum family family = (enum family)scan->key.family;
    char address[ADDRESS_TEXT_BYTES], protocol[PROTOCOL_WORD_BYTES];
    bool ports = protocol_has_ports(scan->key.protocol);

    address_print(family, address_from_bytes(family, scan->key.opener), address);
    titles_protocol(scan->key.family, scan->key.protocol, protocol);
    json_add_text(object, "source", address);
    json_add_text(object, "direction", direction_names[scan->key.direction]);
    json_add_text(object, "protocol", protocol);
    json_object_object_add(object, "ports", ports ? json_object_new_int64(scan->ports) : NULL);
    json_add_number(object, "destinations", scan->destinations);
    add_sum(object, &(struct sum){scan->packets, scan->bytes});
    return object;
}

static void add_hearing(struct json_object *object, const struct hearing *hearing)
{
    json_add_text(object, "interface", hearing->is_capture ? NULL : hearing->name);
    json_add_text(object, "capture", hearing->is_capture ? hearing->name : NULL);
    json_add_text(object, "policy", hearing->policy);
    json_add_text(object, "mode", hearing->mode);
    json_add_text(object, "zone", hearing->zone);
    json_add_text(object, "merge", merge_names[hearing->merge]);
    json_object_object_add(object, "seconds",
                           hearing->is_capture ? NULL : json_object_new_double(hearing->seconds));
    json_object_object_add(object, "exact", json_object_new_boolean(hearing->share <= 1));
    json_add_number(object, "lost_packets", hearing->lost_packets);
}

static void add_others(struct json_object *object, const struct collection *collection,
                       const struct findings *findings)
{
    add_part(object, "dropped", &collection->dropped);
    add_part(object, "replies", &collection->replies);
    add_part(object, "refused", &findings->suggestions.refused);
    add_part(object, "continuing", &collection->continuing);
    add_part(object, "unasked", &collection->unasked);
    add_part(object, "errors", &collection->errors);
    add_part(object, "left_out", &findings->suggestions.left);
    add_part(object, "forgotten", &findings->forgotten);
}

int report_print_json_rules(const struct hearing *hearing, const struct collection *collection,
                            const struct findings *findings)
{
    struct json_object *object = json_object_new_object();
    struct json_object *rules = json_object_new_array(), *scans = json_object_new_array();
    int error = 0;

    add_hearing(object, hearing);
    json_object_object_add(object, "rules", rules);
    json_object_object_add(object, "scans", scans);
    for (size_t i = 0; i < findings->suggestions.count && !error; i++)
        error = add_rule(rules, &findings->suggestions.rules[i], hearing->zone);
    for (size_t i = 0; i < findings->scan_count; i++)
        json_object_array_add(scans, scan_json(&findings->scans[i]));
    add_others(object, collection, findings);
    if (error)
        json_object_put(object);
    else
        json_print(object);
    return error;
}
