/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../kernel/kernel.h"
#include "../metrics/json.h"
#include "../show/table.h"
#include "../show/times.h"
#include "command.h"
#include "open.h"
#include "tell.h"
#include "usage.h"

const struct option_help bans_options_help[] = {
    {"--json", "as JSON"},
    {NULL, NULL},
};

/* The rule whose limit did it; NULL: a command did, or the rule is gone, and perhaps another has
 * its number. */
static const char *origin(const struct guard *guard, const struct banned *banned)
{
    size_t capacity;
    const struct rule_entry *rules = guard_rules(guard, &capacity);

    if (!banned->by_limit || banned->rule >= capacity)
        return NULL;
    const struct rule_entry *rule = &rules[banned->rule];
    return *rule->name && rule->since_ns <= banned->since_ns ? rule->name : NULL;
}

static void add_json(struct json_object *array, const struct guard *guard, const struct bans *bans)
{
    for (size_t i = 0; i < bans->count; i++) {
        struct json_object *object = json_object_new_object();
        json_add_text(object, "interface", guard_interface(guard));
        banned_json(object, &bans->list[i]);
        json_add_text(object, "rule", origin(guard, &bans->list[i]));
        json_object_array_add(array, object);
    }
}

/* There is one column less if no limit has banned anybody. */
static int add_row(struct libscols_table *table, const struct guard *guard,
                   const struct banned *banned, u64 now_ns, size_t columns)
{
    char address[RANGE_TEXT_BYTES], since[TIME_TEXT_BYTES], left[TIME_TEXT_BYTES] = "never";
    const char *rule = origin(guard, banned);

    if (banned->expires_ns != BAN_FOREVER)
        time_print_left(banned->expires_ns > now_ns ? banned->expires_ns - now_ns : 0, left);
    time_print(time_from_monotonic(banned->since_ns), since);
    const char *row[] = {banned_print(banned, address), since, left,
                         rule               ? rule
                         : banned->by_limit ? "a former rule"
                                            : "-"};
    return table_row(table, row, columns);
}

static bool any_by_limit(const struct bans *bans)
{
    for (size_t i = 0; i < bans->count; i++)
        if (bans->list[i].by_limit)
            return true;
    return false;
}

static int print_table(const struct guard *guard, const struct bans *bans)
{
    static const struct column columns[] = {
        {"ADDRESS", false}, {"SINCE", false}, {"EXPIRES IN", true}, {"BY LIMIT OF", false}};
    size_t count = ARRAY_SIZE(columns) - !any_by_limit(bans);
    u64 now_ns = monotonic_ns();

    if (!bans->count) {
        printf("nobody is banned on %s\n", HARMLESS(guard_interface(guard)));
        return 0;
    }
    struct libscols_table *table = table_new(columns, count);
    int error = table ? 0 : -ENOMEM;
    for (size_t i = 0; !error && i < bans->count; i++)
        error = add_row(table, guard, &bans->list[i], now_ns, count);
    if (!error)
        error = scols_print_table(table);
    scols_unref_table(table);
    if (error)
        say_error("out of memory");
    return error;
}

struct bans_request {
    struct json_object *json; /* an array, or NULL: text */
    bool several;             /* interfaces: each has a heading */
    bool shown;
    bool failed; /* something could not be shown, or is not guarded */
};

static int bans_of(const char *interface, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(bans_clear) struct bans bans = {0};
    struct bans_request *request = context;
    int error = guard_open(interface, GUARD_READ, &guard, why);

    if (!error)
        error = guard_bans(guard, &bans, why);
    if (error)
        return error;
    guard_unlock(guard);
    if (request->json)
        add_json(request->json, guard, &bans);
    if (!request->json && request->several && bans.count)
        printf("%s%s\n", request->shown ? "\n" : "", HARMLESS(guard_interface(guard)));
    if (!request->json)
        error = print_table(guard, &bans);
    request->shown = true;
    if (error || tell_trouble(guard))
        request->failed = true;
    return 0;
}

static int show(const char *given, struct bans_request *request)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    struct why why = {0};
    int error = open_interfaces(given, NULL, &interfaces);

    if (error)
        return error;
    request->several = interfaces.count > 1;
    error = interfaces_each(&interfaces, bans_of, request, &why);
    return error ? say_why(error, &why) : 0;
}

int command_bans(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    struct bans_request request = {0};
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) == 'j')
        json = true;
    if (option != -1)
        return usage_bad_option(command, option, argv);
    int error = usage_count(command, argc - optind, 1, 1);
    if (error)
        return error;
    if (json)
        request.json = json_object_new_array();
    error = show(argv[optind], &request);
    if (!error && json)
        json_print(TAKE_PTR(request.json));
    json_object_put(request.json);
    return error ? error : request.failed ? COMMAND_NO : 0;
}
