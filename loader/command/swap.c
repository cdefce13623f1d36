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

/* What the commands do to several interfaces. */
typedef int change_many(struct apply_many *many, struct why *why);

/* Does CHANGE to the interfaces GIVEN. */
static int change_given(struct apply_many *many, const char *given, change_many *change)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    struct why why = {0};
    int error = open_interfaces(given, NULL, &interfaces);

    if (error)
        return error;
    many->interfaces = interfaces.names;
    many->count = interfaces.count;
    error = tell_many(many, change(many, &why), &why);
    apply_many_clear(many);
    return error;
}

int command_reload(const struct command *command, int argc, char **argv)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    CLEANUP(apply_many_clear) struct apply_many many = {0};
    struct why why = {0};
    int error = parse_reload(command, argc, argv, &many.request);

    if (!error)
        error = open_interfaces(argv[optind], argv[optind + 1], &interfaces);
    if (error)
        return error;
    many.interfaces = interfaces.names;
    many.count = interfaces.count;
    error = apply_reload_many(&many, argv[optind + 1], &why);
    if (tell_many(&many, error, &why))
        return error;
    tell_confirm(argv[optind], many.request.confirm_ns);
    return 0;
}

int command_confirm(const struct command *command, int argc, char **argv)
{
    struct apply_many many = {0};
    int error = only_arguments(command, argc, argv, 1, NULL);

    return error ? error : change_given(&many, argv[optind], apply_confirm_many);
}

int command_rollback(const struct command *command, int argc, char **argv)
{
    struct apply_many many = {0};
    int error = only_arguments(command, argc, argv, 1, &many.request.force);

    return error ? error : change_given(&many, argv[optind], apply_rollback_many);
}

int command_detach(const struct command *command, int argc, char **argv)
{
    struct apply_many many = {0};
    int error = only_arguments(command, argc, argv, 1, NULL);

    return error ? error : change_given(&many, argv[optind], apply_detach_many);
}
