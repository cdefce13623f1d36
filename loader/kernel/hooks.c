/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at what is attached to an interface. A pinned link says where it is attached, and the
 * interface says what it carries. An interface is guarded only if both agree, because a link still
 * exists when it was detached, when its interface is gone, and when that is in another network
 * namespace, where indices mean other interfaces. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"

/* BPF_LINK_TYPE_TCX, added in Linux 6.6; libbpf 1.1 has no name for it. */
#define LINK_TYPE_TCX 11
/* The most programs that the kernel allows in one direction. */
#define TCX_PROGRAMS 64

const char *const link_pins[DIRECTIONS] = {"link_in", "link_out"};

int pinned_link_look(const char *folder, const char *name, struct pinned_link *link)
{
    struct bpf_link_info info = {0};
    u32 size = sizeof(info);
    char pin[PATH_BYTES];

    *link = (struct pinned_link){0};
    bpffs_join(folder, name, pin);
    CLEANUP_CLOSE int fd = bpf_obj_get(pin);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    if (bpf_obj_get_info_by_fd(fd, &info, &size))
        return -errno;
    link->exists = true;
    /* XDP and TCX links have the interface at the same offset, and the TCX attach type is at the
     * offset where network namespace links have theirs. */
    link->ifindex = info.xdp.ifindex;
    link->program = info.prog_id;
    link->tcx_type = info.type == LINK_TYPE_TCX ? info.netns.attach_type : 0;
    return 0;
}

/* Finds the position of PROGRAM among those of a TCX hook; the first is 0. */
static int tcx_place(u32 ifindex, u32 type, u32 program, bool *is_there, u32 *place)
{
    u32 ids[TCX_PROGRAMS], flags = 0, count = ARRAY_SIZE(ids);

    *is_there = false;
    if (bpf_prog_query((int)ifindex, (enum bpf_attach_type)type, 0, &flags, ids, &count))
        return errno == ENODEV ? 0 : -errno;
    for (u32 i = 0; i < count && !*is_there; i++) {
        *is_there = ids[i] == program;
        *place = i;
    }
    return 0;
}

int pinned_link_hangs_on(const struct pinned_link *link, const struct interface *interface,
                         bool *hangs, u32 *place)
{
    *hangs = false;
    *place = 0;
    if (!link->ifindex || link->ifindex != interface->ifindex)
        return 0;
    if (link->tcx_type)
        return tcx_place(link->ifindex, link->tcx_type, link->program, hangs, place);
    *hangs = link->program == interface->xdp_program;
    return 0;
}

/* Do the seats in force hold programs? *seated is set only on success. */
static int look_at_seats(const struct guard *guard, enum direction direction, bool *seated)
{
    int map = guard->maps[direction == DIRECTION_IN ? PIN_SEATS_IN : PIN_SEATS_OUT];
    bool all = true;

    for (u32 seat = 0; seat < SEATS; seat++) {
        u32 program;
        if (!seat_is_live(guard, seat) || !bpf_map_lookup_elem(map, &seat, &program))
            continue;
        if (errno != ENOENT)
            return -errno;
        all = false;
    }
    *seated = all;
    return 0;
}

static int look_at_hook(const struct guard *guard, enum direction direction,
                        const struct interface *interface, struct way *way)
{
    struct pinned_link link;
    bool hangs;

    if (attach_is_on_clsact(guard, direction))
        return tc_look_clsact(guard->ifindex, direction, &way->hangs_something, &way->program);
    int error = pinned_link_look(guard->path, link_pins[direction], &link);
    if (!error)
        error = pinned_link_hangs_on(&link, interface, &hangs, &way->before);
    if (error)
        return error;
    way->hangs_something = hangs;
    way->program = hangs ? link.program : 0;
    return 0;
}

static void look_at_way(const struct guard *guard, enum direction direction,
                        const struct interface *interface, struct way *way)
{
    u32 ours = guard->state->root_ids[direction];
    bool seated = false;

    *way = (struct way){.standing = WAY_UNKNOWN};
    way->error = look_at_hook(guard, direction, interface, way);
    if (!way->error)
        way->error = look_at_seats(guard, direction, &seated);
    if (way->error)
        return;
    if (!way->hangs_something)
        way->standing = WAY_OPEN;
    else if (way->program != ours)
        way->standing = WAY_REPLACED;
    else if (link_layer_has_changed(guard))
        way->standing = WAY_MISREAD;
    else
        way->standing = seated ? WAY_GUARDED : WAY_UNSEATED;
}

void hooks_look(const struct guard *guard, struct guard_status *status)
{
    struct interface interface;
    int error = interface_by_index(guard->ifindex, &interface);

    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        struct way *way = &status->ways[direction];
        *way = (struct way){.standing = error == -ENODEV ? WAY_OPEN : WAY_UNKNOWN, .error = error};
        if (!error)
            look_at_way(guard, direction, &interface, way);
    }
    status->lacks_completer = !error && completer_is_missing(guard);
}

static const char *const way_names[DIRECTIONS] = {"in", "out"};

bool guard_status_is_whole(const struct guard_status *status)
{
    return status->ways[DIRECTION_IN].standing == WAY_GUARDED &&
           status->ways[DIRECTION_OUT].standing == WAY_GUARDED && !status->lacks_completer;
}

static const char *trouble_of(const struct way *way)
{
    switch (way->standing) {
    case WAY_OPEN:
        return "is missing";
    case WAY_REPLACED:
        return "was replaced by another";
    case WAY_UNSEATED:
        return "has lost its policy";
    case WAY_MISREAD:
        return "misreads packets, which now begin with something else than when it was attached "
               "(detach and attach again)";
    case WAY_UNKNOWN:
        return "cannot be looked at: ";
    case WAY_GUARDED:
        break;
    }
    return "is there";
}

void guard_status_trouble(const struct guard_status *status, char text[TROUBLE_BYTES])
{
    size_t length = 0;

    text[0] = '\0';
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        const struct way *way = &status->ways[direction];
        bool is_unknown = way->standing == WAY_UNKNOWN;
        if (way->standing == WAY_GUARDED)
            continue;
        length += (size_t)snprintf(text + length, TROUBLE_BYTES - length,
                                   "%sthe program on the way %s %s%s", length ? "; " : "",
                                   way_names[direction], trouble_of(way),
                                   is_unknown ? strerror(-way->error) : "");
    }
    if (status->lacks_completer)
        snprintf(text + length, TROUBLE_BYTES - length,
                 "%sthe program that completes connections by cookies is missing",
                 length ? "; " : "");
}
