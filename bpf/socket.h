/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking this host's own TCP sockets. The includer defines CONTEXT, what its programs are called
 * with.
 *
 * The kernel does not say whether a socket connected or was accepted by a listener, but it shows:
 * to accept is to copy the listener, and the copy keeps how many connections may wait for the
 * listener's accept(), the number that listen() was called with. Nothing but listen() writes it; a
 * socket that connected has 0. (__inet_listen_sk(), sk_clone_lock(), inet_csk_clone_lock(); alike
 * in Linux 6.1 to 6.18.) That says so also when the listener is gone, whatever ports were bound and
 * wherever a packet was redirected to. Left open is only listen(0): there, a listener on the same
 * address and port that has 0 speaks against it.
 */
#ifndef EDGEXDP_BPF_SOCKET_H
#define EDGEXDP_BPF_SOCKET_H

#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_helpers.h>

#include <edgexdp/abi.h>

#define SOCKET_STREAM 1 /* SOCK_STREAM of headers that are not for programs like these */

/* Where sk_max_ack_backlog stands in the struct sock of the kernel that runs; 0 where that is not
 * known: then every listener counts as one of listen(0). (loader) */
const volatile u32 socket_backlog_at SEC(".rodata.socket") = 0;

INLINE u32 socket_backlog(void *socket)
{
    if (!socket_backlog_at)
        return 0;
    const void *tcp = bpf_skc_to_tcp_sock(socket);
    return tcp ? *(const u32 *)(tcp + socket_backlog_at) : 0;
}

/* The TCP socket of the conversation KEY, or who listens there; with LISTENING only the latter. In
 * the network namespace of the packet's interface. NULL if there is none; else to be given back by
 * bpf_sk_release(). It may be a mere remnant, of a closed connection or of one half open:
 * bpf_sk_fullsock() says NULL to those. */
INLINE struct bpf_sock *socket_find(CONTEXT *context, const struct flow_key *key, bool listening)
{
    struct bpf_sock_tuple tuple = {};
    u32 bytes = sizeof(tuple.ipv4);

    /* As a packet to us has it. Nobody is connected with address 0, port 0. */
    if (key->family == FAMILY_IPV4) {
        __builtin_memcpy(&tuple.ipv4.daddr, key->local, 4);
        tuple.ipv4.dport = to_be16(key->local_port);
        if (!listening) {
            __builtin_memcpy(&tuple.ipv4.saddr, key->remote, 4);
            tuple.ipv4.sport = to_be16(key->remote_port);
        }
    } else {
        bytes = sizeof(tuple.ipv6);
        __builtin_memcpy(tuple.ipv6.daddr, key->local, 16);
        tuple.ipv6.dport = to_be16(key->local_port);
        if (!listening) {
            __builtin_memcpy(tuple.ipv6.saddr, key->remote, 16);
            tuple.ipv6.sport = to_be16(key->remote_port);
        }
    }
    return bpf_skc_lookup_tcp(context, &tuple, bytes, BPF_F_CURRENT_NETNS, 0);
}

/* Does somebody listen at the near end of KEY, whose children would not show it? */
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

/* Did SOCKET, of the conversation KEY, connect? It may be of any kind. */
INLINE bool socket_connected(CONTEXT *context, void *socket, const struct flow_key *key)
{
    struct bpf_sock *full = bpf_sk_fullsock(socket);

    return full && full->type == SOCKET_STREAM && full->protocol == IPPROTO_TCP &&
           !socket_backlog(full) && !socket_listens_silently(context, key);
}

#endif
