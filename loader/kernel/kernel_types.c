/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the types that the kernel publishes (BTF) tell: where its sockets have what programs read,
 * and which of its functions they may call. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "guard.h"

static u32 member_at(const struct btf *kernel, const char *type_name, const char *name)
{
    int id = btf__find_by_name_kind(kernel, type_name, BTF_KIND_STRUCT);
    const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(kernel, (u32)id);

    for (u32 i = 0; type && i < btf_vlen(type); i++) {
        const char *found = btf__name_by_offset(kernel, btf_members(type)[i].name_off);
        if (found && !strcmp(found, name))
            return btf_member_bit_offset(type, i) / 8;
    }
    return 0;
}

static u32 overflow_at(const struct btf *kernel)
{
    u32 options = member_at(kernel, "tcp_sock", "rx_opt");
    int id = btf__find_by_name_kind(kernel, "tcp_options_received", BTF_KIND_STRUCT);
    const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(kernel, (u32)id);
    const char *first =
        type && btf_vlen(type) ? btf__name_by_offset(kernel, btf_members(type)[0].name_off) : "";
    u32 at = member_at(kernel, "tcp_options_received", "ts_recent_stamp");

    /* It is the first one since long ago, and 0 may also mean that it is not there. */
    return options && (at || !strcmp(first, "ts_recent_stamp")) ? options + at : 0;
}

static struct socket_places find_places(const struct btf *kernel)
{
    struct socket_places places = {
        .backlog = member_at(kernel, "sock", "sk_max_ack_backlog"),
        .received = member_at(kernel, "tcp_sock", "rcv_nxt"),
        .sent = member_at(kernel, "tcp_sock", "snd_nxt"),
        .mptcp = member_at(kernel, "tcp_sock", "is_mptcp"),
        .chosen = member_at(kernel, "tcp_request_sock", "snt_isn"),
        .overflow = overflow_at(kernel),
        .group = member_at(kernel, "sock", "sk_reuseport_cb"),
    };

    if (!places.mptcp && places.received) /* such a kernel has none */
        places.mptcp = SOCKET_NO_MPTCP;
    return places;
}

static bool has_function(const struct btf *types, const char *name)
{
    return btf__find_by_name_kind(types, name, BTF_KIND_FUNC) > 0;
}

bool kernel_types_track(const struct btf *types)
{
    return has_function(types, "bpf_xdp_ct_lookup") && has_function(types, "bpf_skb_ct_lookup") &&
           has_function(types, "bpf_ct_release");
}

const struct kernel_types *kernel_types_read(void)
{
    static struct kernel_types types;
    static bool known;

    if (known)
        return &types;
    known = true;
    struct btf *kernel = btf__load_vmlinux_btf();
    if (libbpf_get_error(kernel))
        return &types;
    types = (struct kernel_types){
        .are_published = true,
        .track = kernel_types_track(kernel),
        .complete = has_function(kernel, "bpf_sk_assign_tcp_reqsk"),
        .places = find_places(kernel),
    };
    btf__free(kernel);
    return &types;
}
