/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `tcp-state`: does a segment belong to a connection of this host? A policy without it has none of
 * this in its programs. */
#ifndef EDGEXDP_BPF_CONNECTION_H
#define EDGEXDP_BPF_CONNECTION_H

#include "cookie_check.h"
#include "generation.h"
#include "socket.h"
#include "tracked.h"

enum socket_found { SOCKET_NONE, SOCKET_TAKES_COOKIES, SOCKET_CONNECTED };

/* What the kernel has for a segment that comes in. Sockets that are half open or closing count as
 * connected, and so does what is left of a closed one (TIME-WAIT). */
INLINE enum socket_found connection_socket(CONTEXT *context, const struct packet *packet)
{
    struct bpf_sock *found = socket_find_of_packet(context, packet);

    if (!found)
        return SOCKET_NONE;
    enum socket_found what = SOCKET_CONNECTED;
    if (found->state == BPF_TCP_LISTEN)
        what = cookie_check_applies(packet) && !socket_sent_no_cookie(found) ? SOCKET_TAKES_COOKIES
                                                                             : SOCKET_NONE;
    bpf_sk_release(found);
    return what;
}

/* A listener alone is no connection, unless the client brings a cookie. */
WALKED_ONCE u32 connection_exists(CONTEXT *context, const struct packet *packet)
{
    if (!packet || !header.switches.tcp_state)
        return false;
    enum socket_found found = connection_socket(context, packet);
    if (found == SOCKET_CONNECTED)
        return true;
    if (found == SOCKET_TAKES_COOKIES && cookie_check_returned(context, packet))
        return true;
    return tracked_connection(context, packet);
}

static bool world_has_connection(struct world *world, const struct packet *packet)
{
    return connection_exists(world->state, packet);
}

#endif
