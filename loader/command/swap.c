/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload, confirm, rollback, detach: the commands for an interface that is guarded. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "../lockout/lockout.h"
#include "../memory.h"
#include "../show/times.h"
#include "command.h"
#include "force.h"

const struct option_help reload_options_help[] = {
    {"--confirm TIME", "go back to the policy before unless edgexdp confirm comes in time"},
    {"--force", "even if your own SSH session could not be opened again"},
    {NULL, NULL},
};

const struct option_help rollback_options_help[] = {
    {"--force", "even if your own SSH session could not be opened again"},
    {NULL, NULL},
};

struct reload_request {
    u64 confirm_ns;
    bool force;
};

static int reload_guard(struct guard *guard, const char *interface, const char *path,
                        const struct reload_request *request, struct why *why)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    const char *from = path ? path : tables_path(guard_tables(guard));
    if (!from[0])
        return why_set(why, -EINVAL, "no policy is in force on %s to be read again: name one",
                       interface);
    int error = policy_prepare(from, &prepared);
    if (error) {
        why->text[0] = 0;
        return error;
    }
    if (!path && guard_audits(guard))
        prepared.policy->mode = MODE_AUDIT;
    else if (!request->force)
        error = refuse_lockout(&prepared, interface, why);
    if (!error)
        error = put_in_force(guard, &prepared, request->confirm_ns, why);
    if (!error && path)
        guard_set_audit(guard, false);
    return error;
}

static int reload(const char *interface, const char *path, const struct reload_request *request,
                  struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(interface, GUARD_CHANGE, &guard, why);

    if (error)
        return error;
    error = reload_guard(guard, interface, path, request, why);
    guard_count_reload(guard, error ? RELOAD_FAILED : RELOAD_OK);
    return error;
}

/* FORCE is NULL where there is nothing to be forced. */
static int only_arguments(const struct command *command, int argc, char **argv, int arguments,
                          bool *force)
{
    static const struct option forcible[] = {{"force", no_argument, NULL, 'f'}, {0}};
    static const struct option none[] = {{0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", force ? forcible : none, NULL)) == 'f')
        *force = true;
    if (option != -1)
        return bad_option(command, option, argv);
    return count_arguments(command, argc - optind, arguments, arguments);
}

static int parse_reload(const struct command *command, int argc, char **argv,
                        struct reload_request *request)
{
    static const struct option options[] = {
        {"confirm", required_argument, NULL, 'c'}, {"force", no_argument, NULL, 'f'}, {0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'c' && time_parse(optarg, &request->confirm_ns))
            return usage_error(command, BAD_TIME, optarg);
        if (option == 'f')
            request->force = true;
        if (option == '?' || option == ':')
            return bad_option(command, option, argv);
    }
    return count_arguments(command, argc - optind, 1, 2);
}

int command_reload(const struct command *command, int argc, char **argv)
{
    struct why why = {0};
    struct reload_request request = {0};
    int error = parse_reload(command, argc, argv, &request);
    if (error)
        return error;
    error = reload(argv[optind], argv[optind + 1], &request, &why);
    if (error)
        return say_why(error, &why);
    say_confirm(argv[optind], request.confirm_ns);
    return 0;
}

int command_confirm(const struct command *command, int argc, char **argv)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    int error = only_arguments(command, argc, argv, 1, NULL);
    if (error)
        return error;
    error = guard_open(argv[optind], GUARD_CHANGE, &guard, &why);
    if (!error)
        error = guard_confirm(guard, &why);
    return error ? say_why(error, &why) : 0;
}

static const char *name_of_number(const void *context, u32 number)
{
    size_t capacity;
    const struct rule_entry *rules = guard_rules(context, &capacity);
    return number < capacity ? rules[number].name : "?";
}

static int refuse_rollback(const struct guard *guard, const char *interface, struct why *why)
{
    const struct tables_header *fallback = guard_fallback_tables(guard);
    return fallback ? lockout_check(fallback, name_of_number, guard, interface, why) : 0;
}

int command_rollback(const struct command *command, int argc, char **argv)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    bool force = false;
    int error = only_arguments(command, argc, argv, 1, &force);
    if (error)
        return error;
    error = guard_open(argv[optind], GUARD_CHANGE, &guard, &why);
    if (!error && !force)
        error = refuse_rollback(guard, argv[optind], &why);
    if (!error)
        error = guard_rollback(guard, &why);
    return error ? say_why(error, &why) : 0;
}

int command_detach(const struct command *command, int argc, char **argv)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    int error = only_arguments(command, argc, argv, 1, NULL);
    if (error)
        return error;
    error = guard_open(argv[optind], GUARD_REMOVE, &guard, &why);
    if (!error)
        error = guard_detach(guard, &why);
    return error ? say_why(error, &why) : 0;
}
