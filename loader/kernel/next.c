/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several pins that get other maps together, in steps. The new maps are pinned beside those in use,
 * as NAME%next, the last of them last. Once it is there, a command that is killed is completed by
 * the next one; until then, what is pinned so is forgotten. In the end they are renamed, again the
 * last of them last.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "guard.h"

_Static_assert(NAME_BYTES >= 24, "a name with %next has room");

static void next_name(enum pin pin, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "%s%%next", pin_names[pin]);
}

static void next_path(const struct guard *guard, enum pin pin, char path[PATH_BYTES])
{
    char name[NAME_BYTES];

    next_name(pin, name);
    bpffs_join(guard->path, name, path);
}

int guard_next_pin(const struct guard *guard, const enum pin *pins, size_t count, const int *maps,
                   struct why *why)
{
    int error = 0;

    for (size_t i = 0; i < count && !error; i++) {
        char name[NAME_BYTES];
        next_name(pins[i], name);
        error = guard_pin(guard, name, maps[i], why);
    }
    return error;
}

void guard_next_drop(const struct guard *guard, const enum pin *pins, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        char path[PATH_BYTES];
        next_path(guard, pins[i - 1], path);
        unlink(path);
    }
}

/* One that is missing has been renamed before. */
int guard_next_take(const struct guard *guard, const enum pin *pins, size_t count, struct why *why)
{
    for (size_t i = 0; i < count; i++) {
        char from[PATH_BYTES], to[PATH_BYTES];
        next_path(guard, pins[i], from);
        bpffs_join(guard->path, pin_names[pins[i]], to);
        if (rename(from, to) && errno != ENOENT)
            return why_kernel(why, -errno, "cannot pin the state");
    }
    return 0;
}

int guard_next_open(const struct guard *guard, enum pin pin)
{
    char path[PATH_BYTES];

    next_path(guard, pin, path);
    return bpf_obj_get(path);
}
