/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "showing.h"

#include <getopt.h>
#include <stdio.h>

#include "../base/memory.h"
#include "../base/text.h"
#include "open.h"
#include "tell.h"
#include "usage.h"

int showing_run(const struct interfaces *interfaces, bool json, showing_visit *visit)
{
    struct showing showing = {.interfaces = interfaces,
                              .json = json ? json_object_new_array() : NULL,
                              .several = interfaces->count > 1};
    struct why why = {0};
    int error = interfaces_each(interfaces, visit, &showing, &why);

    if (error)
        say_why(error, &why);
    else if (json)
        json_print(TAKE_PTR(showing.json));
    json_object_put(showing.json);
    return error ? error : showing.failed ? COMMAND_NO : 0;
}

int showing_command(const struct command *command, int argc, char **argv, showing_visit *visit)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    CLEANUP(interfaces_clear) struct interfaces interfaces = {0};
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) == 'j')
        json = true;
    if (option != -1)
        return usage_bad_option(command, option, argv);
    int error = usage_count(command, argc - optind, 1, 1);
    if (!error)
        error = open_interfaces(argv[optind], NULL, &interfaces);
    return error ? error : showing_run(&interfaces, json, visit);
}

void showing_heading(const struct showing *showing, const struct guard *guard)
{
    if (showing->several && !showing->json)
        printf("%s%s\n", showing->shown ? "\n" : "", HARMLESS(guard_interface(guard)));
}

void showing_end(struct showing *showing, struct guard *guard, int error)
{
    showing->shown = true;
    if (error || tell_trouble(guard))
        showing->failed = true;
}
