/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload, confirm, rollback, detach: the commands for an interface that is guarded already. */
#include <getopt.h>

#include "../apply/apply.h"
#include "../base/duration.h"
#include "../base/memory.h"
#include "command.h"
#include "open.h"
#include "options.h"
#include "tell.h"
#include "usage.h"

const struct option_help reload_options_help[] = {
    {"--confirm TIME", "go back to the previous policy unless edgexdp confirm comes in time"},
    {"--force", "even if your own SSH session could not be opened again"},
    {NULL, NULL},
};

const struct option_help rollback_options_help[] = {
    {"--force", "even if your own SSH session could not be opened again"},
    {NULL, NULL},
};

/* FORCE is NULL for commands that cannot be forced. */
static int only_arguments(const struct command *command, int argc, char **argv, int arguments,
                          bool *force)
{
    static const struct option forcible[] = {{"force", no_argument, NULL, 'f'}, {0}};
    static const struct option none[] = {{0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", force ? forcible : none, NULL)) == 'f')
        *force = true;
    if (option != -1)
        return usage_bad_option(command, option, argv);
    return usage_count(command, argc - optind, arguments, arguments);
}

static int parse_reload(const struct command *command, int argc, char **argv,
                        struct apply_request *request)
{
    static const struct option options[] = {
        {"confirm", required_argument, NULL, 'c'}, {"force", no_argument, NULL, 'f'}, {0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'c' && duration_parse(optarg, &request->confirm_ns))
            return usage_error(command, BAD_TIME, optarg);
        if (option == 'f')
            request->force = true;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
    }
    return usage_count(command, argc - optind, 1, 2);
}

int command_reload(const struct command *command, int argc, char **argv)
{
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_request request = {0};
    struct apply_notes notes = {0};
    struct why why = {0};
    int error = parse_reload(command, argc, argv, &request);
    if (error)
        return error;
    request.interface = argv[optind];
    error = apply_reload(&request, argv[optind + 1], &prepared, &notes, &why);
    tell_prepared(&prepared);
    tell_notes(request.interface, &notes);
    if (error)
        return tell_failure(&prepared, error, &why);
    tell_confirm(request.interface, request.confirm_ns);
    return 0;
}

int command_confirm(const struct command *command, int argc, char **argv)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why why = {0};
    int error = only_arguments(command, argc, argv, 1, NULL);
    if (error)
        return error;
    error = open_to_change(argv[optind], &guard, &why);
    if (!error)
        error = guard_confirm(guard, &why);
    return error ? say_why(error, &why) : 0;
}

int command_rollback(const struct command *command, int argc, char **argv)
{
    struct apply_request request = {0};
    struct apply_notes notes = {0};
    struct why why = {0};
    int error = only_arguments(command, argc, argv, 1, &request.force);
    if (error)
        return error;
    request.interface = argv[optind];
    error = apply_rollback(&request, &notes, &why);
    tell_notes(request.interface, &notes);
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
