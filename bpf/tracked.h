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

/* What is read of a connection: the ends of its first packet. libbpf finds the places where the
 * running kernel has them. */
#define OF_KERNEL __attribute__((preserve_access_index))
union nf_inet_addr {
    u32 all[4];
} OF_KERNEL;

union nf_conntrack_man_proto {
    u16 all;
} OF_KERNEL;

struct nf_conntrack_man {
    union nf_inet_addr u3;
    union nf_conntrack_man_proto u;
} OF_KERNEL;

struct nf_conntrack_tuple {
    struct nf_conntrack_man src;
} OF_KERNEL;

struct nf_conntrack_tuple_hash {
    struct nf_conntrack_tuple tuple;
} OF_KERNEL;

struct nf_conn {
    struct nf_conntrack_tuple_hash tuplehash[2]; /* by enum ip_conntrack_dir */
} OF_KERNEL;

enum { TRACKED_ORIGINAL, TRACKED_REPLY }; /* enum ip_conntrack_dir */

extern struct nf_conn *tracked_lookup(CONTEXT *context, struct bpf_sock_tuple *tuple,
                                      u32 tuple_size, struct bpf_ct_opts *options,
                                      u32 options_size) __ksym;
extern void bpf_ct_release(struct nf_conn *tracked) __ksym;

/* The connection that packets with the ends of TUPLE, of BYTES bytes, belong to, or NULL; else the
 * caller releases it with bpf_ct_release(). */
INLINE struct nf_conn *tracked_find(CONTEXT *context, struct bpf_sock_tuple *tuple, u32 bytes,
                                    struct bpf_ct_opts *options)
{
    return bytes == sizeof(tuple->ipv4)
               ? tracked_lookup(context, tuple, sizeof(tuple->ipv4), options, sizeof(*options))
               : tracked_lookup(context, tuple, sizeof(tuple->ipv6), options, sizeof(*options));
}

/* Does the kernel track a connection that the segment PACKET, which comes in, belongs to? */
WALKED_ONCE u32 tracked_connection(CONTEXT *context, const struct packet *packet)
{
    struct bpf_ct_opts options = {.netns_id = -1, .l4proto = IPPROTO_TCP};
    struct bpf_sock_tuple tuple = {};

    if (!packet)
        return false;
    u32 bytes = socket_tuple_of_packet(packet, &tuple);
    struct nf_conn *tracked = tracked_find(context, &tuple, bytes, &options);
    if (!tracked)
        return false;
    bpf_ct_release(tracked);
    return true;
}

INLINE void tracked_read_source(const struct nf_conn *tracked, struct packet *packet)
{
    const struct nf_conntrack_man *from = &tracked->tuplehash[TRACKED_ORIGINAL].tuple.src;

    packet->source_port = from_be16(from->u.all);
    packet->source.words_be[0] = from->u3.all[0];
    if (packet->family == FAMILY_IPV4)
        return;
    packet->source.words_be[1] = from->u3.all[1];
    packet->source.words_be[2] = from->u3.all[2];
    packet->source.words_be[3] = from->u3.all[3];
}

/* Gives PACKET, which is forwarded and goes out, the source that it came in with, if the kernel has
 * translated it. What answers it has the ends that the answer's tuple says. */
WALKED_ONCE int tracked_restore_source(CONTEXT *context, struct packet *packet)
{
    struct bpf_ct_opts options = {.netns_id = -1};
    struct bpf_sock_tuple tuple = {};
    struct flow_key key;

    if (!packet || (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP) ||
        !flow_key_of(packet, DIRECTION_OUT, &key))
        return 0;
    options.l4proto = packet->protocol;
    u32 bytes = socket_tuple(&key, false, &tuple);
    struct nf_conn *tracked = tracked_find(context, &tuple, bytes, &options);
    if (!tracked)
        return 0;
    if (options.dir == TRACKED_REPLY)
        tracked_read_source(tracked, packet);
    bpf_ct_release(tracked);
    return 0;
}
#else
/* These programs do not ask. */
INLINE u32 tracked_connection(CONTEXT *context, const struct packet *packet)
{
    return false;
}
#endif

#endif
