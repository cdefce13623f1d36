/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "../base/duration.h"
#include "../base/memory.h"
#include "../feed/feed.h"
#include "command.h"
#include "open.h"
#include "options.h"
#include "usage.h"

#define FLOWS_PRESET 10000u
#define HOLD_PRESET  (300 * SECOND_NS)

const struct option_help flowspec_options_help[] = {
    {"--for LIST", "the destinations that flows may name (default: self)"},
    {"--max N", "refuse flows beyond N (default 10000)"},
    {"--hold TIME", "flows outlive their session for so long (default 5m)"},
    {NULL, NULL},
};

static int read_max(const struct command *command, size_t *max)
{
    char *end;
    unsigned long number;

    errno = 0;
    number = strtoul(optarg, &end, 10);
    if (errno || *end || !number || number > BLOCKS_MAX || *optarg < '0' || *optarg > '9')
        return usage_error(command, "--max takes a number from 1 to %u, not %s", BLOCKS_MAX,
                           optarg);
    *max = number;
    return 0;
}

static int parse_flowspec(const struct command *command, int argc, char **argv,
                          struct feed_options *feed)
{
    static const struct option options[] = {{"for", required_argument, NULL, 'f'},
                                            {"max", required_argument, NULL, 'm'},
                                            {"hold", required_argument, NULL, 't'},
                                            {0}};
    int option, error = 0;

    while (!error && (option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'f')
            feed->permitted = optarg;
        else if (option == 'm')
            error = read_max(command, &feed->max);
        else if (option != 't')
            error = usage_bad_option(command, option, argv);
        else if (duration_parse(optarg, &feed->hold_ns))
            error = usage_error(command, BAD_TIME, optarg);
    }
    if (!error)
        error = usage_count(command, argc - optind, 1, 1);
    feed->named = argv[optind];
    return error;
}

int command_flowspec(const struct command *command, int argc, char **argv)
{
    struct feed_options feed = {.permitted = "self", .max = FLOWS_PRESET, .hold_ns = HOLD_PRESET};
    struct why why = {0};
    int error = parse_flowspec(command, argc, argv, &feed);

    if (error)
        return error;
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    error = open_interfaces(feed.named, NULL, &interfaces);
    if (error || !interfaces.count)
        return error;
    feed.interfaces = interfaces.names;
    feed.interface_count = interfaces.count;
    error = feed_run(&feed, &why);
    return error ? say_why(error, &why) : 0;
}
