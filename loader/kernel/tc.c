/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting root programs on the tc hooks of an interface: always for egress, and for ingress if
 * frames have no link layer. TCX links them; before Linux 6.6 they are classifiers on clsact, which
 * have no link and are found by their handle. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"

#define CLSACT_HANDLE   0xed6e
#define CLSACT_PRIORITY 1

/* Added in Linux 6.6; libbpf 1.1 has no names for them. */
static const enum bpf_attach_type tcx_types[DIRECTIONS] = {
    [DIRECTION_IN] = (enum bpf_attach_type)46, [DIRECTION_OUT] = (enum bpf_attach_type)47};
#define TCX_FIRST (1u << 3) /* BPF_F_BEFORE, without a program to be before: first of all */

bool kernel_has_tcx(u32 ifindex)
{
    u32 flags = 0, count = 0;
    return !bpf_prog_query((int)ifindex, tcx_types[DIRECTION_OUT], 0, &flags, NULL, &count);
}

static void clsact_place(u32 ifindex, enum direction direction, struct bpf_tc_hook *hook,
                         struct bpf_tc_opts *filter)
{
    *hook = (struct bpf_tc_hook){.sz = sizeof(*hook),
                                 .ifindex = (int)ifindex,
                                 .attach_point =
                                     direction == DIRECTION_IN ? BPF_TC_INGRESS : BPF_TC_EGRESS};
    *filter = (struct bpf_tc_opts){
        .sz = sizeof(*filter), .handle = CLSACT_HANDLE, .priority = CLSACT_PRIORITY};
}

int tc_renew(const struct guard *guard, enum direction direction, int program)
{
    struct bpf_tc_hook hook;
    struct bpf_tc_opts filter;

    clsact_place(guard->ifindex, direction, &hook, &filter);
    int error = bpf_tc_hook_create(&hook);
    if (error && error != -EEXIST)
        return error;
    filter.prog_fd = program;
    filter.flags = BPF_TC_F_REPLACE;
    return bpf_tc_attach(&hook, &filter);
}

static int link_create(const struct guard *guard, enum direction direction, int program, u32 flags,
                       int *link)
{
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
    int fd = bpf_link_create(program, (int)guard->ifindex, tcx_types[direction], &options);
    if (fd < 0)
        return fd;
    *link = fd;
    return 0;
}

int tc_attach(const struct guard *guard, enum direction direction, int program, int *link)
{
    if (guard->hook == EGRESS_CLSACT)
        return tc_renew(guard, direction, program);
    /* No later program sees what another program lets pass with a final verdict, so ours goes
     * first. */
    return link_create(guard, direction, program, TCX_FIRST, link);
}

int tc_attach_behind_ours(const struct guard *guard, int program, int *link)
{
    return link_create(guard, DIRECTION_IN, program, guard->layer == LINK_BARE ? 0 : TCX_FIRST,
                       link);
}

void tc_detach(const struct guard *guard, enum direction direction)
{
    struct bpf_tc_hook hook;
    struct bpf_tc_opts filter;

    clsact_place(guard->ifindex, direction, &hook, &filter);
    bpf_tc_detach(&hook, &filter);
}

int tc_look_clsact(u32 ifindex, enum direction direction, bool *hangs, u32 *program)
{
    struct bpf_tc_hook hook;
    struct bpf_tc_opts filter;

    clsact_place(ifindex, direction, &hook, &filter);
    *hangs = !bpf_tc_query(&hook, &filter);
    *program = *hangs ? filter.prog_id : 0;
    return 0;
}

bool tc_has_program(u32 ifindex, enum direction direction, const char *name)
{
    u32 ids[64], flags = 0, count = ARRAY_SIZE(ids);

    if (bpf_prog_query((int)ifindex, tcx_types[direction], 0, &flags, ids, &count))
        return false;
    for (u32 i = 0; i < count && i < ARRAY_SIZE(ids); i++) {
        struct bpf_prog_info info = {0};
        u32 size = sizeof(info);
        CLEANUP_CLOSE int fd = bpf_prog_get_fd_by_id(ids[i]);
        if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(info.name, name))
            return true;
    }
    return false;
}
