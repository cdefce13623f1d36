/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>

#include "../apply/force.h"
#include "../base/memory.h"
#include "../show/times.h"
#include "command.h"
#include "options.h"

const struct option_help attach_options_help[] = {
    ATTACH_OPTIONS_HELP,
    {"--confirm TIME", "go back to accepting everything unless edgexdp confirm comes in time"},
    {"--force", "even if your own SSH session could not be opened again"},
    {NULL, NULL},
};

struct attach_request {
    struct attach_options options;
    u64 confirm_ns;
    bool force;
};

static int parse_attach(const struct command *command, int argc, char **argv,
                        struct attach_request *request)
{
    static const struct option options[] = {
        ATTACH_OPTIONS,
        {"confirm", required_argument, NULL, 'c'},
        {"force", no_argument, NULL, 'f'},
        {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        int error = attach_option(command, option, &request->options);
        if (error)
            return error;
        if (option == 'c' && time_parse(optarg, &request->confirm_ns))
            return usage_error(command, BAD_TIME, optarg);
        if (option == 'f')
            request->force = true;
        if (option == '?' || option == ':')
            return bad_option(command, option, argv);
    }
    return count_arguments(command, argc - optind, 2, 2);
}

int command_attach(const struct command *command, int argc, char **argv)
{
    struct attach_request request = {
        .options = {.mode = ATTACH_AUTO, .flows_max = FLOWS_MAX_DEFAULT}};
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct why why = {0}, note = {0}, lease = {0};

    int error = parse_attach(command, argc, argv, &request);
    if (error)
        return error;
    error = policy_prepare(argv[optind + 1], &prepared);
    if (error)
        return error;
    if (!request.force && !request.options.audit)
        error = refuse_lockout(&prepared, argv[optind], &why);
    if (!error)
        error = attach_in_force(argv[optind], &request.options, request.confirm_ns, &prepared, NULL,
                                &note, &why);
    say_note(&note);
    if (error)
        return say_why(error, &why);
    note_lease(&prepared, argv[optind], &lease);
    say_note(&lease);
    say_confirm(argv[optind], request.confirm_ns);
    return 0;
}
