/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of the host have changed: the policy in force follows. */
#include "apply.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "seat.h"

/* Gets the words of the host that the policy of TABLES uses: *kept as they were, *now as they are.
 * Both are NULL if it uses none. */
static int compare(const char *interface, const struct tables_header *tables,
                   const struct known_names *known, struct host **kept, struct host **now,
                   struct why *why)
{
    size_t length;
    const void *archive = tables_archive(tables, &length);
    int error = archive_host(archive, length, kept);

    if (!error && *kept)
        error = named_host_now(interface, *kept, tables->seated.loaded_at_ns, known, now);
    return error ? why_set(why, error, "cannot compare the addresses of this host: %s",
                           strerror(-error))
                 : 0;
}

/* What is in force is still what was looked at: generations are never numbered twice. */
static int put(const char *interface, u32 generation, const struct prepared *prepared,
               struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(interface, GUARD_CHANGE, &guard, why);

    if (error)
        return error;
    if (guard_tables(guard)->seated.generation != generation)
        return why_set(why, -EAGAIN, "another policy was put in force meanwhile");
    return apply_seat_instead(guard, prepared, why);
}

static int prepare(const struct tables_header *tables, const void *archive, size_t length,
                   const struct host *now, struct prepared *prepared, struct why *why)
{
    int error = prepared_readdress(prepared, archive, length, tables_path(tables), now, why);

    if (!error && tables->switches.audit)
        prepared->policy->mode = MODE_AUDIT;
    return error;
}

int apply_readdress(const char *interface, const struct known_names *known,
                    struct prepared *prepared, char **changes, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    CLEANUP(host_freep) struct host *kept = NULL;
    CLEANUP(host_freep) struct host *now = NULL;
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int error = guard_open(interface, GUARD_READ, &guard, why);

    *changes = NULL;
    if (error)
        return error;
    const struct tables_header *tables = guard_tables(guard);
    const void *archive = tables_archive(tables, &length);
    u32 generation = tables->seated.generation;
    guard_unlock(guard);
    error = compare(guard_interface(guard), tables, known, &kept, &now, why);
    if (error || !kept)
        return error;
    text = host_changes(kept, now);
    if (!text)
        return why_set(why, -ENOMEM, "out of memory");
    if (!*text)
        return 0;
    error = prepare(tables, archive, length, now, prepared, why);
    if (!error)
        error = put(interface, generation, prepared, why);
    if (!error)
        *changes = TAKE_PTR(text);
    return error;
}
