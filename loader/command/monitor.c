/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../monitor/monitor.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "command.h"
#include "open.h"
#include "usage.h"

const struct option_help monitor_options_help[] = {
    {"--rule NAME", "only what this rule decided; may be repeated"},
    {"--reason REASON", "only what was decided for this reason; may be repeated"},
    {"--count N", "end after this many packets"},
    {"--json", "as JSON, an object on each line"},
    {"--write FILE",
     "also as a pcapng file, with comments; - is standard output, instead of the text"},
    {NULL, NULL},
};

static int read_count(const struct command *command, u64 *count)
{
    char *end;
    errno = 0;
    *count = strtoull(optarg, &end, 10);
    if (errno || *end || !*count || *optarg < '0' || *optarg > '9')
        return usage_error(command, "--count takes a number of at least 1, not %s", optarg);
    return 0;
}

static int out_of_memory(void)
{
    say_error("out of memory");
    return -ENOMEM;
}

static int take_option(const struct command *command, int option, char **argv,
                       struct monitor_options *monitor)
{
    struct hint hint;

    switch (option) {
    case 'r':
        return filter_add_rule(&monitor->filter, optarg) ? out_of_memory() : 0;
    case 'e':
        if (filter_add_reason(&monitor->filter, optarg, &hint))
            return usage_error(command, "there is no reason \"%s\"%s", optarg, hint.text);
        return 0;
    case 'c':
        return read_count(command, &monitor->count);
    case 'j':
        monitor->json = true;
        return 0;
    case 'w':
        monitor->write = optarg;
        return 0;
    default:
        return usage_bad_option(command, option, argv);
    }
}

static int parse_monitor(const struct command *command, int argc, char **argv,
                         struct monitor_options *monitor)
{
    static const struct option options[] = {
        {"rule", required_argument, NULL, 'r'},  {"reason", required_argument, NULL, 'e'},
        {"count", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
        {"write", required_argument, NULL, 'w'}, {0}};
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        int error = take_option(command, option, argv, monitor);
        if (error)
            return error;
    }
    if (monitor->json && monitor->write && !strcmp(monitor->write, "-"))
        return usage_error(command, "--json and --write - cannot both use standard output");
    return usage_count(command, argc - optind, 1, 1);
}

int command_monitor(const struct command *command, int argc, char **argv)
{
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    struct monitor_options monitor = {0};
    struct why why = {0};

    int error = parse_monitor(command, argc, argv, &monitor);
    if (!error)
        error = open_interfaces(argv[optind], NULL, &interfaces);
    if (!error) {
        monitor.interfaces = interfaces.names;
        monitor.interface_count = interfaces.count;
        error = monitor_run(&monitor, &why);
        if (error)
            say_why(error, &why);
    }
    filter_clear(&monitor.filter);
    return error;
}
