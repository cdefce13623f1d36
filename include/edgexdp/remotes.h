/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where replies may come from: asked before `flows`, which costs twenty times as much. A set bit
 * says only that there has been a flow; a clear bit says that there is none.
 */
#ifndef EDGEXDP_REMOTES_H
#define EDGEXDP_REMOTES_H

#include <linux/in.h>

#include "abi.h"

INLINE u32 remotes_place(u8 protocol, u16 port)
{
    u32 place = protocol == IPPROTO_TCP   ? port
                : protocol == IPPROTO_UDP ? 65536u + port
                                          : 2 * 65536u + protocol;
    OPAQUE(place); /* otherwise Linux 6.1, which knows no bound for a port, would refuse it */
    return place < REMOTE_BITS ? place : 0;
}

INLINE bool remotes_has(const volatile struct remotes *remotes, u8 protocol, u16 port)
{
    u32 place = remotes_place(protocol, port);
    return remotes->bits[place / 64] >> place % 64 & 1;
}

/* Call this before the flow is added, because a lookup that finds no bit goes no further. Other
 * CPUs add to the same word. */
INLINE void remotes_add(struct remotes *remotes, u8 protocol, u16 port)
{
    u32 place = remotes_place(protocol, port);
    if (!remotes_has(remotes, protocol, port))
        __sync_fetch_and_or(&remotes->bits[place / 64], 1ull << place % 64);
}

#endif
