/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../diff/zoned.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../kernel/kernel.h"
#include "../policy/limit.h"
#include "../policy/match.h"
#include "../policy/protect.h"
#include "../show/json.h"
#include "command.h"
#include "options.h"
#include "tell.h"
#include "usage.h"

const struct option_help diff_options_help[] = {
    {"--json", "as JSON"},
    HOST_OPTIONS_HELP,
    {NULL, NULL},
};

static void add_item(const char *text, void *array)
{
    json_object_array_add(array, json_text(text));
}

static struct json_object *numbers_json(const struct diff_tuple *tuple, enum field field)
{
    bool some = tuple->numbers[field_rows[field].test].count;
    struct json_object *array = some ? json_object_new_array() : NULL;

    tuple_each_number(tuple, field, add_item, array);
    return array;
}

/* The fields that have a test of their own, by their names. */
static void add_numbers(struct json_object *object, const struct diff_tuple *tuple)
{
    for (enum field field = 0; field < FIELDS; field++)
        if (field_is_untold(field))
            json_object_object_add(object, field_rows[field].id, numbers_json(tuple, field));
}

#define NEIGHBOUR_HOP_LIMIT 255

/* The hop limit of neighbour discovery, in words of its own; or NULL. */
static const char *hop_limit(const struct diff_tuple *tuple)
{
    const struct number_ranges *numbers = &tuple->numbers[TEST_TTL];
    u16 one;

    if (tuple->family[0])
        return NULL;
    if (numbers_count(numbers) == 1 && numbers->ranges[0].first == NEIGHBOUR_HOP_LIMIT)
        return "255";
    return numbers_but_one(numbers, 255, &one) && one == NEIGHBOUR_HOP_LIMIT ? "not 255" : NULL;
}

static struct json_object *said_json(const struct policy *policy, const struct diff_said *said)
{
    struct json_object *object = json_object_new_object();
    bool other = said->rule || said->baseline;
    char limits[LIMITS_TEXT_BYTES], protect[PROTECT_TEXT_BYTES];

    json_add_text(object, "verdict", diff_said_verdict(said));
    json_add_text(object, "reject", refusal_names[said->refusal]);
    json_add_text(object, "limit", said->limited ? rule_limits_print(said->rule, limits) : NULL);
    json_add_text(object, "protect",
                  said->shielded ? protect_print(&said->rule->protect, protect) : NULL);
    json_add_text(object, "outcome", said->rule ? "rule" : said->baseline ? "reason" : "default");
    json_add_text(object, "rule", said->rule ? said->rule->name : NULL);
    json_add_text(object, "reason", other ? said->baseline : reason_names[REASON_DEFAULT]);
    json_add_text(object, "file", said->rule ? rule_file(policy, said->rule) : policy->path);
    json_object_object_add(object, "line",
                           said->rule ? json_object_new_uint64(said->rule->place.line) : NULL);
    return object;
}

/* Does it mean everything except what is named? */
static struct json_object *excluded_json(const struct diff_end *end)
{
    return json_object_new_boolean(end->but && !end_is_any(end));
}

static struct json_object *tuple_json(const struct difference *difference,
                                      const struct diff_tuple *tuple, const char *zone)
{
    struct json_object *object = json_object_new_object();
    struct json_object *protocols = json_object_new_array(), *source = json_object_new_array(),
                       *destination = json_object_new_array();
    bool both = tuple->family[0] == tuple->family[1];

    tuple_each_protocol(tuple, add_item, protocols);
    tuple_each_address(tuple, &tuple->source, add_item, source);
    tuple_each_address(tuple, &tuple->destination, add_item, destination);
    json_add_text(object, "zone", zone);
    json_add_text(object, "direction", direction_names[tuple->direction]);
    json_add_text(object, "family", both ? NULL : tuple->family[0] ? "ipv4" : "ipv6");
    json_object_object_add(object, "protocols", protocols);
    json_object_object_add(object, "source", source);
    json_object_object_add(object, "source_excluded", excluded_json(&tuple->source));
    json_object_object_add(object, "source_ports", numbers_json(tuple, FIELD_SOURCE_PORT));
    json_object_object_add(object, "destination", destination);
    json_object_object_add(object, "destination_excluded", excluded_json(&tuple->destination));
    json_object_object_add(object, "ports", tuple->icmp ? NULL : numbers_json(tuple, FIELD_PORT));
    json_object_object_add(object, "icmp_types",
                           tuple->icmp ? numbers_json(tuple, FIELD_PORT) : NULL);
    json_add_text(object, "hop_limit", hop_limit(tuple));
    add_numbers(object, tuple);
    json_object_object_add(object, "old",
                           said_json(difference->sides[SIDE_OLD], &tuple->said[SIDE_OLD]));
    json_object_object_add(object, "new",
                           said_json(difference->sides[SIDE_NEW], &tuple->said[SIDE_NEW]));
    return object;
}

