/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ban and unban. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../ban/banlist.h"
#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/memory.h"
#include "../kernel/interface.h"
#include "../kernel/kernel.h"
#include "../lockout/lockout.h"
#include "command.h"
#include "open.h"
#include "options.h"
#include "usage.h"

const struct option_help ban_options_help[] = {
    {"--for TIME", "for this long (90s, 10m, 2h, 7d); default: until unban"},
    {"--force", "even your own SSH session's address or the default gateway"},
    {NULL, NULL},
};

const struct option_help unban_options_help[] = {
    {"--all", "all bans"},
    {NULL, NULL},
};

/* The addresses from the command line and from the files that it names. */
static int read_addresses(const struct command *command, char **words, struct bans *bans)
{
    int error = 0;

    for (; !error && *words; words++) {
        struct banned banned = {0};
        struct fault fault;
        if (!strcmp(*words, "-"))
            error = banlist_read(*words, bans, stderr);
        else if (**words == '@')
            error = banlist_read(*words + 1, bans, stderr);
        else if (banned_read(piece_of(*words), &banned, &fault))
            return usage_error(command, "%s", fault.text);
        else
            error = bans_add(bans, &banned);
    }
    if (error == -ENOMEM)
        say_error("out of memory");
    return error;
}

struct ban_request {
    u64 for_ns; /* 0: forever */
    bool force;
};

static int parse_ban(const struct command *command, int argc, char **argv,
                     struct ban_request *request)
{
    static const struct option options[] = {
        {"for", required_argument, NULL, 't'}, {"force", no_argument, NULL, 'f'}, {0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 't' && duration_parse(optarg, &request->for_ns))
            return usage_error(command, BAD_TIME, optarg);
        if (option == 'f')
            request->force = true;
        if (option == '?' || option == ':')
            return usage_bad_option(command, option, argv);
    }
    return usage_count(command, argc - optind, 2, argc);
}

/* What is done to each interface. */
struct ban_wanted {
    const struct ban_request *request;
    struct bans *bans;
};

/* Nobody is banned anywhere unless everybody can be banned everywhere. */
static int may_ban(const char *interface, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const struct ban_wanted *wanted = context;
    char name[INTERFACE_NAME_BYTES];

    interface_canonical(interface, name);
    int error = wanted->request->force ? 0 : lockout_check_bans(wanted->bans, name, why);
    return error ? error : guard_open(interface, GUARD_READ, &guard, why);
}

static int ban(const char *interface, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const struct ban_wanted *wanted = context;
    struct bans *bans = wanted->bans;
    u64 now_ns = monotonic_ns(), for_ns = wanted->request->for_ns;
    int error = open_to_change(interface, &guard, why);

    if (error)
        return error;
    for (size_t i = 0; i < bans->count; i++) {
        bans->list[i].since_ns = now_ns;
        bans->list[i].expires_ns = for_ns ? now_ns + for_ns : BAN_FOREVER;
    }
    return guard_ban(guard, bans, why);
}

int command_ban(const struct command *command, int argc, char **argv)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    CLEANUP(bans_clear) struct bans bans = {0};
    struct ban_request request = {0};
    struct ban_wanted wanted = {&request, &bans};
    struct why why = {0};

    int error = parse_ban(command, argc, argv, &request);
    if (!error)
        error = read_addresses(command, argv + optind + 1, &bans);
    if (!error)
        error = open_interfaces(argv[optind], NULL, &interfaces);
    if (error)
        return error;
    error = interfaces_each(&interfaces, may_ban, &wanted, &why);
    if (!error)
        error = interfaces_each(&interfaces, ban, &wanted, &why);
    return error ? say_why(error, &why) : 0;
}

static int parse_unban(const struct command *command, int argc, char **argv, bool *all)
{
    static const struct option options[] = {{"all", no_argument, NULL, 'a'}, {0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) == 'a')
        *all = true;
    if (option != -1)
        return usage_bad_option(command, option, argv);
    return usage_count(command, argc - optind, *all ? 1 : 2, *all ? 1 : argc);
}

/* An address inside a banned prefix cannot be unbanned by itself. */
static int why_missing(const struct guard *guard, const struct bans *missing, struct why *why)
{
    CLEANUP(bans_clear) struct bans known = {0};
    const struct banned *first = &missing->list[0];
    char text[RANGE_TEXT_BYTES], outer[RANGE_TEXT_BYTES], more[32] = "";

    int error = guard_bans(guard, &known, why);
    if (error)
        return error;
    banned_print(first, text);
    for (size_t i = 0; i < known.count; i++)
        if (banned_covers(&known.list[i], first))
            return why_set(why, -ENOENT, "%s is not banned itself; the ban of %s covers it", text,
                           banned_print(&known.list[i], outer));
    if (missing->count > 1)
        snprintf(more, sizeof(more), " and %zu more", missing->count - 1);
    return why_set(why, -ENOENT, "%s%s %s not banned", text, more, *more ? "are" : "is");
}

/* What is ended on each interface, and what became of it. */
struct unbanning {
    bool all;
    struct bans *bans;
    bool found; /* on one of the interfaces */
    int error;  /* of the last one that had not all of them, as WHY says */
    struct why missing;
};

static int unban(const char *interface, void *context, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(bans_clear) struct bans missing = {0};
    CLEANUP(bans_clear) struct bans own = {0};
    struct unbanning *unbanning = context;
    struct bans *bans = unbanning->all ? &own : unbanning->bans;

    int error = open_to_change(interface, &guard, why);
    if (!error && unbanning->all)
        error = guard_bans(guard, bans, why);
    if (!error)
        error = guard_unban(guard, bans, &missing, why);
    if (error)
        return error;
    if (missing.count && !unbanning->all)
        unbanning->error = why_missing(guard, &missing, &unbanning->missing);
    else
        unbanning->found = true;
    return 0;
}

int command_unban(const struct command *command, int argc, char **argv)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    CLEANUP(bans_clear) struct bans bans = {0};
    struct unbanning unbanning = {.bans = &bans};
    struct why why = {0};

    int error = parse_unban(command, argc, argv, &unbanning.all);
    if (!error)
        error = read_addresses(command, argv + optind + 1, &bans);
    if (!error)
        error = open_interfaces(argv[optind], NULL, &interfaces);
    if (error)
        return error;
    error = interfaces_each(&interfaces, unban, &unbanning, &why);
    if (!error && !unbanning.found) {
        error = unbanning.error;
        why = unbanning.missing;
    }
    return error ? say_why(error, &why) : 0;
}
