/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach, reload, rollback, detach: the commands that change what guards an interface. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel/kernel.h"
#include "../memory.h"
#include "command.h"

const struct option_help attach_options_help[] = {
    {"--mode MODE", "native, generic, offload, or auto: native if the driver can (default)"},
    {"--audit", "count and report what would be dropped, but let everything pass"},
    {"--flows N", "room for N flows (default 131072)"},
    {NULL, NULL},
};

static void guard_closep(struct guard **guard)
{
    guard_close(*guard);
}

static int parse_mode(const char *text, enum attach_mode *mode)
{
    for (int i = 0; attach_mode_names[i]; i++) {
        if (!strcmp(text, attach_mode_names[i])) {
            *mode = (enum attach_mode)i;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_flows(const char *text, u32 *flows)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || end == text || value < 1024 || value > 1u << 26)
        return -EINVAL;
    *flows = (u32)value;
    return 0;
}

/* The path by which a later reload finds the file, wherever it is called from. */
static int absolute_path(struct policy *policy)
{
    char *absolute = realpath(policy->path, NULL);
    if (!absolute)
        return 0;
    free(policy->path);
    policy->path = absolute;
    return 0;
}

/* Compiles once more, with the numbers that the rules have on this interface, and seats. */
static int put_in_force(struct guard *guard, struct prepared *prepared, struct why *why)
{
    CLEANUP_FREE struct rule_number *numbers = NULL;
    struct image *image = NULL;

    int error = guard_number(guard, prepared->policy, &numbers, why);
    if (error)
        return error;
    absolute_path(prepared->policy);
    error = policy_compile(prepared->policy, numbers, &LIMITS_DEFAULT, &image, prepared->diag);
    if (error)
        return why_set(why, error, "cannot compile the policy: %s", strerror(-error));
    error = guard_seat(guard, image, why);
    image_free(image);
    return error;
}

static int parse_attach(const struct command *command, int argc, char **argv,
                        struct attach_options *request)
{
    static const struct option options[] = {
        {"mode", required_argument, NULL, 'm'},
        {"audit", no_argument, NULL, 'a'},
        {"flows", required_argument, NULL, 'n'},
        {"force", no_argument, NULL, 'f'},
        {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'm' && parse_mode(optarg, &request->mode))
            return usage_error(command,
                               "there is no mode %s: write auto, native, generic or "
                               "offload",
                               optarg);
        if (option == 'n' && parse_flows(optarg, &request->flows_max))
            return usage_error(command, "--flows takes a number from 1024 to 67108864, not %s",
                               optarg);
        if (option == 'a')
            request->audit = true;
        if (option == '?' || option == ':')
            return bad_option(command, option, argv);
    }
    return count_arguments(command, argc - optind, 2, 2);
}

static int attach(const char *interface, const struct attach_options *request,
                  struct prepared *prepared, struct why *note, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_create(interface, request, prepared->image->entry_count, &guard, why);
    if (error)
        return error;
    if (request->audit)
        prepared->policy->mode = MODE_AUDIT;
    error = put_in_force(guard, prepared, why);
    return error ? error : guard_attach(guard, note, why);
}

int command_attach(const struct command *command, int argc, char **argv)
{
    struct attach_options request = {ATTACH_AUTO, false, FLOWS_MAX_DEFAULT};
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct why why = {0}, note = {0};

    int error = parse_attach(command, argc, argv, &request);
    if (error)
        return error;
    error = policy_prepare(argv[optind + 1], &prepared);
    if (error)
        return error;
    error = attach(argv[optind], &request, &prepared, &note, &why);
    if (note.text[0])
        fprintf(stderr, "edgexdp: warning: %s\n", note.text);
    return error ? say_why(error, &why) : 0;
}

static int reload(const char *interface, const char *path, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(prepared_clear) struct prepared prepared = {0};

    int error = guard_open(interface, GUARD_CHANGE, &guard, why);
    if (error)
        return error;
    error = policy_prepare(path ? path : tables_path(guard_tables(guard)), &prepared);
    if (error) {
        why->text[0] = 0;
        return error;
    }
    if (!path && guard_audits(guard))
        prepared.policy->mode = MODE_AUDIT;
    error = put_in_force(guard, &prepared, why);
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

int command_reload(const struct command *command, int argc, char **argv)
{
    struct why why = {0};
    int error = only_arguments(command, argc, argv, 1, 2);
    if (error)
        return error;
    error = reload(argv[optind], argv[optind + 1], &why);
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
