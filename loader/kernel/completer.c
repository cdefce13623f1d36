/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program that makes the connections of those who show a cookie with all options: where the
 * kernel allows it, and what such connections may have. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <edgexdp/wire.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../base/memory.h"
#include "../base/setting.h"
#include "guard.h"

#include "completer.skel.h"

/* By how many bits the kernel scales the windows of sockets whose size nobody has set: see
 * tcp_select_initial_window(). */
static u8 own_scale(void)
{
    long bytes = setting_read("net/ipv4/tcp_rmem", 2), most = setting_read("net/core/rmem_max", 0);
    u8 scale = 0;

    for (bytes = bytes > most ? bytes : most; bytes > 0xffff && scale < TCP_SCALE_MAX; bytes /= 2)
        scale++;
    return scale;
}

/* What this host offers to whoever connects; 0 if it has no timestamps. */
static u8 find_offers(void)
{
    if (setting_read("net/ipv4/tcp_timestamps", 0) <= 0)
        return 0;
    return (u8)(FULL_COOKIES_ON | own_scale() |
                (setting_read("net/ipv4/tcp_sack", 0) > 0 ? FULL_COOKIES_SACK : 0) |
                (setting_read("net/ipv4/tcp_window_scaling", 0) > 0 ? FULL_COOKIES_SCALE : 0));
}

static int load(const struct guard *guard, int *program)
{
    struct completer_bpf *completer = completer_bpf__open();
    int error = completer ? 0 : -errno;

    if (!error) {
        memcpy((void *)&completer->rodata_socket->socket_places, &kernel_types_read()->places,
               sizeof(struct socket_places));
        error = pin_maps_reuse(guard, completer->obj);
    }
    if (!error)
        error = completer_bpf__load(completer);
    if (!error && (*program = dup(bpf_program__fd(completer->progs.complete))) < 0)
        error = -errno;
    completer_bpf__destroy(completer);
    return error;
}

static bool completer_hangs(const struct guard *guard)
{
    struct pinned_link link;
    struct interface interface;
    bool hangs;

    return !pinned_link_look(guard->path, COMPLETER_PIN, &link) && link.exists &&
           !interface_by_index(guard->ifindex, &interface) &&
           !pinned_link_hangs_on(&link, &interface, &hangs, &(u32){0}) && hangs;
}

bool completer_is_missing(const struct guard *guard)
{
    const struct tables_header *now = guard_tables(guard), *before = guard_fallback_tables(guard);

    return ((now && now->seated.full) || (before && before->seated.full)) &&
           !completer_hangs(guard);
}

/* Puts PROGRAM where another version of it hangs. */
static int renew(const struct guard *guard, int program)
{
    char pin[PATH_BYTES];

    bpffs_join(guard->path, COMPLETER_PIN, pin);
    CLEANUP_CLOSE int link = bpf_obj_get(pin);
    return link < 0 || bpf_link_update(link, program, NULL) ? -errno : 0;
}

int completer_hang(struct guard *guard, struct why *why)
{
    CLEANUP_CLOSE int program = -1, link = -1;
    int error = load(guard, &program);

    if (!error && completer_hangs(guard))
        error = renew(guard, program);
    else if (!error)
        error = tc_attach_behind_ours(guard, program, &link);
    if (error)
        return why_kernel(why, error,
                          "cannot attach the program that completes connections by cookies");
    if (link < 0)
        return 0;
    if (guard_is_pinned(guard))
        return guard_pin(guard, COMPLETER_PIN, link, why);
    close_descriptor(&guard->completer);
    guard->completer = TAKE_FD(link);
    return 0;
}

int completer_prepare(struct guard *guard, struct tables_header *header, struct why *why)
{
    header->seated.full = 0;
    if (!header->switches.protects || header->switches.audit || guard->hook != EGRESS_TCX ||
        !kernel_types_read()->complete)
        return 0;
    header->seated.full = find_offers();
    return header->seated.full ? completer_hang(guard, why) : 0;
}

int completer_choose_key(const struct guard *guard)
{
    struct full_cookie_key key;
    u32 zero = 0;

    if (getrandom(&key, sizeof(key), 0) != sizeof(key))
        return -errno;
    return bpf_map_update_elem(guard->maps[PIN_COOKIE_KEY], &zero, &key, BPF_ANY) ? -errno : 0;
}
