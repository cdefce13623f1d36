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
#include "tell.h"
#include "usage.h"

const struct option_help bans_options_help[] = {
    {"--json", "as JSON"},
    {NULL, NULL},
};

static void print_json(const char *interface, const struct bans *bans)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < bans->count; i++) {
        struct json_object *object = json_object_new_object();
        json_add_text(object, "interface", interface);
        banned_json(object, &bans->list[i]);
        json_object_array_add(array, object);
    }
    json_print(array);
}

static int add_row(struct libscols_table *table, const struct banned *banned, u64 now_ns)
{
    char address[RANGE_TEXT_BYTES], since[TIME_TEXT_BYTES], left[TIME_TEXT_BYTES] = "never";

    if (banned->expires_ns != BAN_FOREVER)
        time_print_left(banned->expires_ns > now_ns ? banned->expires_ns - now_ns : 0, left);
    time_print(time_from_monotonic(banned->since_ns), since);
    return table_row(table, (const char *[]){banned_print(banned, address), since, left}, 3);
}

static int print_table(const char *interface, const struct bans *bans)
{
    static const struct column columns[] = {
        {"ADDRESS", false}, {"SINCE", false}, {"EXPIRES IN", true}};
    u64 now_ns = monotonic_ns();

    if (!bans->count) {
        printf("nobody is banned on %s\n", HARMLESS(interface));
        return 0;
    }
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    int error = table ? 0 : -ENOMEM;
    for (size_t i = 0; !error && i < bans->count; i++)
        error = add_row(table, &bans->list[i], now_ns);
    if (!error)
        error = scols_print_table(table);
    scols_unref_table(table);
    if (error)
        say_error("out of memory");
    return error;
}

int command_bans(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(bans_clear) struct bans bans = {0};
    struct why why = {0};
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) == 'j')
        json = true;
    if (option != -1)
        return usage_bad_option(command, option, argv);
    int error = usage_count(command, argc - optind, 1, 1);
    if (error)
        return error;
    error = guard_open(argv[optind], GUARD_READ, &guard, &why);
    if (!error)
        error = guard_bans(guard, &bans, &why);
    if (error)
        return say_why(error, &why);
    guard_unlock(guard);
    if (json)
        print_json(guard_interface(guard), &bans);
    else
        error = print_table(guard_interface(guard), &bans);
    return error ? error : tell_trouble(guard);
}
