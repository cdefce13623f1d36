/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the interface is guarded just now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../memory.h"
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
    if (!if_indextoname(picture->status.state.ifindex, picture->called))
        picture->called[0] = 0;
}

enum look look_at(const struct guarding *guarding, struct picture *picture, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const char *interface = guarding->options->interface;
    int error = guard_open(interface, GUARD_READ, &guard, why);
    u32 ifindex = if_nametoindex(interface);

    if (error == -ENOENT || error == -ENODEV)
        return ifindex ? LOOK_OPEN : LOOK_ABSENT;
    if (error)
        return LOOK_FAILED;
    take_picture(guard, picture);
    return ifindex && ifindex != picture->status.state.ifindex ? LOOK_DISPLACED : LOOK_GUARDED;
}
