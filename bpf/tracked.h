/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking what the kernel tracks (nf_conntrack_bpf.c, from Linux 5.18 on). */
#ifndef EDGEXDP_BPF_TRACKED_H
#define EDGEXDP_BPF_TRACKED_H

#include <edgexdp/packet.h>

#include "socket.h"

#ifdef tracked_lookup
/* As the kernel declares it; longer ones are accepted, too, but this is known to every version. */
struct bpf_ct_opts {
    int netns_id;
    int error;
    u8 l4proto;
    u8 dir;
    u8 reserved[2];
};
ASSERT_SIZE(struct bpf_ct_opts, 12);

/* Only passed on; libbpf compares the kinds of types, and one that is only declared is another. */
struct nf_conn {
    u8 unread;
};

extern struct nf_conn *tracked_lookup(CONTEXT *context, struct bpf_sock_tuple *tuple,
                                      u32 tuple_size, struct bpf_ct_opts *options,
                                      u32 options_size) __ksym;
extern void bpf_ct_release(struct nf_conn *tracked) __ksym;

/* Does the kernel track a connection that the segment PACKET, which comes in, belongs to? */
WALKED_ONCE u32 tracked_connection(CONTEXT *context, const struct packet *packet)
{
    struct bpf_ct_opts options = {.netns_id = -1, .l4proto = IPPROTO_TCP};
    struct bpf_sock_tuple tuple = {};

    if (!packet)
        return false;
    u32 bytes = socket_tuple_of_packet(packet, &tuple);
    struct nf_conn *tracked =
        bytes == sizeof(tuple.ipv4)
            ? tracked_lookup(context, &tuple, sizeof(tuple.ipv4), &options, sizeof(options))
            : tracked_lookup(context, &tuple, sizeof(tuple.ipv6), &options, sizeof(options));
    if (!tracked)
        return false;
    bpf_ct_release(tracked);
    return true;
}
#else
/* These programs do not ask. */
INLINE u32 tracked_connection(CONTEXT *context, const struct packet *packet)
{
    return false;
}
#endif

#endif
