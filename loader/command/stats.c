/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/colour.h"
#include "../base/duration.h"
#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../dropped/dropped.h"
#include "../dropped/summary.h"
#include "../metrics/json.h"
#include "../metrics/metrics.h"
#include "../show/table.h"
#include "../show/times.h"
#include "../watch/watch.h"
#include "command.h"
#include "open.h"
#include "tell.h"
#include "usage.h"

#define WATCH_NS SECOND_NS

const struct option_help stats_options_help[] = {
    {"--json", "as JSON: every rule and reason"},
    {"--prometheus", "as metrics, in the text format of Prometheus"},
    {"--all", "also show rows that have counted nothing"},
    {"--watch [TIME]", "rates, fastest first, every second or every TIME; q ends it"},
    {NULL, NULL},
};

struct stats_request {
    bool all;
    enum { AS_TABLES, AS_JSON, AS_METRICS } form;
    struct json_object *json;   /* an array */
    struct snapshots snapshots; /* for metrics, which are grouped by name, not by interface */
    bool failed;                /* something could not be shown, or is not guarded */
    u64 watch_ns;               /* interval; 0: once */
};

static void print_number(char text[24], u64 number)
{
    snprintf(text, 24, "%llu", (unsigned long long)number);
}

/* COLUMNS: the last one, of what limits dropped, is left out where no limit did. */
static int add_rule_row(struct libscols_table *table, size_t columns,
                        const struct rule_sample *rule)
{
    const struct rule_counter *counter = &rule->counter;
    char packets[24], bytes[24], replies[24], reply_bytes[24], limited[24];
    char age[TIME_TEXT_BYTES] = "-";
    print_number(packets, counter->packets);
    print_number(bytes, counter->bytes);
    print_number(replies, counter->reply_packets);
    print_number(reply_bytes, counter->reply_bytes);
    print_number(limited, counter->limited_packets);
    if (counter->last_seen_ns)
        time_print_age(time_from_monotonic(counter->last_seen_ns), age);
    const char *const cells[] = {
        rule->name,
        direction_names[rule->direction],
        labels_action(rule->action, rule->refusal),
        packets,
        bytes,
        replies,
        reply_bytes,
        age,
        limited,
    };
    return table_row(table, cells, columns);
}

