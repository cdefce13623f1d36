/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening the state of an interface: finding it, taking the right lock, and putting it in order
 * first. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/memory.h"
#include "guard.h"

/* Of a bpffs in another mount namespace, only the programs it keeps attached to interfaces can be
 * seen. */
static bool carries_ours(const struct interface *interface)
{
    struct bpf_prog_info info = {0};
    u32 size = sizeof(info);

    if (tc_has_program(interface->ifindex, DIRECTION_IN, "root_in_tc"))
        return true;
    if (!interface->xdp_program)
        return false;
    CLEANUP_CLOSE int program = bpf_prog_get_fd_by_id(interface->xdp_program);
    return program >= 0 && !bpf_obj_get_info_by_fd(program, &info, &size) &&
           !strcmp(info.name, "root_in");
}

static int why_unseen(const char *interface, struct why *why)
{
    return why_set(why, -ENOENT,
                   "%s is guarded from another mount namespace, and its state cannot be seen here: "
                   "run this command there",
                   interface);
}

int why_open(const struct guard *guard, struct why *why)
{
    struct interface interface;

    if (bpffs_is_hidden())
        return why_hidden(why);
    if (!interface_by_index(guard->ifindex, &interface) && carries_ours(&interface))
        return why_unseen(guard->interface, why);
    if (!bpffs_is_mounted())
        return why_set(why, -ENOENT,
                       "%s is not guarded as far as can be seen: bpffs, where the state is pinned, "
                       "is not mounted; " MOUNT_COMMAND ", then edgexdp attach %s POLICY",
                       guard->interface, guard->interface);
    return why_set(why, -ENOENT, "%s is not guarded: edgexdp attach %s POLICY", guard->interface,
                   guard->interface);
}

int why_elsewhere(const struct guard *guard, struct why *why)
{
    return why_set(
        why, -EXDEV,
        "the guarded interface called %s is in another network namespace: run this command there",
        guard->interface);
}

static int why_renamed(const struct guard *guard, bool is_there, const char *now, struct why *why)
{
    if (is_there)
        return why_set(
            why, -ENOENT,
            "%s is not guarded (the interface that was guarded under that name is now called %s): "
            "edgexdp attach %s POLICY",
            guard->interface, now, guard->interface);
    return why_set(why, -ENODEV,
                   "there is no interface %s in this network namespace: the interface that was "
                   "guarded under that name is now called %s",
                   guard->interface, now);
}

static int why_gone(const struct guard *guard, struct why *why)
{
    return why_set(why, -ENODEV,
                   "the interface %s that was guarded is gone; if there is a new one, guard it: "
                   "edgexdp attach %s POLICY",
                   guard->interface, guard->interface);
}

/* No state was found for the interface itself, or the interface does not exist: is there state in a
 * folder of its name? Returns 0 if there is and it is to be opened. */
static int locate_by_name(struct guard *guard, enum guard_use use, bool is_there, struct why *why)
{
    struct interface where;
    struct stat status;

    if (stat(guard->path, &status))
        return is_there ? why_open(guard, why) : guard_find_interface(guard, &where, why);
    switch (find_owner(guard->interface, &where)) {
    case OWNER_HERE:
        return why_renamed(guard, is_there, where.name, why);
    case OWNER_ELSEWHERE: /* what has left this namespace may be removed here, nothing else */
        return use == GUARD_REMOVE && !is_there && find_owner_was_here(guard->interface)
                   ? 0
                   : why_elsewhere(guard, why);
    case OWNER_GONE:
        return use == GUARD_REMOVE ? 0 : why_gone(guard, why);
    case OWNER_UNKNOWN:
        break;
    }
    return 0;
}