static void add_tuple(const struct zone_difference *zone, size_t tuple, const char *name,
                      void *context)
{
    const struct difference *difference = &zone->difference;

    json_object_array_add(context, tuple_json(difference, &difference->tuples[tuple], name));
}

static void add_switch(struct json_object *switches, const char *key, const char *before,
                       const char *after)
{
    struct json_object *one = json_object_new_object();

    json_add_text(one, "key", key);
    json_add_text(one, "old", before);
    json_add_text(one, "new", after);
    json_object_array_add(switches, one);
}

static void difference_json(const struct zoned_difference *difference)
{
    const struct difference *common = &difference->common;
    struct json_object *object = json_object_new_object();
    struct json_object *switches = json_object_new_array(), *tuples = json_object_new_array();

    for (size_t i = 0; i < common->switch_count; i++)
        add_switch(switches, common->switches[i].key, common->switches[i].said[SIDE_OLD],
                   common->switches[i].said[SIDE_NEW]);
    for (size_t i = 0; i < difference->interfaces_count; i++)
        add_switch(switches, difference->interfaces[i].key,
                   difference->interfaces[i].said[SIDE_OLD],
                   difference->interfaces[i].said[SIDE_NEW]);
    zoned_difference_each(difference, add_tuple, tuples);
    json_object_object_add(object, "switches", switches);
    json_object_object_add(object, "tuples", tuples);
    json_print(object);
}

/* Stands for what is in force once the deadline of a first policy has passed. */
static const char unguarded[] = "[policy]\nname = unguarded\ninbound = accept\noutbound = accept\n"
                                "[baseline]\nigmp = accept\nother-ethertypes = accept\n"
                                "ping = accept\ndhcp-client = accept\ntcp-flags = accept\n"
                                "martians = accept\n";

/* The lock is released once the policy has been read. *open becomes true if that policy is not what
 * packets meet; a message has said so then. */
static int read_in_force(const char *interface, struct policy **policy, struct diag *diag,
                         bool *open)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    int error = guard_open(interface, GUARD_READ, &guard, &why);

    if (error)
        return say_why(error, &why);
    *open = tell_trouble(guard);
    const struct tables_header *tables = guard_tables(guard);
    if (tables->switches.unguarded)
        return policy_read_text(interface, unguarded, strlen(unguarded), policy, diag);
    guard_unlock(guard);
    error = tables_whole_policy(tables, policy, diag);
    if (error == -ENOENT || error == -EPROTO)
        why_set(&why, error, "the policy in force on %s was not kept: compare with its file, %s",
                interface, tables_path(tables));
    return say_why(error, &why);
}

/* Both are read even if one fails, so that all errors are reported. */
static int read_both(char *const names[SIDES], const struct host *host,
                     struct policy *policies[SIDES], struct diag *diag, bool *open)
{
    int result = options_name_policy(names[SIDE_OLD])
                     ? policy_read(names[SIDE_OLD], host, &policies[SIDE_OLD], diag)
                     : read_in_force(names[SIDE_OLD], &policies[SIDE_OLD], diag, open);
    int error = policy_read(names[SIDE_NEW], host, &policies[SIDE_NEW], diag);

    return result ? result : error;
}

static int diff_files(char *const names[SIDES], const struct host *host, bool json)
{
    struct policy *policies[SIDES] = {NULL, NULL};
    struct zoned_difference difference = {.count = 0};
    struct diag *diag = diag_new();
    bool open = false;
    int error = diag ? read_both(names, host, policies, diag, &open) : -ENOMEM;

    if (!error)
        error = diff_zones(policies[SIDE_OLD], policies[SIDE_NEW], &difference, diag);
    if (diag)
        diag_print(diag, stderr);
    if (error == -ENOMEM)
        say_error("out of memory");
    bool differs = zoned_difference_is_some(&difference);
    if (!error && json)
        difference_json(&difference);
    else if (!error)
        zoned_difference_print(&difference, stdout);
    zoned_difference_clear(&difference);
    policy_free(policies[SIDE_OLD]);
    policy_free(policies[SIDE_NEW]);
    if (diag)
        diag_free(diag);
    return error ? error : differs || open ? COMMAND_NO : 0;
}

int command_diff(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, HOST_OPTIONS, {0}};
    CLEANUP(options_host_clear) struct host_options host = {0};
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        int error = options_host(command, option, &host);
        if (error)
            return error;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
        if (option == 'j')
            json = true;
    }
    int error = usage_count(command, argc - optind, 2, 2);
    if (!error)
        error =
            options_host_complete(&host, options_name_policy(argv[optind]) ? NULL : argv[optind]);
    return error ? error : diff_files(argv + optind, host.host, json);
}
