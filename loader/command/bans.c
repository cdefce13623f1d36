/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../kernel/kernel.h"
#include "../metrics/json.h"
#include "../show/table.h"
#include "../show/times.h"
#include "command.h"
#include "showing.h"

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
    return table_end(table, error);
}

static int bans_of(const char *interface, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(bans_clear) struct bans bans = {0};
    struct showing *showing = context;
    int error = guard_open(interface, GUARD_READ, &guard, why);

    if (!error)
        error = guard_bans(guard, &bans, why);
    if (error)
        return error;
    guard_unlock(guard);
    if (bans.count)
        showing_heading(showing, guard);
    if (showing->json)
        add_json(showing->json, guard, &bans);
    else
        error = print_table(guard, &bans);
    showing_end(showing, guard, error);
    return 0;
}

int command_bans(const struct command *command, int argc, char **argv)
{
    return showing_command(command, argc, argv, bans_of);
}
