/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload, confirm, rollback, detach: the commands for an interface that is guarded. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../apply/force.h"
#include "../base/memory.h"
#include "../lockout/lockout.h"
#include "../show/times.h"
#include "command.h"
#include "open.h"
#include "options.h"

/* How often a reload begins anew when others change what is in force meanwhile. */
#define TRIES 3

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

/* A reload in the making: all of it that may take long, done while nobody waits for us. */
struct reloading {
    const char *interface;
    bool is_named; /* the command names the file; else it is the one in force */
    char *from;
    struct prepared prepared;
    int refused; /* -errno: it would lock out whoever asks, as REFUSAL says */
    struct why refusal;
    struct why lease; /* a warning */
};

static void reloading_clear(struct reloading *reloading)
{
    free(reloading->from);
    prepared_clear(&reloading->prepared);
}

/* The first look: what cannot be done is said before a file is read, and which file that is. */
static int look(struct reloading *reloading, const char *path, u64 confirm_ns, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(reloading->interface, GUARD_READ, &guard, why);

    if (!error)
        error = guard_admits(guard, confirm_ns, why);
    if (error)
        return error;
    reloading->is_named = path;
    reloading->from = strdup(path ? path : tables_path(guard_tables(guard)));
    if (!reloading->from)
        return why_set(why, -ENOMEM, "out of memory");
    if (!*reloading->from)
        return why_set(why, -EINVAL, "no policy is in force on %s to be read again: name one",
                       reloading->interface);
    return 0;
}

static int prepare(struct reloading *reloading, const struct reload_request *request,
                   struct why *why)
{
    int error = policy_prepare(reloading->from, &reloading->prepared);

    if (error)
        why->text[0] = 0; /* all has been said */
    else
        note_lease(&reloading->prepared, reloading->interface, &reloading->lease);
    if (!error && !request->force)
        reloading->refused =
            refuse_lockout(&reloading->prepared, reloading->interface, &reloading->refusal);
    return error;
}

/* Under the lock, after another look: what was prepared may not be what is wanted any more. */
static int put(struct guard *guard, struct reloading *reloading, u64 confirm_ns, struct why *why)
{
    if (!reloading->is_named && strcmp(reloading->from, tables_path(guard_tables(guard))) != 0)
        return why_set(why, -EAGAIN,
                       "%s got a policy from another file while %s was read: try again",
                       reloading->interface, reloading->from);
    if (!reloading->is_named && guard_audits(guard)) {
        reloading->prepared.policy->mode = MODE_AUDIT;
    } else if (reloading->refused) {
        *why = reloading->refusal;
        return reloading->refused;
    }
    int error = put_in_force(guard, &reloading->prepared, confirm_ns, why);
    if (!error && reloading->is_named)
        guard_set_audit(guard, false);
    return error;
}

static int try_reload(const char *interface, const char *path, const struct reload_request *request,
                      struct why *why)
{
    CLEANUP(reloading_clear) struct reloading reloading = {.interface = interface};
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = look(&reloading, path, request->confirm_ns, why);

    if (!error)
        error = prepare(&reloading, request, why);
    if (!error)
        error = open_to_change(interface, &guard, why);
    if (!error)
        error = put(guard, &reloading, request->confirm_ns, why);
    if (!error)
        say_note(&reloading.lease);
    return error;
}

static int reload(const char *interface, const char *path, const struct reload_request *request,
                  struct why *why)
{
    int error = -EAGAIN;

    for (int tries = 0; tries < TRIES && error == -EAGAIN; tries++)
        error = try_reload(interface, path, request, why);
    count_reload(interface, error);
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
    error = open_to_change(argv[optind], &guard, &why);
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
    error = open_to_change(argv[optind], &guard, &why);
    if (!error && !force)
        error = refuse_rollback(guard, guard_interface(guard), &why);
    if (!error)
        error = roll_back(guard, &why);
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
