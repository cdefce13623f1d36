/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "open.h"

#include <stdio.h>

#include "../apply/apply.h"
#include "../base/text.h"
#include "command.h"

void say_mended(const char *interface, const struct why *mended)
{
    if (mended->text[0])
        say_warning("%s: %s", interface, mended->text);
}

int open_to_change(const char *interface, struct guard **guard, struct why *why)
{
    struct why mended = {0};
    int error = apply_open(interface, false, guard, &mended, why);

    say_mended(interface, &mended);
    return error;
}

/* They may pass it on to us, or not: nobody can tell. */
static void warn_of_others(const struct guard_status *status)
{
    static const char *const names[DIRECTIONS] = {"in", "out"};

    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        if (status->ways[direction].before)
            say_warning("%s: on the way %s another program is asked first, and what it lets pass "
                        "itself is not judged (%u in all)",
                        status->interface, names[direction], status->ways[direction].before);
}

static bool has_way(const struct guard_status *status, enum standing standing)
{
    return status->ways[DIRECTION_IN].standing == standing ||
           status->ways[DIRECTION_OUT].standing == standing;
}

int say_trouble_of(const struct guard_status *status)
{
    char trouble[TROUBLE_BYTES];

    warn_of_others(status);
    status_trouble(status, trouble);
    if (!*trouble)
        return 0;
    if (has_way(status, WAY_UNKNOWN))
        say_error("%s: %s", status->interface, trouble);
    else if (has_way(status, WAY_MISREAD))
        say_error("%s: %s: it is NOT guarded", status->interface, trouble);
    else
        say_error("%s: %s: it is NOT guarded until edgexdp reload %s attaches it again",
                  status->interface, trouble, status->interface);
    return COMMAND_NO;
}

int say_trouble(const struct guard *guard)
{
    struct guard_status status;

    guard_outline(guard, &status);
    return say_trouble_of(&status);
}
