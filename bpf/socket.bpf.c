// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks the kernel about a socket of this host, for the loader, which runs it directly: it is
 * attached to nothing. */
#include <linux/pkt_cls.h>

#define CONTEXT struct __sk_buff
#include <edgexdp/types.h>

#include "socket.h"

/* The question, and its answer. */
struct flow_key asked = {};
bool connected = false;

SEC("tc")
int ask_socket(struct __sk_buff *context)
{
    struct flow_key key = asked;
    struct bpf_sock *socket = socket_find(context, &key, false);

    connected = false;
    if (!socket)
        return TC_ACT_SHOT;
    connected = socket_connected(context, socket, &key);
    bpf_sk_release(socket);
    return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