static int print_rules(const struct snapshot *snapshot, bool all)
{
    static const struct column columns[] = {
        {"RULE", false},       {"DIR", false},  {"ACTION", false},
        {"PACKETS", true},     {"BYTES", true}, {"REPLIES", true},
        {"REPLY-BYTES", true}, {"SEEN", true},  {"LIMITED", true},
    };
    size_t count =
        ARRAY_SIZE(columns) - !snapshot_rules_limited(snapshot->rules, snapshot->rule_count);
    struct libscols_table *table = table_new(columns, count);
    u32 hidden = 0;
    int error = table ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < snapshot->rule_count; i++) {
        const struct rule_sample *rule = &snapshot->rules[i];
        if (all || rule_was_used(rule))
            error = add_rule_row(table, count, rule);
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

static int print_reasons(const struct snapshot *snapshot, bool all)
{
    static const struct column columns[] = {
        {"REASON", false}, {"DIR", false}, {"VERDICT", false}, {"PACKETS", true}, {"BYTES", true},
    };
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    int error = table ? 0 : -ENOMEM;

    for (u32 slot = 0; !error && slot < REASON_SLOTS; slot++) {
        const struct reason_counter *counter = &snapshot->reasons[slot];
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

/* What the policy in force dropped by default, if it counts that. */
struct default_drops {
    struct dropped *rows;
    size_t count;
};

static void default_drops_clear(struct default_drops *drops)
{
    free(drops->rows);
}

static int take_drops(const struct guard *guard, struct default_drops *drops, struct why *why)
{
    int error = guard_tables(guard)->switches.log_drops
                    ? guard_dropped(guard, &drops->rows, &drops->count, why)
                    : 0;
    if (!error)
        drops->count = summary_join(drops->rows, drops->count);
    return error;
}

static u64 dropped_by_default(const struct snapshot *snapshot)
{
    u64 packets = 0;

    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        packets += snapshot->reasons[REASON_SLOT(REASON_DEFAULT, direction, VERDICT_DROP)].packets;
    return packets;
}

static int print_drops(const struct snapshot *snapshot, struct default_drops *drops, bool all)
{
    const struct dropped_wish wish = {snapshot->tables.switches.audit, all,
                                      snapshot->tables.seated.loaded_at_ns};

    if (drops->rows)
        return dropped_print(drops->rows, drops->count, &wish);
    if (wish.audit && dropped_by_default(snapshot))
        puts("(with log = drops in [policy], what the default would have dropped is shown here by "
             "service and network)");
    return 0;
}

static struct json_object *stats_json(const struct snapshot *snapshot,
                                      const struct default_drops *drops)
{
    struct json_object *object = json_stats(snapshot);

    json_object_object_add(object, "default_drops",
                           drops->rows ? dropped_json(drops->rows, drops->count) : NULL);
    return object;
}

static int print_stats(const struct snapshot *snapshot, struct default_drops *drops, bool all)
{
    printf("%s  policy %s", HARMLESS(snapshot->status.interface), snapshot->tables.name);
    if (snapshot->tables.switches.audit)
        printf(" %s(audit mode: everything passes)%s", colour_begin(stdout, COLOUR_WARNING),
               colour_end(stdout));
    printf("  packets in %llu, out %llu\n",
           (unsigned long long)snapshot->seen[DIRECTION_IN].packets,
           (unsigned long long)snapshot->seen[DIRECTION_OUT].packets);
    int error = print_rules(snapshot, all);
    if (!error)
        error = print_reasons(snapshot, all);
    return error ? error : print_drops(snapshot, drops, all);
}

static int stats_of(const char *interface, void *context, struct why *why)
{
    struct stats_request *request = context;
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(snapshot_clear) struct snapshot snapshot = {0};
    CLEANUP(default_drops_clear) struct default_drops drops = {0};
    int error = guard_open(interface, GUARD_READ, &guard, why);

    request->snapshots.count_sources = true;
    if (!error && request->form == AS_METRICS)
        error = snapshots_add_guard(&request->snapshots, guard, why);
    else if (!error)
        error = snapshot_take_of(guard, &snapshot, why);
    if (!error && request->form != AS_METRICS)
        error = take_drops(guard, &drops, why);
    if (error)
        return error;
    guard_unlock(guard);
    if (request->form == AS_JSON)
        json_object_array_add(request->json, stats_json(&snapshot, &drops));
    else if (request->form == AS_TABLES)
        error = print_stats(&snapshot, &drops, request->all);
    if (tell_trouble(guard))
        request->failed = true;
    return error ? why_set(why, error, "out of memory") : 0;
}

/* An interface that cannot be shown does not hide the others. */
static int visit(const char *interface, void *context)
{
    struct why why = {0};
    struct stats_request *request = context;
    int error = stats_of(interface, request, &why);
    /* It is gone or belongs to another namespace: not ours to show. */
    if (error && error != -EXDEV && error != -ENODEV && error != -ENOENT)
        request->failed = !!say_why(error, &why);
    return 0;
}

/* Read the interval, given in the same word, in the next one if that is a time, or not at all. */
static int read_watch(const struct command *command, char **argv, struct stats_request *request)
{
    const char *next = argv[optind];

    request->watch_ns = WATCH_NS;
    if (optarg && duration_parse(optarg, &request->watch_ns))
        return usage_error(command, "--watch takes a time such as 5s or 1m, not %s", optarg);
    if (optarg || !next)
        return 0;
    if (!duration_parse(next, &request->watch_ns))
        optind++;
    else if (*next && !next[strspn(next, "0123456789")])
        return usage_error(command, "--watch takes a time such as 5s or 1m, not %s", next);
    return 0;
}

static int parse_stats(const struct command *command, int argc, char **argv,
                       struct stats_request *request)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"prometheus", no_argument, NULL, 'p'},
                                            {"all", no_argument, NULL, 'a'},
                                            {"watch", optional_argument, NULL, 'w'},
                                            {0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'j')
            request->form = AS_JSON;
        else if (option == 'p')
            request->form = AS_METRICS;
        else if (option == 'a')
            request->all = true;
        else if (option != 'w')
            return usage_bad_option(command, option, argv);
        else if (read_watch(command, argv, request))
            return COMMAND_USAGE;
    }
    if (request->watch_ns && request->form != AS_TABLES)
        return usage_error(command, "--watch shows tables, neither JSON nor metrics");
    return usage_count(command, argc - optind, 0, 1);
}

static int watch(const char *interface, const struct stats_request *request)
{
    const struct watch_options options = {interface, request->watch_ns, request->all};
    struct why why = {0};
    int error = watch_run(&options, &why);

    return error ? say_why(error, &why) : 0;
}

/* WHY stays empty if it was said. */
static int show_some(const char *given, struct stats_request *request, struct why *why)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    int error = open_interfaces(given, NULL, &interfaces);

    return error ? error : interfaces_each(&interfaces, stats_of, request, why);
}

int command_stats(const struct command *command, int argc, char **argv)
{
    struct stats_request request = {0};
    struct why why = {0};
    int error = parse_stats(command, argc, argv, &request);

    if (error)
        return error;
    if (request.watch_ns)
        return watch(argv[optind], &request);
    request.json = json_object_new_array();
    if (argv[optind] && strcmp(argv[optind], INTERFACES_ALL) != 0)
        error = show_some(argv[optind], &request, &why);
    else
        error = guard_each(visit, &request, &why);
    if (!error && request.form == AS_METRICS)
        metrics_print(stdout, &request.snapshots);
    if (!error && request.form == AS_JSON)
        json_print(TAKE_PTR(request.json));
    json_object_put(request.json);
    snapshots_clear(&request.snapshots);
    if (error)
        return *why.text ? say_why(error, &why) : error;
    return request.failed ? COMMAND_NO : 0;
}
