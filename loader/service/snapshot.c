/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the interface is guarded just now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "guarding.h"

void picture_describe(const struct picture *picture, char text[DESCRIPTION_BYTES])
{
    snprintf(text, DESCRIPTION_BYTES, "policy %s (%s), %u rule%s; in: %s, out: %s", picture->policy,
             picture->mode, picture->rules, picture->rules == 1 ? "" : "s",
             status_ingress(&picture->status), status_egress(&picture->status));
}

static void take_picture(const struct guard *guard, struct picture *picture)
{
    const struct tables_header *tables = guard_tables(guard);
    u32 entries = tables->rules_count;

    *picture = (struct picture){.mode = tables_mode(tables), .loaded_at_ns = tables->loaded_at_ns};
    guard_outline(guard, &picture->status);
    memcpy(picture->policy, tables->name, sizeof(picture->policy));
    picture->rules = entries ? tables_rules(tables)[entries - 1].position : 0;
    guard_events_lost(guard, &picture->events_lost);
    picture->ban_changes = guard_ban_changes(guard);
    picture->bans_expired = guard_bans_expired(guard);
    picture->drops_are_heard = guard_drops_are_heard(guard);
}

void guarding_name(const struct guarding *guarding, char name[INTERFACE_NAME_BYTES])
{
    const char *given = guarding->options->interface;
    struct interface found;
    bool is_renamed = guarding->ifindex && interface_by_name(given, &found) == -ENODEV &&
                      !interface_by_index(guarding->ifindex, &found);

    snprintf(name, INTERFACE_NAME_BYTES, "%s", is_renamed ? found.name : given);
}

int guarding_open(const struct guarding *guarding, enum guard_use use, struct guard **guard,
                  struct why *why)
{
    char name[INTERFACE_NAME_BYTES];

    guarding_name(guarding, name);
    return guard_open(name, use, guard, why);
}

enum look look_at(const struct guarding *guarding, struct picture *picture, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct interface named;
    int error = guarding_open(guarding, GUARD_READ, &guard, why);
    bool is_there = !interface_by_name(guarding->options->interface, &named);

    /* What is guarded under our name in another network namespace is not ours. */
    if (error == -ENOENT || error == -ENODEV || error == -EXDEV)
        return is_there ? LOOK_OPEN : LOOK_ABSENT;
    if (error)
        return LOOK_FAILED;
    take_picture(guard, picture);
    if (!is_there || named.ifindex != picture->status.state.ifindex)
        snprintf(picture->called, sizeof(picture->called), "%s", guard_interface(guard));
    return LOOK_GUARDED;
}
