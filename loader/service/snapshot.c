/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the interface is guarded right now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "guarding.h"

void service_snapshot_describe(const struct service_snapshot *snapshot,
                               char text[DESCRIPTION_BYTES])
{
    snprintf(text, DESCRIPTION_BYTES, "policy %s (%s), %u rule%s; in: %s, out: %s",
             snapshot->policy, snapshot->mode, snapshot->rules, snapshot->rules == 1 ? "" : "s",
             guard_status_ingress(&snapshot->status), guard_status_egress(&snapshot->status));
}

static bool uses_host(const struct tables_header *tables)
{
    CLEANUP(host_freep) struct host *host = NULL;
    size_t length;
    const void *archive = tables_archive(tables, &length);

    return !archive_host(archive, length, &host) && host;
}

/* BEFORE is what was known: what cannot change within a generation is not looked up again. */
static void fill_in(const struct guard *guard, const struct service_snapshot *before,
                    struct service_snapshot *snapshot)
{
    const struct tables_header *tables = guard_tables(guard);
    u32 entries = tables->rules_count;

    *snapshot = (struct service_snapshot){.mode = tables_mode(tables),
                                          .loaded_at_ns = tables->seated.loaded_at_ns,
                                          .generation = tables->seated.generation};
    guard_outline(guard, &snapshot->status);
    memcpy(snapshot->policy, tables->name, sizeof(snapshot->policy));
    snapshot->rules = entries ? tables_rules(tables)[entries - 1].position : 0;
    guard_events_lost(guard, &snapshot->events_lost);
    snapshot->has_limits = tables->limits_count;
    snapshot->ban_changes = guard_ban_changes(guard);
    snapshot->bans_expired = guard_bans_expired(guard);
    snapshot->block_changes = guard_block_changes(guard);
    snapshot->blocks_expired = guard_blocks_expired(guard);
    snapshot->uses_host =
        before->generation == tables->seated.generation &&
                before->status.state.attached_at_ns == snapshot->status.state.attached_at_ns
            ? before->uses_host
            : uses_host(tables);
    snapshot->drops_are_heard = guard_drops_are_heard(guard);
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

enum look guarding_look(const struct guarding *guarding, struct service_snapshot *snapshot,
                        struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct interface named;
    int error = guarding_open(guarding, GUARD_READ, &guard, why);
    bool is_there = !interface_by_name(guarding->options->interface, &named);

    /* A guard under our name in another network namespace is not ours. */
    if (error == -ENOENT || error == -ENODEV || error == -EXDEV)
        return is_there ? LOOK_OPEN : LOOK_ABSENT;
    if (error)
        return LOOK_FAILED;
    fill_in(guard, &guarding->snapshot, snapshot);
    if (!is_there || named.ifindex != snapshot->status.state.ifindex)
        snprintf(snapshot->called, sizeof(snapshot->called), "%s", guard_interface(guard));
    return LOOK_GUARDED;
}
