/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a command line. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "../base/text.h"
#include "command.h"

int usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    char text[HARMLESS_BYTES];

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    fprintf(stderr, "edgexdp %s: %s", command->name, HARMLESS(text));
    fprintf(stderr, " (usage: edgexdp %s %s; more: edgexdp help %s)\n", command->name,
            command->arguments, command->name);
    va_end(arguments);
    return COMMAND_USAGE;
}

int say_why(int error, const struct why *why)
{
    if (why->text[0])
        fprintf(stderr, "edgexdp: %s\n", HARMLESS(why->text));
    return error;
}

int bad_option(const struct command *command, int returned, char **argv)
{
    const char *option = argv[optind - 1];
    if (returned == ':')
        return usage_error(command, "%s needs a value", option);
    return usage_error(command, "there is no option %s", option);
}

int count_arguments(const struct command *command, int given, int least, int most)
{
    if (given < least)
        return usage_error(command, "too few arguments");
    if (given > most)
        return usage_error(command, "too many arguments");
    return 0;
}
