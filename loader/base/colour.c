/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

bool colour_is_wanted(FILE *stream)
{
    int descriptor = fileno(stream); /* -1: the stream is in memory */

    return descriptor >= 0 && !is_set("NO_COLOR") && is_set("TERM") &&
           strcmp(getenv("TERM"), "dumb") != 0 && isatty(descriptor);
}

const char *colour_begin_if(bool wanted, enum colour colour)
{
    static const char *const sequences[] = {
        [COLOUR_ERROR] = "\033[1;31m",
        [COLOUR_WARNING] = "\033[1;33m",
        [COLOUR_NOTE] = "\033[1;36m",
    };
    return wanted ? sequences[colour] : "";
}

const char *colour_end_if(bool wanted)
{
    return wanted ? "\033[0m" : "";
}

const char *colour_begin(FILE *stream, enum colour colour)
{
    return colour_begin_if(colour_is_wanted(stream), colour);
}

const char *colour_end(FILE *stream)
{
    return colour_end_if(colour_is_wanted(stream));
}
