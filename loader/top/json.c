/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "../base/clock.h"
#include "../base/labels.h"
#include "../policy/protocols.h"
#include "../show/json.h"
#include "../show/times.h"
#include "report.h"

#define ROWS 100 /* of each list */

/* What is left out is far below what samples can tell. A share may be a hundredth in all. */
#define THOUSANDTHS 1e3
#define MILLIONTHS  1e6

static void add_rounded(struct json_object *object, const char *key, double value, double parts)
{
    double rounded = (double)(u64)(value * parts + 0.5) / parts;
    char text[32];

    snprintf(text, sizeof(text), "%.10g", rounded);
    json_object_object_add(object, key, json_object_new_double_s(rounded, text));
}

static void add_count(struct json_object *object, const char *key, double value)
{
    json_add_number(object, key, (u64)(value + 0.5));
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static void add_figures(struct json_object *object, const struct census *census,
                        const struct figures *figures, const struct figures *all)
{
    double weight = census_weight(census), rate = census_rate(census);

    add_count(object, "packets", figures->packets * weight);
    add_count(object, "bytes", figures->bytes * weight);
    add_count(object, "new_connections", figures->opened * weight);
    add_count(object, "dropped_packets", figures->dropped * weight);
    add_rounded(object, "packets_per_second", figures->packets * rate, THOUSANDTHS);
    add_rounded(object, "bytes_per_second", figures->bytes * rate, THOUSANDTHS);
    add_rounded(object, "new_connections_per_second", figures->opened * rate, THOUSANDTHS);
    if (!all)
        return;
    add_rounded(object, "packets_share", share(figures->packets, all->packets), MILLIONTHS);
    add_rounded(object, "bytes_share", share(figures->bytes, all->bytes), MILLIONTHS);
}

static void add_port(struct json_object *object, const char *key, const struct sketch_key *is)
{
    char protocol[PROTOCOL_TEXT_BYTES];

    json_add_text(object, "protocol", top_protocol(is->protocol, protocol));
    if (is->what & PORT_IS_ICMP) {
        json_object_object_add(object, key, NULL);
        json_add_text(object, "type",
                      icmp_type_name((enum family)is->family, (u8)(is->number >> 8)));
        json_add_number(object, "type_number", is->number >> 8);
        json_add_number(object, "code", is->number & 0xff);
    } else {
        json_add_number(object, key, is->number);
    }
}

static void add_rule(struct json_object *object, const struct sketch_key *is,
                     const struct roster *roster)
{
    bool is_reason = is->what & RULE_IS_REASON;

    json_add_text(object, "rule", is_reason ? NULL : roster_name(roster, is->number));
    json_add_text(object, "reason",
                  is_reason && is->number < REASONS ? reason_names[is->number] : NULL);
    json_add_text(object, "verdict",
                  verdict_names[is->what & RULE_DROPS ? VERDICT_DROP : VERDICT_ACCEPT]);
    json_object_object_add(object, "reply", json_object_new_boolean(is->what & RULE_REPLY));
    json_object_object_add(object, "limited", json_object_new_boolean(is->what & RULE_LIMITED));
}

static void add_key(struct json_object *object, const struct report *report,
                    enum census_field field, const struct census_row *row)
{
    char words[TOP_WORDS_BYTES];

    top_words(field, &row->key, report->roster, words);
    switch (field) {
    case BY_PORT:
        add_port(object, "port", &row->key);
        break;
    case BY_SOURCE_PORT:
        add_port(object, "source_port", &row->key);
        break;
    case BY_RULE:
        add_rule(object, &row->key, report->roster);
        break;
    case BY_TCP_FLAGS:
        json_add_text(object, "tcp_flags", words);
        break;
    default:
        json_add_text(object, census_fields[field].name, words);
        if (field == BY_NETWORK)
            json_add_number(object, "members_seen", row->members);
    }
}

static struct json_object *list(const struct report *report, enum direction direction,
                                enum census_field field)
{
    struct json_object *array = json_object_new_array();
    struct census_row rows[ROWS];
    size_t count = census_rows(report->census, direction, field, rows, ROWS);

    for (size_t i = 0; i < count; i++) {
        struct json_object *object = json_object_new_object();
        add_key(object, report, field, &rows[i]);
        add_figures(object, report->census, &rows[i].figures,
                    &report->census->sides[direction].all);
        json_object_array_add(array, object);
    }
    return array;
}

static struct json_object *side(const struct report *report, enum direction direction)
{
    struct json_object *object = json_object_new_object();

    add_figures(object, report->census, &report->census->sides[direction].all, NULL);
    for (int i = 0; i < CENSUS_FIELDS_COUNT; i++) {
        enum census_field field = (enum census_field)i;
        if (report->only == CENSUS_FIELDS_COUNT || report->only == field)
            json_object_object_add(object, census_fields[field].json,
                                   list(report, direction, field));
    }
    return object;
}

static struct json_object *advice(const struct report *report)
{
    struct json_object *array = json_object_new_array();
    char *lines[ADVICE_LINES];
    int count = report_advice(report, lines);

    for (int i = 0; i < count; i++) {
        json_object_array_add(array, json_text(lines[i]));
        free(lines[i]);
    }
    return array;
}

static void add_state(struct json_object *object, const struct sampled *sampled)
{
    json_add_text(object, "policy", sampled->policy);
    json_add_text(object, "mode", sampled->mode);
    json_add_text(object, "trouble", *sampled->trouble ? sampled->trouble : NULL);
}

/* Each of several interfaces. */
static struct json_object *parts(const struct report *report)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < report->count; i++) {
        const struct sampled *part = &report->sampled[i];
        struct json_object *object = json_object_new_object();

        json_add_text(object, "interface", part->interface);
        add_state(object, part);
        for (int direction = 0; direction < DIRECTIONS; direction++) {
            struct json_object *side = json_object_new_object();
            add_figures(side, report->census, &part->figures[direction], NULL);
            json_object_object_add(object, direction_names[direction], side);
        }
        json_object_array_add(array, object);
    }
    return array;
}

void report_print_json(const struct report *report)
{
    struct json_object *object = json_object_new_object();
    size_t bytes;

    json_add_time(object, "time", realtime_ns());
    json_add_text(object, "interface", report->interface);
    if (report->count == 1)
        add_state(object, report->sampled);
    add_rounded(object, "seconds", report->census->seconds, THOUSANDTHS);
    add_count(object, "samples", report->census->samples);
    add_count(object, "lost_packets", report->census->lost);
    for (int direction = 0; direction < DIRECTIONS; direction++)
        json_object_object_add(object, direction_names[direction],
                               side(report, (enum direction)direction));
    if (report->count > 1)
        json_object_object_add(object, "interfaces", parts(report));
    json_object_object_add(object, "advice", advice(report));
    puts(json_line(object, &bytes));
    json_object_put(object);
}
