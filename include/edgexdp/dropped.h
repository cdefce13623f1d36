/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of what is dropped by default: by direction, protocol, port and network of the far end. */
#ifndef EDGEXDP_DROPPED_H
#define EDGEXDP_DROPPED_H

#include "packet.h"

/* What kind of port it is: of the system, registered, or one that clients are given. The last kind
 * begins where Linux gives them out; others begin higher. */
INLINE u32 dropped_port_kind(u16 port)
{
    return (port >= 1024) + (port >= 32768);
}

/* Does PACKET look like an answer, so that the service is where it comes from? The port at the
 * other end is a new one for each conversation then, and says nothing. Only TCP says how a
 * conversation begins. Otherwise whoever has a port of the lower kind offers the service. */
INLINE bool dropped_is_answer(const struct packet *packet)
{
    if (!packet->source_port)
        return false;
    if (packet->protocol == IPPROTO_TCP && packet->tcp_flags & TCP_SYN)
        return packet->tcp_flags & TCP_ACK;
    return dropped_port_kind(packet->source_port) < dropped_port_kind(packet->destination_port);
}

/* The row of a single packet, without counts. AUDIT: see struct dropped. */
INLINE struct dropped dropped_of(const struct packet *packet, u32 direction, u8 audit)
{
    const struct address *remote =
        direction == DIRECTION_IN ? &packet->source : &packet->destination;
    bool answer = dropped_is_answer(packet);
    struct dropped one = {.port = answer ? packet->source_port : packet->destination_port,
                          .protocol = packet->protocol,
                          .family = packet->family,
                          .direction = (u8)direction,
                          .answer = answer,
                          .audit = audit,
                          .scope = DROPPED_NETWORK};
    __builtin_memcpy(one.remote, remote->bytes, sizeof(one.remote));
    return one;
}

/* All that tells rows apart except the network. */
INLINE u64 dropped_service(const struct dropped *one)
{
    u64 word;
    __builtin_memcpy(&word, &one->port, sizeof(word));
    return word;
}

/* The /24 or the /64. */
INLINE u64 dropped_network(const struct dropped *one)
{
    u64 half;
    if (one->scope != DROPPED_NETWORK)
        return 0;
    __builtin_memcpy(&half, one->remote, sizeof(half));
    return one->family == FAMILY_IPV4 ? half & to_be64(0xffffff0000000000) : half;
}

INLINE bool dropped_is_same(const struct dropped *one, const struct dropped *other)
{
    return dropped_service(one) == dropped_service(other) &&
           dropped_network(one) == dropped_network(other);
}

INLINE void dropped_add(struct dropped *sum, const struct dropped *more)
{
    u64 *differing = (u64 *)(void *)sum->differing;
    const u64 *more_differing = (const u64 *)(const void *)more->differing;
    const u64 *remote = (const u64 *)(const void *)sum->remote;
    const u64 *more_remote = (const u64 *)(const void *)more->remote;

    for (u32 half = 0; half < 2; half++)
        differing[half] |= more_differing[half] | (remote[half] ^ more_remote[half]);
    sum->packets += more->packets;
    sum->bytes += more->bytes;
    if (more->last_seen_ns > sum->last_seen_ns)
        sum->last_seen_ns = more->last_seen_ns;
}

#endif
