/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

#include "colour.h"
#include "text.h"

/* The text that FORMAT makes from the arguments after it. */
#define FORMATTED(text, format)                                                                    \
    char text[HARMLESS_BYTES];                                                                     \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        vsnprintf(text, sizeof(text), format, arguments);                                          \
        va_end(arguments);                                                                         \
    } while (0)

/* One call for each line, because others may be writing there as well. */
void say_error(const char *format, ...)
{
    FORMATTED(text, format);
    fprintf(stderr, "%sedgexdp: %s%s\n", colour_begin(stderr, COLOUR_ERROR), HARMLESS(text),
            colour_end(stderr));
}

int say_why(int error, const struct why *why)
{
    if (why->text[0])
        say_error("%s", why->text);
    return error;
}

void say_warning(const char *format, ...)
{
    FORMATTED(text, format);
    fprintf(stderr, "%sedgexdp: warning: %s%s\n", colour_begin(stderr, COLOUR_WARNING),
            HARMLESS(text), colour_end(stderr));
}

void say_note(const char *format, ...)
{
    FORMATTED(text, format);
    fprintf(stderr, "edgexdp: %s\n", HARMLESS(text));
}
