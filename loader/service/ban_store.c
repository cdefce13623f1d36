/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ban_store.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "banfile.h"
#include "journal.h"

/* Writing takes at most 1/SHARE of our time. */
#define SHARE 100

void ban_store_read(const struct guarding *guarding, struct bans *bans)
{
    char path[BANFILE_PATH_BYTES];
    struct why why = {0};

    banfile_path(guarding->options->interface, path);
    if (banfile_read(path, bans, &why))
        journal(guarding, LOG_WARNING, "bans-failed", "%s", why.text);
}

static int ban_all(const struct guarding *guarding, struct bans *bans, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guarding_open(guarding, GUARD_CHANGE, &guard, why);

    if (error || guard_ban_changes(guard))
        return error;
    return guard_ban(guard, bans, why);
}

void ban_store_restore(struct guarding *guarding)
{
    CLEANUP(bans_clear) struct bans bans = {0};
    struct why why = {0};

    if (guarding->snapshot.ban_changes)
        return;
    ban_store_read(guarding, &bans);
    if (!bans.count)
        return;
    if (ban_all(guarding, &bans, &why))
        journal(guarding, LOG_WARNING, "bans-failed", "%s", why.text);
    else
        ban_store_tell(guarding, bans.count);
}

void ban_store_tell(const struct guarding *guarding, size_t count)
{
    if (count)
        journal(guarding, LOG_NOTICE, "bans-restored", "%zu ban%s restored", count,
                count == 1 ? "" : "s");
}

static int open_and_sweep(const struct guarding *guarding, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guarding_open(guarding, GUARD_CHANGE, &guard, why);
    return error ? error : guard_sweep_bans(guard, why);
}

static int open_and_write(const struct guarding *guarding, u64 *changes, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(bans_clear) struct bans bans = {0};
    char path[BANFILE_PATH_BYTES];

    int error = guarding_open(guarding, GUARD_READ, &guard, why);
    if (!error)
        error = guard_bans_by_command(guard, &bans, why);
    if (error)
        return error;
    banfile_path(guarding->options->interface, path);
    *changes = guard_ban_changes(guard);
    guard_unlock(guard);
    return banfile_write(path, &bans, why);
}

/* Is what was written still what the kernel has? Not if the interface was attached anew since. */
static bool is_kept(const struct guarding *guarding)
{
    const struct ban_store *store = &guarding->ban_store;
    const struct service_snapshot *now = &guarding->snapshot;

    return store->attached_at_ns == now->status.state.attached_at_ns &&
           store->changes == now->ban_changes;
}

static void tell(struct guarding *guarding, const struct why *why)
{
    if (why->text[0] && strcmp(why->text, guarding->ban_store.trouble.text) != 0)
        journal(guarding, LOG_WARNING, "bans-failed", "%s", why->text);
    guarding->ban_store.trouble = *why;
}

void ban_store_follow(struct guarding *guarding, bool hurry)
{
    struct ban_store *store = &guarding->ban_store;
    struct why why = {0};
    u64 begun_ns = monotonic_ns();

    if (!guarding->ifindex || guarding->detached)
        return;
    if (guarding->snapshot.bans_expired)
        open_and_sweep(guarding, &why);
    if ((!guarding->snapshot.bans_expired && is_kept(guarding)) ||
        (!hurry && begun_ns < store->not_before_ns))
        return;
    if (!open_and_write(guarding, &store->changes, &why))
        store->attached_at_ns = guarding->snapshot.status.state.attached_at_ns;
    store->not_before_ns = monotonic_ns() + SHARE * (monotonic_ns() - begun_ns);
    tell(guarding, &why);
}
