/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../memory.h"
#include "../seed/seed.h"
#include "../show/times.h"
#include "command.h"
#include "force.h"

const struct option_help attach_options_help[] = {
    {"--mode MODE", "native, generic, offload, or auto: native if the driver can (default)"},
    {"--audit", "count and report what would be dropped, but let everything pass"},
    {"--confirm TIME", "go back to accepting everything unless edgexdp confirm comes in time"},
    {"--flows N", "room for N flows (default 131072)"},
    {"--force", "even if your own SSH session could not be opened again"},
    {NULL, NULL},
};

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

struct attach_request {
    struct attach_options options;
    u64 confirm_ns;
    bool force;
};

static int parse_attach(const struct command *command, int argc, char **argv,
                        struct attach_request *request)
{
    static const struct option options[] = {
        {"mode", required_argument, NULL, 'm'},  {"audit", no_argument, NULL, 'a'},
        {"flows", required_argument, NULL, 'n'}, {"confirm", required_argument, NULL, 'c'},
        {"force", no_argument, NULL, 'f'},       {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'm' && parse_mode(optarg, &request->options.mode))
            return usage_error(command,
                               "there is no mode %s: write auto, native, generic or "
                               "offload",
                               optarg);
        if (option == 'n' && parse_flows(optarg, &request->options.flows_max))
            return usage_error(command, "--flows takes a number from 1024 to 67108864, not %s",
                               optarg);
        if (option == 'c' && time_parse(optarg, &request->confirm_ns))
            return usage_error(command, BAD_TIME, optarg);
        if (option == 'f')
            request->force = true;
        if (option == 'a')
            request->options.audit = true;
        if (option == '?' || option == ':')
            return bad_option(command, option, argv);
    }
    return count_arguments(command, argc - optind, 2, 2);
}

/* Unless it is confirmed, a first policy gives way to accepting everything. */
static int seat_unguarded(struct guard *guard, struct why *why)
{
    struct image *image = NULL;
    int error = image_unguarded(&image);
    if (error)
        return why_set(why, error, "out of memory");
    error = guard_seat(guard, image, 0, why);
    image_free(image);
    return error;
}

static int attach(const char *interface, const struct attach_request *request,
                  struct prepared *prepared, struct why *note, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error =
        guard_create(interface, &request->options, prepared->image->entry_count, &guard, why);
    if (error)
        return error;
    if (request->options.audit)
        prepared->policy->mode = MODE_AUDIT;
    if (request->confirm_ns)
        error = seat_unguarded(guard, why);
    if (!error)
        error = put_in_force(guard, prepared, request->confirm_ns, why);
    if (!error)
        error = guard_attach_out(guard, why);
    if (!error)
        error = seed_flows(guard, guard_tables(guard), why);
    return error ? error : guard_attach(guard, note, why);
}

int command_attach(const struct command *command, int argc, char **argv)
{
    struct attach_request request = {.options = {ATTACH_AUTO, false, FLOWS_MAX_DEFAULT}};
    CLEANUP(prepared_clear) struct prepared prepared = {0};
    struct why why = {0}, note = {0};

    int error = parse_attach(command, argc, argv, &request);
    if (error)
        return error;
    error = policy_prepare(argv[optind + 1], &prepared);
    if (error)
        return error;
    if (!request.force && !request.options.audit)
        error = refuse_lockout(&prepared, argv[optind], &why);
    if (!error)
        error = attach(argv[optind], &request, &prepared, &note, &why);
    if (note.text[0])
        fprintf(stderr, "edgexdp: warning: %s\n", note.text);
    if (error)
        return say_why(error, &why);
    say_confirm(argv[optind], request.confirm_ns);
    return 0;
}
