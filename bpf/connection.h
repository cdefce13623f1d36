/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `tcp-state`: does a segment belong to a connection of this host? A policy without it has none of
 * this in its programs. */
#ifndef EDGEXDP_BPF_CONNECTION_H
#define EDGEXDP_BPF_CONNECTION_H

#include "cookie_check.h"
#include "generation.h"
#include "socket.h"

#ifdef TRACKED_LOOKUP
#include "tracked.h"
#else
/* These programs do not ask. */
INLINE u32 tracked_connection(CONTEXT *context, const struct packet *packet)
{
    return false;
}
#endif

enum socket_found { SOCKET_NONE, SOCKET_LISTENS, SOCKET_CONNECTED };

/* What the kernel has for a segment that comes in. Sockets that are half open or closing count as
 * connected, and so does what is left of a closed one (TIME-WAIT). */
WALKED_ONCE u32 connection_socket(CONTEXT *context, const struct packet *packet)
{
    struct flow_key key;

    if (!packet || !header.switches.tcp_state || !flow_key_of(packet, DIRECTION_IN, &key))
        return SOCKET_NONE;
    struct bpf_sock *found = socket_find(context, &key, false);
    if (!found)
        return SOCKET_NONE;
    u32 state = found->state;
    bpf_sk_release(found);
    return state == BPF_TCP_LISTEN ? SOCKET_LISTENS : SOCKET_CONNECTED;
}

/* A listener alone is no connection, unless the client brings a cookie. The kernel takes cookies
 * only if it has sent some lately; otherwise it resets whoever brings one. */
WALKED_ONCE u32 connection_exists(CONTEXT *context, const struct packet *packet)
{
    if (!packet || !header.switches.tcp_state)
        return false;
    u32 found = connection_socket(context, packet);
    if (found == SOCKET_CONNECTED)
        return true;
    if (found == SOCKET_LISTENS && cookie_is_expected(packet) && cookie_is_valid(context, packet))
        return true;
    return tracked_connection(context, packet);
}

static bool world_has_connection(struct world *world, const struct packet *packet)
{
    return connection_exists(world->state, packet);
}

#endif
