/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"

#include <stdio.h>

#include "../base/labels.h"
#include "../show/times.h"

static struct json_object *rule_json(const struct rule_sample *sample, u64 (*realtime)(u64 ns))
{
    const struct rule_counter *counter = &sample->counter;
    struct json_object *rule = json_object_new_object();
    json_add_text(rule, "name", sample->name);
    json_add_text(rule, "direction", direction_names[sample->direction]);
    json_add_text(rule, "action", verdict_names[sample->action]);
    json_add_text(rule, "reject", refusal_names[sample->refusal]);
    json_add_number(rule, "packets", counter->packets);
    json_add_number(rule, "bytes", counter->bytes);
    json_add_number(rule, "reply_packets", counter->reply_packets);
    json_add_number(rule, "reply_bytes", counter->reply_bytes);
    json_add_number(rule, "limited_packets", counter->limited_packets);
    json_add_number(rule, "limited_bytes", counter->limited_bytes);
    json_add_time(rule, "last_seen", counter->last_seen_ns ? realtime(counter->last_seen_ns) : 0);
    json_add_text(rule, "file", sample->file);
    json_add_number(rule, "line", sample->line);
    return rule;
}

static struct json_object *reason_json(const struct reason_counter *counter)
{
    struct json_object *reason = json_object_new_object();
    json_add_text(reason, "name", reason_names[counter->reason]);
    json_add_text(reason, "direction", direction_names[counter->direction]);
    json_add_text(reason, "verdict", verdict_names[counter->verdict]);
    json_add_number(reason, "packets", counter->packets);
    json_add_number(reason, "bytes", counter->bytes);
    return reason;
}

struct json_object *json_rules(const struct rule_sample *rules, size_t count,
                               u64 (*realtime)(u64 ns))
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, rule_json(&rules[i], realtime));
    return array;
}

struct json_object *json_reasons(const struct reason_counter reasons[REASON_SLOTS])
{
    struct json_object *array = json_object_new_array();

    for (u32 slot = 0; slot < REASON_SLOTS; slot++)
        json_object_array_add(array, reason_json(&reasons[slot]));
    return array;
}

static struct json_object *answers_json(const struct answers *answers)
{
    struct json_object *object = json_object_new_object();

    json_add_number(object, "sent", answers->sent);
    json_add_number(object, "withheld", answers->withheld);
    return object;
}

static struct json_object *cookies_json(const struct cookies *cookies)
{
    struct json_object *object = json_object_new_object();

    json_add_number(object, "sent", cookies->sent);
    json_add_number(object, "valid", cookies->valid);
    json_add_number(object, "invalid", cookies->invalid);
    return object;
}

struct json_object *json_stats(const struct snapshot *snapshot)
{
    struct json_object *object = json_object_new_object();
    struct json_object *packets = json_object_new_object();

    json_add_text(object, "interface", snapshot->status.interface);
    json_add_text(object, "policy", (const char *)snapshot->tables.name);
    for (int d = 0; d < DIRECTIONS; d++)
        json_add_number(packets, direction_names[d], snapshot->seen[d].packets);
    json_object_object_add(object, "packets", packets);
    json_object_object_add(object, "rules",
                           json_rules(snapshot->rules, snapshot->rule_count, time_from_monotonic));
    json_object_object_add(object, "reasons", json_reasons(snapshot->reasons));
    json_object_object_add(object, "answers", answers_json(&snapshot->answers));
    json_object_object_add(object, "syn_cookies", cookies_json(&snapshot->cookies));
    return object;
}

void banned_json(struct json_object *object, const struct banned *banned)
{
    bool forever = banned->expires_ns == BAN_FOREVER;
    char text[RANGE_TEXT_BYTES];

    json_add_text(object, "address", banned_print(banned, text));
    json_add_time(object, "since", time_from_monotonic(banned->since_ns));
    json_add_time(object, "expires", forever ? 0 : time_from_monotonic(banned->expires_ns));
    json_object_object_add(object, "by_limit", json_object_new_boolean(banned->by_limit));
}

static void print_sha256(const u8 sha256[32], char text[65])
{
    for (int i = 0; i < 32; i++)
        sprintf(text + 2 * i, "%02x", sha256[i]);
}

static u64 confirm_by(const struct guard_status *status)
{
    return status->seat.confirm_by_ns ? time_from_monotonic(status->seat.confirm_by_ns) : 0;
}

static struct json_object *totals_json(const struct totals *totals)
{
    struct json_object *object = json_object_new_object();

    for (int d = 0; d < DIRECTIONS; d++) {
        struct json_object *way = json_object_new_object();
        json_add_number(way, "seen", totals->seen[d]);
        json_add_number(way, "accepted", totals->packets[d][VERDICT_ACCEPT]);
        json_add_number(way, "dropped", totals->packets[d][VERDICT_DROP]);
        json_object_object_add(object, direction_names[d], way);
    }
    return object;
}

struct json_object *json_status(const struct snapshot *snapshot)
{
    const struct guard_status *status = &snapshot->status;
    const struct tables_header *tables = &snapshot->tables;
    struct json_object *object = json_object_new_object();
    char sha256[65];

    print_sha256(tables->sha256, sha256);
    json_add_text(object, "interface", status->interface);
    json_add_text(object, "policy", (const char *)tables->name);
    json_add_text(object, "path", tables->switches.unguarded ? NULL : snapshot->path);
    json_add_text(object, "sha256", tables->switches.unguarded ? NULL : sha256);
    json_add_text(object, "mode", tables_mode(tables));
    json_add_text(object, "attach_mode", guard_status_ingress(status));
    json_add_text(object, "egress", guard_status_egress(status));
    json_add_number(object, "program_id", status->ways[DIRECTION_IN].program);
    json_add_time(object, "attached_at", status->state.attached_at_ns);
    json_add_time(object, "loaded_at", tables->seated.loaded_at_ns);
    json_add_time(object, "confirm_by", confirm_by(status));
    json_add_time(object, "expired_at", status->state.expired_at_ns);
    json_object_object_add(object, "rollback",
                           json_object_new_boolean(status->seat.fallback < SEATS));
    json_add_number(object, "flows", status->flows);
    json_add_number(object, "flows_max", status->flows_max);
    json_add_number(object, "bans", status->bans);
    json_add_number(object, "blocks",
                    status->blocks[BLOCK_MANUAL] + status->blocks[BLOCK_FLOWSPEC]);
    json_object_object_add(object, "totals", totals_json(&snapshot->totals));
    json_object_object_add(object, "answers", answers_json(&snapshot->answers));
    json_object_object_add(object, "syn_cookies", cookies_json(&snapshot->cookies));
    json_object_object_add(object, "syn_cookies_full",
                           json_object_new_boolean(snapshot->tables.seated.full != 0));
    json_add_text(object, "answers_lost", NULL);
    json_add_text(object, "connections_hidden", NULL);
    json_add_text(object, "syn_cookies_missing", NULL);
    json_add_text(object, "rates", NULL);
    json_add_text(object, "files", NULL);
    json_add_text(object, "file_changed", NULL);
    json_add_text(object, "addresses", NULL);
    json_add_text(object, "addresses_changed", NULL);
    json_add_text(object, "names", NULL);
    return object;
}
