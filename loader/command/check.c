/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>

#include "../apply/prepared.h"
#include "../base/text.h"
#include "command.h"
#include "options.h"

int command_check(const struct command *command, int argc, char **argv)
{
    static const struct option none[] = {{0}};
    int option = getopt_long(argc, argv, ":", none, NULL);
    int result = 0;

    if (option != -1)
        return bad_option(command, option, argv);
    if (optind == argc)
        return usage_error(command, "name at least one policy file");
    for (int i = optind; i < argc; i++) {
        struct prepared prepared = {0};
        struct why why = {0};
        int error = prepared_read(&prepared, argv[i], &why);

        say_prepared(&prepared);
        if (error)
            result = say_why_besides(&prepared, error, &why);
        else
            printf("%s: ok: %zu rule%s, %zu expectation%s met\n", HARMLESS(argv[i]),
                   prepared.policy->rule_count, prepared.policy->rule_count == 1 ? "" : "s",
                   prepared.policy->expectation_count,
                   prepared.policy->expectation_count == 1 ? "" : "s");
        prepared_clear(&prepared);
    }
    return result;
}
