/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking this host's own TCP sockets. The includer defines CONTEXT, the type its programs are
 * called with.
 *
 * The kernel does not say whether a socket connected or was accepted by a listener, but it can be
 * seen: accepting copies the listener, and the copy keeps the backlog that listen() was called
 * with, the number of connections that may wait for accept(). Only listen() writes it; a socket
 * that connected has 0. (__inet_listen_sk(), sk_clone_lock(), inet_csk_clone_lock(); the same in
 * Linux 6.1 to 6.18.) This holds even when the listener is gone, whatever ports were bound and
 * wherever a packet was redirected. The only open case is listen(0): there, a listener with backlog
 * 0 on the same address and port means that the socket may have been accepted.
 */
#ifndef EDGEXDP_BPF_SOCKET_H
#define EDGEXDP_BPF_SOCKET_H

#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_helpers.h>

#include <edgexdp/abi.h>
#include <edgexdp/packet.h>

#define SOCKET_STREAM 1 /* SOCK_STREAM; BPF programs cannot include its header */

/* Where the running kernel's sockets have what its programs may read, but have no name for; 0 if it
 * is not known. (loader) */
const volatile struct socket_places socket_places SEC(".rodata.socket") = {};

/* If it is not known, every listener counts as one of listen(0). */
INLINE u32 socket_backlog(void *socket)
{
    if (!socket_places.backlog)
        return 0;
    const void *tcp = bpf_skc_to_tcp_sock(socket);
    return tcp ? *(const u32 *)(tcp + socket_places.backlog) : 0;
}

/* May programs make the connections of the listener SOCKET? Not those of MPTCP. */
INLINE bool socket_is_plain(void *socket)
{
    if (socket_places.mptcp == SOCKET_NO_MPTCP)
        return true;
    const void *tcp = socket_places.mptcp ? bpf_skc_to_tcp_sock(socket) : NULL;
    return tcp && !*(const u8 *)(tcp + socket_places.mptcp);
}

/* Fills TUPLE, which is all 0, with the ends of KEY, as in a packet to us: the near end is the
 * destination. With LISTENING, the far end is address 0, port 0, to which no socket is connected.
 * Returns its size. */
INLINE u32 socket_tuple(const struct flow_key *key, bool listening, struct bpf_sock_tuple *tuple)
{
    if (key->family == FAMILY_IPV4) {
        __builtin_memcpy(&tuple->ipv4.daddr, key->local, 4);
        tuple->ipv4.dport = to_be16(key->local_port);
        if (!listening) {
            __builtin_memcpy(&tuple->ipv4.saddr, key->remote, 4);
            tuple->ipv4.sport = to_be16(key->remote_port);
        }
        return sizeof(tuple->ipv4);
    }
    __builtin_memcpy(tuple->ipv6.daddr, key->local, 16);
    tuple->ipv6.dport = to_be16(key->local_port);
    if (!listening) {
        __builtin_memcpy(tuple->ipv6.saddr, key->remote, 16);
        tuple->ipv6.sport = to_be16(key->remote_port);
    }
    return sizeof(tuple->ipv6);
}

/* The same for PACKET, which comes in. */
INLINE u32 socket_tuple_of_packet(const struct packet *packet, struct bpf_sock_tuple *tuple)
{
    if (packet->family == FAMILY_IPV4) {
        tuple->ipv4.saddr = packet->source.words_be[0];
        tuple->ipv4.daddr = packet->destination.words_be[0];
        tuple->ipv4.sport = to_be16(packet->source_port);
        tuple->ipv4.dport = to_be16(packet->destination_port);
        return sizeof(tuple->ipv4);
    }
    __builtin_memcpy(tuple->ipv6.saddr, packet->source.bytes, 16);
    __builtin_memcpy(tuple->ipv6.daddr, packet->destination.bytes, 16);
    tuple->ipv6.sport = to_be16(packet->source_port);
    tuple->ipv6.dport = to_be16(packet->destination_port);
    return sizeof(tuple->ipv6);
}

/* The TCP socket of the conversation KEY, or the listener there; with LISTENING only the latter. It
 * is looked up in the network namespace of the packet's interface. Returns NULL if there is none;
 * else the caller releases it with bpf_sk_release(). It may be only the remnant of a closed or
 * half-open connection: bpf_sk_fullsock() returns NULL for those. */
INLINE struct bpf_sock *socket_find(CONTEXT *context, const struct flow_key *key, bool listening)
{
    struct bpf_sock_tuple tuple = {};
    u32 bytes = socket_tuple(key, listening, &tuple);

    return bpf_skc_lookup_tcp(context, &tuple, bytes, BPF_F_CURRENT_NETNS, 0);
}

/* The same for PACKET, which comes in. */
INLINE struct bpf_sock *socket_find_of_packet(CONTEXT *context, const struct packet *packet)
{
    struct bpf_sock_tuple tuple = {};
    u32 bytes = socket_tuple_of_packet(packet, &tuple);

    return bpf_skc_lookup_tcp(context, &tuple, bytes, BPF_F_CURRENT_NETNS, 0);
}

/* Is there a listener at the near end of KEY whose accepted sockets do not show that they were
 * accepted? */
WALKED_ONCE u32 socket_listens_silently(CONTEXT *context, const struct flow_key *key)
{
    struct bpf_sock *listener = key ? socket_find(context, key, true) : NULL;
    u32 backlog;

    if (!listener)
        return false;
    backlog = socket_backlog(listener);
    bpf_sk_release(listener);
    return !backlog;
}

/* Has LISTENER never sent a SYN cookie, so that the kernel takes none for it? Cookies from
 * elsewhere are announced to it: see bpf_tcp_gen_syncookie(). Returns false where that is not
 * known, as of listeners that share a port. */
INLINE bool socket_sent_no_cookie(void *listener)
{
    if (!socket_places.overflow || !socket_places.group)
        return false;
    const void *tcp = bpf_skc_to_tcp_sock(listener);
    return tcp && !*(const u64 *)(tcp + socket_places.group) &&
           !*(const u32 *)(tcp + socket_places.overflow);
}

/* Did SOCKET, of the conversation KEY, connect? SOCKET may be of any kind. */
INLINE bool socket_connected(CONTEXT *context, void *socket, const struct flow_key *key)
{
    struct bpf_sock *full = bpf_sk_fullsock(socket);

    return full && full->type == SOCKET_STREAM && full->protocol == IPPROTO_TCP &&
           !socket_backlog(full) && !socket_listens_silently(context, key);
}

#endif
