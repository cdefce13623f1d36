/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../top/top.h"

#include <getopt.h>
#include <string.h>

#include "../base/duration.h"
#include "../base/labels.h"
#include "../base/memory.h"
#include "../top/words.h"
#include "command.h"
#include "open.h"
#include "usage.h"

const struct option_help top_options_help[] = {
    {"--for TIME", "count for so long, then say it once; otherwise every second, until q"},
    {"--by FIELD",
     "only by this field: kind, source, network, destination, port, source-port, rule, "
     "tcp-flags"},
    {"--direction in|out", "what comes in (the default), or what goes out"},
    {"--json", "as JSON: both directions"},
    {NULL, NULL},
};

static int read_field(const struct command *command, struct top_options *top)
{
    struct nearest nearest = nearest_to(optarg, strlen(optarg));

    top->only = top_field(optarg);
    if (top->only != CENSUS_FIELDS_COUNT)
        return 0;
    for (int field = 0; field < CENSUS_FIELDS_COUNT; field++)
        nearest_try(&nearest, census_fields[field].name);
    return usage_error(command, "there is no field \"%s\"%s", optarg, nearest_hint(&nearest).text);
}

static int read_direction(const struct command *command, struct top_options *top)
{
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        if (!strcmp(optarg, direction_names[direction])) {
            top->direction = (enum direction)direction;
            return 0;
        }
    }
    return usage_error(command, "--direction takes in or out, not %s", optarg);
}

static int take_option(const struct command *command, int option, char **argv,
                       struct top_options *top)
{
    switch (option) {
    case 'f':
        return duration_parse(optarg, &top->for_ns) || !top->for_ns
                   ? usage_error(command, "--for takes a time such as 10s or 1m, not %s", optarg)
                   : 0;
    case 'b':
        return read_field(command, top);
    case 'd':
        return read_direction(command, top);
    case 'j':
        top->json = true;
        return 0;
    default:
        return usage_bad_option(command, option, argv);
    }
}

int command_top(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {{"for", required_argument, NULL, 'f'},
                                            {"by", required_argument, NULL, 'b'},
                                            {"direction", required_argument, NULL, 'd'},
                                            {"json", no_argument, NULL, 'j'},
                                            {0}};
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    struct top_options top = {.only = CENSUS_FIELDS_COUNT};
    struct why why = {0};
    int option, error = 0;

    while (!error && (option = getopt_long(argc, argv, ":", options, NULL)) != -1)
        error = take_option(command, option, argv, &top);
    if (!error)
        error = usage_count(command, argc - optind, 1, 1);
    if (!error)
        error = open_interfaces(argv[optind], NULL, &interfaces);
    if (error)
        return error;
    top.interfaces = interfaces.names;
    top.interface_count = interfaces.count;
    error = top_run(&top, &why);
    if (error)
        say_why(error, &why);
    return error;
}
