/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting the root programs on an interface, pinning what they depend on, and removing both. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

void attach_program_name(u32 id, char name[PROGRAM_NAME_BYTES])
{
    struct bpf_prog_info info = {0};
    u32 size = sizeof(info);
    CLEANUP_CLOSE int fd = bpf_prog_get_fd_by_id(id);
    snprintf(name, PROGRAM_NAME_BYTES, "id %u", id);
    if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) && info.name[0])
        snprintf(name, PROGRAM_NAME_BYTES, "%s, id %u", info.name, id);
}

/* For an interface that is gone the kernel returns various errors, EINVAL among them. */
static bool has_vanished(const struct guard *guard)
{
    struct interface interface;

    return interface_by_index(guard->ifindex, &interface) == -ENODEV;
}

static int why_vanished(const struct guard *guard, struct why *why)
{
    return why_set(why, -ENODEV, "the interface %s vanished while it was being attached",
                   guard->interface);
}

static int why_twice(const struct guard *guard, struct why *why)
{
    return why_set(why, -EBUSY,
                   "%s is guarded already, from another mount namespace: detach it there first",
                   guard->interface);
}

/* A program that is not ours is never replaced. A tc hook has room for several. */
int attach_is_vacant(const struct guard *guard, struct why *why)
{
    if (guard->layer == LINK_BARE)
        return tc_has_program(guard->ifindex, DIRECTION_IN, "root_in_tc") ? why_twice(guard, why)
                                                                          : 0;

    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    char name[PROGRAM_NAME_BYTES];
    int error = bpf_xdp_query((int)guard->ifindex, 0, &query);
    if (error && has_vanished(guard))
        return why_vanished(guard, why);
    if (error)
        return why_kernel(why, error, "cannot ask which XDP program the interface carries");
    u32 id = query.prog_id ?: query.drv_prog_id ?: query.skb_prog_id ?: query.hw_prog_id;
    if (!id && query.attach_mode == XDP_ATTACHED_NONE)
        return 0;
    attach_program_name(id, name);
    if (!strncmp(name, "root_in,", strlen("root_in,")))
        return why_twice(guard, why);
    const char *kind = query.attach_mode == XDP_ATTACHED_SKB  ? "xdpgeneric"
                       : query.attach_mode == XDP_ATTACHED_HW ? "xdpoffload"
                                                              : "xdp";
    return why_set(why, -EBUSY,
                   "%s carries another XDP program already (%s) and edgexdp replaces none: detach "
                   "it with the tool that attached it, or: ip link set dev %s %s off",
                   guard->interface, name, guard->interface, kind);
}

static int link_ingress(const struct hanging *hanging, u32 flags, int *link)
{
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
    int fd = bpf_link_create(hanging->roots->programs[DIRECTION_IN], (int)hanging->guard->ifindex,
                             BPF_XDP, &options);
    if (fd < 0)
        return fd;
    *link = fd;
    return 0;
}

static const char *native_problem(int error)
{
    switch (error) {
    case -EOPNOTSUPP:
        return "its driver has no XDP support";
    case -ERANGE:
    case -EMSGSIZE:
        return "its MTU is too large for its driver's XDP";
    case -EINVAL:
        return "its driver refuses XDP as it is configured (often offloads such as LRO, or the "
               "number of queues)";
    case -EEXIST:
        return "an interface below it has a program of its own";
    case -ENOMEM:
    case -ENOSPC:
        return "its driver has not enough queues or memory for XDP";
    default:
        return strerror(-error);
    }
}

static const u32 xdp_flags[] = {
    [ATTACH_NATIVE] = XDP_FLAGS_DRV_MODE,
    [ATTACH_GENERIC] = XDP_FLAGS_SKB_MODE,
    [ATTACH_OFFLOAD] = XDP_FLAGS_HW_MODE,
};

static void attach_is_in(struct guard *guard, enum attach_mode mode)
{
    guard->state->attach_mode = mode;
    guard->refusing->generic = mode == ATTACH_GENERIC;
}

/* The mode to try first: native if no mode was asked for, unless it loses answers. */
static enum attach_mode first_mode(const struct hanging *hanging, struct why *note)
{
    const char *cause;

    if (hanging->mode != ATTACH_AUTO)
        return hanging->mode;
    if (!answers_are_lost(hanging->guard, &cause))
        return ATTACH_NATIVE;
    why_set(note, 0, "native XDP would lose the %s on %s: %s; using generic mode, which is slower",
            guard_tables(hanging->guard)->switches.protects ? "answers with SYN cookies"
                                                            : "answers to rejected packets",
            hanging->guard->interface, cause);
    return ATTACH_GENERIC;
}

/* If no mode was asked for and native mode fails, try generic mode. EEXIST there may mean a bond
 * whose ports have their own programs. */
static int try_modes(const struct hanging *hanging, int *link, struct why *note)
{
    enum attach_mode mode = first_mode(hanging, note);
    struct guard *guard = hanging->guard;
    int error = link_ingress(hanging, xdp_flags[mode], link);

    if (error && hanging->mode == ATTACH_AUTO && mode == ATTACH_NATIVE && error != -EBUSY &&
        error != -EPERM) {
        int native = error;
        mode = ATTACH_GENERIC;
        error = link_ingress(hanging, xdp_flags[mode], link);
        if (!error || native != -EEXIST)
            why_set(note, native,
                    "native XDP is not possible on %s: %s; using generic mode, which is slower",
                    guard->interface, native_problem(native));
    }
    if (!error)
        attach_is_in(guard, mode);
    return error;
}

