/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forces.h"

#include <errno.h>
#include <stdlib.h>

int forces_open(struct forces *forces, char *const *interfaces, size_t count, struct routes *routes,
                const struct permit *permit, bool *found, struct why *why)
{
    int error = 0;

    *found = false;
    forces->list = calloc(count, sizeof(*forces->list));
    if (!forces->list)
        return why_set(why, -ENOMEM, "out of memory");
    for (; forces->count < count && !error; forces->count++) {
        struct force *force = &forces->list[forces->count];
        *force = (struct force){
            .interface = interfaces[forces->count], .permit = permit, .routes = routes};
        error = force_find(force, why);
        force->count = force->found.count;
        *found |= force->count != 0;
    }
    return error;
}

void forces_clear(struct forces *forces)
{
    for (size_t i = 0; i < forces->count; i++)
        force_clear(&forces->list[i]);
    free(forces->list);
}

void forces_change(struct forces *forces)
{
    for (size_t i = 0; i < forces->count; i++)
        forces->list[i].is_due = true;
}

bool forces_are_due(const struct forces *forces)
{
    for (size_t i = 0; i < forces->count; i++)
        if (forces->list[i].is_due)
            return true;
    return false;
}

bool forces_have_any(const struct forces *forces)
{
    for (size_t i = 0; i < forces->count; i++)
        if (forces->list[i].count)
            return true;
    return false;
}

int forces_put(struct forces *forces, force_refusal *refuse, void *context, struct why *why)
{
    int error = 0;

    for (size_t i = 0; i < forces->count; i++) {
        struct force *force = &forces->list[i];
        int failed = force->is_due ? force_put(force, refuse, context, why) : 0;
        if (routes_changed(force->routes))
            forces_change(forces);
        force->is_due = failed; /* what was excluded on it is left out already */
        error = failed ? failed : error;
    }
    return error;
}

size_t forces_forget(struct forces *forces, enum family family)
{
    size_t gone = 0;

    for (size_t i = 0; i < forces->count; i++)
        gone += force_forget(&forces->list[i], family);
    return gone;
}

int forces_hold(const struct forces *forces, u64 until_ns, struct why *why)
{
    int error = 0;

    for (size_t i = 0; i < forces->count; i++) {
        int failed = force_hold(&forces->list[i], until_ns, why);
        error = failed ? failed : error;
    }
    return error;
}
