/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>

#include "../apply/apply.h"
#include "../base/duration.h"
#include "../base/memory.h"
#include "command.h"
#include "open.h"
#include "options.h"
#include "tell.h"
#include "usage.h"

const struct option_help attach_options_help[] = {
    ATTACH_OPTIONS_HELP,
    {"--confirm TIME", "go back to accepting everything unless edgexdp confirm comes in time"},
    {"--force", "even if your own SSH session could not be opened again"},
    {NULL, NULL},
};

static int parse_attach(const struct command *command, int argc, char **argv,
                        struct apply_request *request)
{
    static const struct option options[] = {
        ATTACH_OPTIONS,
        {"confirm", required_argument, NULL, 'c'},
        {"force", no_argument, NULL, 'f'},
        {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        int error = options_attach(command, option, &request->options);
        if (error)
            return error;
        if (option == 'c' && duration_parse(optarg, &request->confirm_ns))
            return usage_error(command, BAD_TIME, optarg);
        if (option == 'f')
            request->force = true;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
    }
    return usage_count(command, argc - optind, 2, 2);
}

int command_attach(const struct command *command, int argc, char **argv)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    CLEANUP(apply_many_clear) struct apply_many many = {.request.options = attach_presets};
    struct why why = {0};

    int error = parse_attach(command, argc, argv, &many.request);
    if (!error)
        error = open_interfaces(argv[optind], argv[optind + 1], &interfaces);
    if (error)
        return error;
    many.interfaces = interfaces.names;
    many.count = interfaces.count;
    error = apply_attach_many(&many, argv[optind + 1], &why);
    if (tell_many(&many, error, &why))
        return error;
    tell_confirm(argv[optind], many.request.confirm_ns);
    return 0;
}