/* Finds the folder. guard->ifindex stays 0 if the interface is not here any more. */
static int locate(struct guard *guard, enum guard_use use, struct why *why)
{
    struct interface interface;
    int error = guard_find_interface(guard, &interface, why);

    if (error && error != -ENODEV)
        return error;
    if (!error && find_folder(&interface, guard->path))
        return 0;
    int missing = locate_by_name(guard, use, !error, why);
    if (!missing)
        guard->ifindex = 0;
    return missing;
}

/* Did it come from another network namespace, or has its index changed? Then that is recorded. */
static bool has_moved(const struct guard *guard)
{
    return guard->ifindex && (guard->state->ifindex != guard->ifindex ||
                              guard->state->netns_cookie != guard_netns_cookie());
}

static void follow(struct guard *guard)
{
    guard_name_follow(guard);
    if (!has_moved(guard))
        return;
    guard->state->ifindex = guard->ifindex;
    guard->state->netns_cookie = guard_netns_cookie();
}

/* Takes the lock, and opens the maps of GUARD if there are any. */
static int open_locked(struct guard *guard, enum guard_use use, bool exclusive, struct why *why)
{
    struct interface interface;
    int error = bpffs_lock(exclusive, false, &guard->lock, why);

    if (error == -ENOENT)
        return guard_find_interface(guard, &interface, why) ?: why_open(guard, why);
    if (error)
        return error;
    if (exclusive)
        recover_leftovers(guard->lock);
    else if (recover_is_needed())
        return -EUCLEAN;
    error = locate(guard, use, why);
    return error ? error : guard_open_state(guard, why);
}

/* Puts the name and the seats of a guard that is kept in order. Returns -EUCLEAN if they are not in
 * order and changing that needs the exclusive lock. */
static int put_in_order(struct guard *guard, bool exclusive, struct why *why)
{
    int error = guard_open_generations(guard, why);

    if (error)
        return error;
    if (!exclusive)
        return has_moved(guard) || guard_name_can_follow(guard) || guard_needs_recovery(guard)
                   ? -EUCLEAN
                   : 0;
    follow(guard);
    return guard_recover(guard, why);
}

static int open_under(const char *interface, enum guard_use use, bool exclusive,
                      struct guard **guard, struct why *why)
{
    CLEANUP(guard_closep) struct guard *made = guard_new(interface);
    struct interface none;

    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    /* A name that no interface can have must not lead to another folder. */
    if (!*interface || strchr(interface, '/') || strlen(interface) >= INTERFACE_NAME_BYTES)
        return guard_find_interface(made, &none, why) ?: -ENODEV;
    int error = open_locked(made, use, exclusive, why);
    if (!error && use != GUARD_REMOVE)
        error = put_in_order(made, exclusive, why);
    if (!error && use == GUARD_CHANGE)
        listeners_tidy(made);
    if (!error)
        *guard = TAKE_PTR(made);
    return error;
}

int guard_open(const char *interface, enum guard_use use, struct guard **guard, struct why *why)
{
    int error = open_under(interface, use, use != GUARD_READ, guard, why);
    return error == -EUCLEAN ? open_under(interface, use, true, guard, why) : error;
}

struct unseen {
    void (*tell)(const struct why *why, void *context);
    void *context;
};

static int tell_unseen(const struct interface *interface, void *context)
{
    const struct unseen *unseen = context;
    char path[PATH_BYTES];
    struct why why;

    if (!find_folder(interface, path) && carries_ours(interface)) {
        why_unseen(interface->name, &why);
        unseen->tell(&why, unseen->context);
    }
    return 0;
}

void guard_each_unseen(void (*tell)(const struct why *why, void *context), void *context)
{
    struct unseen unseen = {tell, context};

    interface_each(tell_unseen, &unseen);
}

int guard_each(int (*visit)(const char *interface, void *context), void *context, struct why *why)
{
    if (bpffs_is_hidden())
        return why_hidden(why);
    recover_leftovers_alone();
    int result = find_each(visit, context);
    if (result == -EACCES || result == -EPERM)
        return why_set(why, result, "cannot read " PINS_ROOT ": run this command as root");
    return result;
}
