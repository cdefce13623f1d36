/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../kernel/kernel.h"
#include "../labels.h"
#include "../memory.h"
#include "../show/json.h"
#include "../show/table.h"
#include "../show/times.h"
#include "command.h"

const struct option_help stats_options_help[] = {
    {"--json", "as JSON: every rule and reason"},
    {"--all", "show also what was never counted"},
    {NULL, NULL},
};

/* What one interface has counted, joined with what the policy in force calls it. */
struct stats {
    const struct guard *guard;
    const struct tables_header *tables;
    const struct rule_entry *names;
    size_t capacity;
    struct reading reading;
};

struct stats_request {
    bool all;
    bool shown;
    struct json_object *json; /* an array, or NULL: tables */
    bool failed;              /* something could not be shown */
};

static struct json_object *rule_json(const struct rule_entry *name,
                                     const struct rule_counter *counter)
{
    struct json_object *rule = json_object_new_object();
    json_add_text(rule, "name", name->name);
    json_add_text(rule, "direction", direction_names[name->direction]);
    json_add_text(rule, "action", verdict_names[name->action]);
    json_add_number(rule, "packets", counter->packets);
    json_add_number(rule, "bytes", counter->bytes);
    json_add_number(rule, "reply_packets", counter->reply_packets);
    json_add_number(rule, "reply_bytes", counter->reply_bytes);
    json_add_time(rule, "last_seen",
                  counter->last_seen_ns ? time_from_monotonic(counter->last_seen_ns) : 0);
    json_add_number(rule, "line", name->line);
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

/* The rules of the policy in force, in file order; NUMBER is what the counters know them by. */
static const struct rule_entry *next_rule(const struct stats *stats, u32 *at, u32 *number)
{
    while (*at < stats->tables->rules_count) {
        *number = tables_rules(stats->tables)[(*at)++].number;
        if (*number < stats->capacity && stats->names[*number].name[0])
            return &stats->names[*number];
    }
    return NULL;
}

static struct json_object *stats_json(const char *interface, const struct stats *stats)
{
    struct json_object *object = json_object_new_object();
    struct json_object *packets = json_object_new_object();
    struct json_object *rules = json_object_new_array();
    struct json_object *reasons = json_object_new_array();
    const struct rule_entry *name;
    u32 at = 0, number;

    json_add_text(object, "interface", interface);
    json_add_text(object, "policy", (const char *)stats->tables->name);
    for (int d = 0; d < DIRECTIONS; d++)
        json_add_number(packets, direction_names[d], stats->reading.seen[d].packets);
    json_object_object_add(object, "packets", packets);
    while ((name = next_rule(stats, &at, &number)))
        json_object_array_add(rules, rule_json(name, &stats->reading.rules[number]));
    json_object_object_add(object, "rules", rules);
    for (u32 slot = 0; slot < REASON_SLOTS; slot++)
        json_object_array_add(reasons, reason_json(&stats->reading.reasons[slot]));
    json_object_object_add(object, "reasons", reasons);
    return object;
}

static void print_number(char text[24], u64 number)
{
    snprintf(text, 24, "%llu", (unsigned long long)number);
}

static int add_rule_row(struct libscols_table *table, const struct rule_entry *name,
                        const struct rule_counter *counter)
{
    char packets[24], bytes[24], replies[24], reply_bytes[24], age[TIME_TEXT_BYTES] = "-";
    print_number(packets, counter->packets);
    print_number(bytes, counter->bytes);
    print_number(replies, counter->reply_packets);
    print_number(reply_bytes, counter->reply_bytes);
    if (counter->last_seen_ns)
        time_print_age(time_from_monotonic(counter->last_seen_ns), age);
    const char *const cells[] = {
        name->name,
        direction_names[name->direction],
        verdict_names[name->action],
        packets,
        bytes,
        replies,
        reply_bytes,
        age,
    };
    return table_row(table, cells, ARRAY_SIZE(cells));
}

static int print_rules(const struct stats *stats, bool all)
{
    static const struct column columns[] = {
        {"RULE", false}, {"DIR", false},    {"ACTION", false},     {"PACKETS", true},
        {"BYTES", true}, {"REPLIES", true}, {"REPLY-BYTES", true}, {"SEEN", true},
    };
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    const struct rule_entry *name;
    u32 at = 0, number, hidden = 0;
    int error = table ? 0 : -ENOMEM;

    while (!error && (name = next_rule(stats, &at, &number))) {
        const struct rule_counter *counter = &stats->reading.rules[number];
        if (all || counter->packets || counter->reply_packets)
            error = add_rule_row(table, name, counter);
        else
            hidden++;
    }
    if (!error && !scols_table_is_empty(table)) {
        putchar('\n');
        scols_print_table(table);
    }
    if (!error && hidden)
        printf("%u %s matched nothing yet (--all shows them)\n", hidden,
               hidden == 1 ? "rule has" : "rules have");
    scols_unref_table(table);
    return error;
}

static int print_reasons(const struct stats *stats, bool all)
{
    static const struct column columns[] = {
        {"REASON", false}, {"DIR", false}, {"VERDICT", false}, {"PACKETS", true}, {"BYTES", true},
    };
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    int error = table ? 0 : -ENOMEM;

    for (u32 slot = 0; !error && slot < REASON_SLOTS; slot++) {
        const struct reason_counter *counter = &stats->reading.reasons[slot];
        char packets[24], bytes[24];
        if (!all && !counter->packets)
            continue;
        print_number(packets, counter->packets);
        print_number(bytes, counter->bytes);
        const char *const cells[] = {reason_names[counter->reason],
                                     direction_names[counter->direction],
                                     verdict_names[counter->verdict], packets, bytes};
        error = table_row(table, cells, ARRAY_SIZE(cells));
    }
    if (!error && !scols_table_is_empty(table)) {
        putchar('\n');
        scols_print_table(table);
    }
    scols_unref_table(table);
    return error;
}

static int print_stats(const char *interface, const struct stats *stats, bool all)
{
    printf("%s  policy %s  packets in %llu, out %llu\n", interface, stats->tables->name,
           (unsigned long long)stats->reading.seen[DIRECTION_IN].packets,
           (unsigned long long)stats->reading.seen[DIRECTION_OUT].packets);
    int error = print_rules(stats, all);
    return error ? error : print_reasons(stats, all);
}

static int stats_of(const char *interface, struct stats_request *request, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct stats stats = {0};
    int error = guard_open(interface, GUARD_READ, &guard, why);

    if (error)
        return error;
    stats.guard = guard;
    stats.tables = guard_tables(guard);
    stats.names = guard_rules(guard, &stats.capacity);
    error = guard_read(guard, &stats.reading, why);
    if (error)
        return error;
    if (request->json)
        json_object_array_add(request->json, stats_json(interface, &stats));
    else
        error = print_stats(interface, &stats, request->all);
    request->shown = true;
    reading_clear(&stats.reading);
    return error ? why_set(why, error, "out of memory") : 0;
}

/* One that cannot be shown does not hide the others. */
static int visit(const char *interface, void *context)
{
    struct why why = {0};
    struct stats_request *request = context;
    int error = stats_of(interface, request, &why);
    /* Another namespace's, or gone: not ours to show. */
    if (error && error != -EXDEV && error != -ENODEV && error != -ENOENT)
        request->failed = !!say_why(error, &why);
    return 0;
}

int command_stats(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"all", no_argument, NULL, 'a'}, {0}};
    struct stats_request request = {0};
    struct why why = {0};
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'j')
            json = true;
        else if (option == 'a')
            request.all = true;
        else
            return bad_option(command, option, argv);
    }
    int error = count_arguments(command, argc - optind, 0, 1);
    if (error)
        return error;
    if (json)
        request.json = json_object_new_array();
    if (argv[optind])
        error = stats_of(argv[optind], &request, &why);
    else
        error = guard_each(visit, &request, &why);
    if (error) {
        json_object_put(request.json);
        return say_why(error, &why);
    }
    if (request.json)
        json_print(request.json);
    return request.failed ? COMMAND_NO : 0;
}