static int attach_xdp(const struct hanging *hanging, int *link, struct why *note, struct why *why)
{
    const struct guard *guard = hanging->guard;
    int error = try_modes(hanging, link, note);

    if (!error)
        return 0;
    if (has_vanished(guard)) {
        note->text[0] = 0;
        return why_vanished(guard, why);
    }
    if (error == -EBUSY || error == -EEXIST) {
        int occupied = attach_is_vacant(guard, why);
        if (!occupied && error == -EEXIST)
            return upper_attach_below(hanging, link, note, why);
        return occupied ? occupied : why_kernel(why, error, "cannot attach");
    }
    if (hanging->mode == ATTACH_OFFLOAD)
        return why_set(why, error, "%s cannot run XDP programs in its hardware; try --mode auto",
                       guard->interface);
    if (hanging->mode == ATTACH_NATIVE)
        return why_set(why, error, "%s mode is not possible on %s: %s; try --mode auto",
                       attach_mode_names[hanging->mode], guard->interface, native_problem(error));
    return why_kernel(why, error, "cannot attach to the interface");
}

/* If frames have no link layer, XDP sees the frame from wherever the kernel assumes that one
 * begins: the IP header, the tunnel's header, or the Ethernet header of another interface. */
static int attach_bare(const struct hanging *hanging, int *link, struct why *note, struct why *why)
{
    const struct guard *guard = hanging->guard;

    if (hanging->mode == ATTACH_NATIVE || hanging->mode == ATTACH_OFFLOAD)
        return why_set(
            why, -EOPNOTSUPP,
            "%s mode is not possible on %s: its packets have no Ethernet header, which XDP "
            "programs need; try --mode auto",
            attach_mode_names[hanging->mode], guard->interface);
    int error = tc_attach(guard, DIRECTION_IN, hanging->roots->programs[DIRECTION_IN], link);
    if (error && has_vanished(guard))
        return why_vanished(guard, why);
    if (error)
        return why_kernel(why, error, "cannot attach to the way in of the interface");
    why_set(note, 0,
            "XDP is not possible on %s: its packets have no Ethernet header; they are judged on tc "
            "ingress instead, which is slower",
            guard->interface);
    return 0;
}

int attach_ingress(const struct hanging *hanging, int *link, struct why *note, struct why *why)
{
    if (hanging->guard->layer == LINK_BARE)
        return attach_bare(hanging, link, note, why);
    return attach_xdp(hanging, link, note, why);
}

u32 attach_program_id(int program)
{
    struct bpf_prog_info info = {0};
    u32 size = sizeof(info);

    return program >= 0 && !bpf_obj_get_info_by_fd(program, &info, &size) ? info.id : 0;
}

void roots_remember(struct guard *guard, enum direction direction, const struct roots *roots)
{
    guard->state->root_ids[direction] = attach_program_id(roots->programs[direction]);
}

int attach_egress(const struct hanging *hanging, int *link, struct why *why)
{
    const struct guard *guard = hanging->guard;
    int error = tc_attach(guard, DIRECTION_OUT, hanging->roots->programs[DIRECTION_OUT], link);

    if (error && has_vanished(guard))
        return why_vanished(guard, why);
    return error ? why_kernel(why, error, "cannot attach to the way out of the interface") : 0;
}

bool attach_is_on_clsact(const struct guard *guard, enum direction direction)
{
    return guard->hook == EGRESS_CLSACT &&
           (direction == DIRECTION_OUT || guard->layer == LINK_BARE);
}

/* If the interface is gone, or somebody has replaced it, nothing there is ours. */
static bool clsact_is_ours(const struct guard *guard, enum direction direction)
{
    bool hangs;
    u32 program;

    return guard->ifindex && !tc_look_clsact(guard->ifindex, direction, &hangs, &program) &&
           hangs && program == guard->state->root_ids[direction];
}

void attach_clear_clsact(const struct guard *guard)
{
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        if (attach_is_on_clsact(guard, direction) && clsact_is_ours(guard, direction))
            tc_detach(guard, direction);
}

bool guard_is_pinned(const struct guard *guard)
{
    struct stat status;

    return !stat(guard->path, &status);
}

int guard_pin(const struct guard *guard, const char *name, int descriptor, struct why *why)
{
    char path[PATH_BYTES], fresh[PATH_BYTES + 4];

    bpffs_join(guard->path, name, path);
    snprintf(fresh, sizeof(fresh), "%s%%new", path);
    unlink(fresh);
    if (bpf_obj_pin(descriptor, fresh) || rename(fresh, path))
        return why_kernel(why, -errno, "cannot pin the state");
    return 0;
}

int guard_map_entries(int map)
{
    struct bpf_map_info info = {0};
    u32 size = sizeof(info);

    return bpf_obj_get_info_by_fd(map, &info, &size) ? -errno : (int)info.max_entries;
}

void attach_detach_links(const char *folder)
{
    const char *const names[] = {link_pins[DIRECTION_IN], link_pins[DIRECTION_OUT], COMPLETER_PIN};
    char pin[PATH_BYTES];

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        bpffs_join(folder, names[i], pin);
        CLEANUP_CLOSE int link = bpf_obj_get(pin);
        if (link >= 0)
            bpf_link_detach(link);
    }
}

int guard_detach(struct guard *guard, struct why *why)
{
    char fresh[PATH_BYTES];

    /* This comes first: from then on the next command removes whatever is left. */
    bpffs_interface_path(guard->interface, true, fresh);
    if (rename(guard->path, fresh))
        return why_kernel(why, -errno, "cannot remove the pinned state");
    attach_detach_links(fresh);
    attach_clear_clsact(guard);
    int error = bpffs_remove(fresh);
    return error ? why_kernel(why, error, "cannot remove the pinned state") : 0;
}
