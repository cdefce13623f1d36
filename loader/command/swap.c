/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload, confirm, rollback, detach: the commands for an interface that is guarded. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "../memory.h"
#include "../show/times.h"
#include "command.h"
#include "force.h"

const struct option_help reload_options_help[] = {
    {"--confirm TIME", "go back to the policy before unless edgexdp confirm comes in time"},
    {NULL, NULL},
};

static int reload(const char *interface, const char *path, u64 confirm_ns, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(prepared_clear) struct prepared prepared = {0};

    int error = guard_open(interface, GUARD_CHANGE, &guard, why);
    if (error)
        return error;
    const char *from = path ? path : tables_path(guard_tables(guard));
    if (!from[0])
        return why_set(why, -EINVAL, "no policy is in force on %s to be read again: name one",
                       interface);
    error = policy_prepare(from, &prepared);
    if (error) {
        why->text[0] = 0;
        return error;
    }
    if (!path && guard_audits(guard))
        prepared.policy->mode = MODE_AUDIT;
    error = put_in_force(guard, &prepared, confirm_ns, why);
    if (!error && path)
        guard_end_audit(guard);
    return error;
}

static int only_arguments(const struct command *command, int argc, char **argv, int least, int most)
{
    static const struct option options[] = {{"force", no_argument, NULL, 'f'}, {0}};
    int option = getopt_long(argc, argv, ":", options, NULL);
    while (option == 'f')
        option = getopt_long(argc, argv, ":", options, NULL);
    if (option != -1)
        return bad_option(command, option, argv);
    return count_arguments(command, argc - optind, least, most);
}

static int parse_reload(const struct command *command, int argc, char **argv, u64 *confirm_ns)
{
    static const struct option options[] = {
        {"confirm", required_argument, NULL, 'c'}, {"force", no_argument, NULL, 'f'}, {0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'c' && time_parse(optarg, confirm_ns))
            return usage_error(command, BAD_TIME, optarg);
        if (option == '?' || option == ':')
            return bad_option(command, option, argv);
    }
    return count_arguments(command, argc - optind, 1, 2);
}

int command_reload(const struct command *command, int argc, char **argv)
{
    struct why why = {0};
    u64 confirm_ns = 0;
    int error = parse_reload(command, argc, argv, &confirm_ns);
    if (error)
        return error;
    error = reload(argv[optind], argv[optind + 1], confirm_ns, &why);
    if (error)
        return say_why(error, &why);
    say_confirm(argv[optind], confirm_ns);
    return 0;
}

int command_confirm(const struct command *command, int argc, char **argv)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    int error = only_arguments(command, argc, argv, 1, 1);
    if (error)
        return error;
    error = guard_open(argv[optind], GUARD_CHANGE, &guard, &why);
    if (!error)
        error = guard_confirm(guard, &why);
    return error ? say_why(error, &why) : 0;
}

int command_rollback(const struct command *command, int argc, char **argv)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    int error = only_arguments(command, argc, argv, 1, 1);
    if (error)
        return error;
    error = guard_open(argv[optind], GUARD_CHANGE, &guard, &why);
    if (!error)
        error = guard_rollback(guard, &why);
    return error ? say_why(error, &why) : 0;
}

int command_detach(const struct command *command, int argc, char **argv)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    int error = only_arguments(command, argc, argv, 1, 1);
    if (error)
        return error;
    error = guard_open(argv[optind], GUARD_REMOVE, &guard, &why);
    if (!error)
        error = guard_detach(guard, &why);
    return error ? say_why(error, &why) : 0;
}
