/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>

#include "../apply/apply.h"
#include "../base/duration.h"
#include "../base/memory.h"
#include "command.h"
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

static int attach(const struct apply_request *request, const char *path, struct prepared *prepared,
                  struct apply_notes *notes, struct why *why)
{
    int error = apply_read(request->interface, path, prepared, why);
    if (!error)
        error = apply_lockout(request, prepared, why);
    if (!error)
        error = apply_attach(request, prepared, NULL, notes, why);
    if (!error)
        apply_note_policy(prepared, request->interface, notes);
    return error;
}

int command_attach(const struct command *command, int argc, char **argv)
{
    struct apply_request request = {.options = attach_presets};
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct apply_notes notes = {0};
    struct why why = {0};

    int error = parse_attach(command, argc, argv, &request);
    if (error)
        return error;
    request.interface = argv[optind];
    error = attach(&request, argv[optind + 1], &prepared, &notes, &why);
    tell_prepared(&prepared);
    tell_notes(request.interface, &notes);
    if (error)
        return tell_failure(&prepared, error, &why);
    tell_confirm(request.interface, request.confirm_ns);
    return 0;
}
