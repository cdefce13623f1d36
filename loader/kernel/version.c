/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Upgrades in place: state of the same schema is kept when programs of another version take over.
 * Those of a generation are replaced when it is seated; the root programs replace their
 * predecessors in their links, and no packet passes unjudged. */
#include <bpf/bpf.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <sys/stat.h>

#include "../base/memory.h"
#include "guard.h"

u64 version_of(const struct iovec *objects, size_t count)
{
    struct sha256_ctx hash;
    u64 first;

    sha256_init(&hash);
    for (size_t i = 0; i < count; i++)
        sha256_update(&hash, objects[i].iov_len, objects[i].iov_base);
    sha256_digest(&hash, sizeof(first), (u8 *)&first);
    return first;
}

bool guard_is_of_this_version(const struct guard *guard)
{
    const struct tables_header *tables = guard_tables(guard);
    return tables && tables->seated.programs == embedded_version() &&
           guard->state->root_programs == roots_version();
}

int roots_renew_way(const struct guard *guard, enum direction direction, const struct roots *roots)
{
    int program = roots->programs[direction];
    char pin[PATH_BYTES];

    if (attach_is_on_clsact(guard, direction))
        return tc_renew(guard, direction, program);
    bpffs_join(guard->path, link_pins[direction], pin);
    CLEANUP_CLOSE int link = bpf_obj_get(pin);
    if (link < 0)
        return -errno;
    return bpf_link_update(link, program, NULL) ? -errno : 0;
}

int roots_renew(struct guard *guard, struct why *why)
{
    CLEANUP(roots_close) struct roots roots = {{-1, -1}};
    struct guard_status status;

    if (guard->state->root_programs == roots_version())
        return 0;
    guard_outline(guard, &status);
    int error = roots_load(guard, &roots, why);
    if (error)
        return error;
    for (int way = DIRECTION_OUT; !error && way >= DIRECTION_IN; way--) {
        if (status.ways[way].standing != WAY_GUARDED)
            continue;
        roots_remember(guard, (enum direction)way, &roots);
        error = roots_renew_way(guard, (enum direction)way, &roots);
    }
    if (error)
        return why_kernel(why, error, "cannot put the programs of this version on the interface");
    guard->state->root_programs = roots_version();
    return 0;
}
