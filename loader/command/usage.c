/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/colour.h"
#include "../base/text.h"

int usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    char text[HARMLESS_BYTES];

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    fprintf(stderr, "%sedgexdp %s: %s%s", colour_begin(stderr, COLOUR_ERROR), command->name,
            HARMLESS(text), colour_end(stderr));
    fprintf(stderr, " (usage: edgexdp %s %s; more: edgexdp help %s)\n", command->name,
            command->arguments, command->name);
    va_end(arguments);
    return COMMAND_USAGE;
}

/* Which of COMMAND's options was probably meant. Each option's help begins with its name. */
static struct hint hint_for(const struct command *command, const char *option)
{
    struct nearest nearest = nearest_to(option, strcspn(option, "="));
    char name[32], best[32];

    for (const struct option_help *o = command->options; o && o->name; o++) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(o->name, " "), o->name);
        nearest_try(&nearest, name);
        if (nearest.word == name)
            nearest.word = strcpy(best, name);
    }
    return nearest_hint(&nearest);
}

int usage_bad_option(const struct command *command, int returned, char **argv)
{
    const char *option = argv[optind - 1];
    if (returned == ':')
        return usage_error(command, "%s needs a value", option);
    return usage_error(command, "there is no option %s%s", option, hint_for(command, option).text);
}

int usage_count(const struct command *command, int given, int least, int most)
{
    if (given < least)
        return usage_error(command, "too few arguments");
    if (given > most)
        return usage_error(command, "too many arguments");
    return 0;
}
