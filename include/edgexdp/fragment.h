/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Later fragments share the verdict of the first one. */
#ifndef EDGEXDP_FRAGMENT_H
#define EDGEXDP_FRAGMENT_H

#include "world.h"

#define FRAGMENT_NS (30 * SECOND_NS) /* how long later fragments may follow the first */

INLINE void fragment_key_of(const struct packet *packet, enum direction direction,
                            struct fragment_key *key)
{
    __builtin_memcpy(key->source, packet->source.bytes, 16);
    __builtin_memcpy(key->destination, packet->destination.bytes, 16);
    key->id = packet->fragment_id;
    key->protocol = packet->fragment_protocol;
    key->family = packet->family;
    key->direction = (u8)direction;
    key->reserved = 0;
}

/* A fragment carries no ports: it can only share the verdict of its first fragment. It must not
 * overlap the first one: what was judged must be what arrives. */
static __attribute__((noinline)) int
fragment_judge_later(struct world *world, const struct packet *packet, enum direction direction)
{
    struct fragment_key key;
    fragment_key_of(packet, direction, &key);
    struct fragment *first = world_fragment(world, &key);
    u64 now_ns = world_now_ns(world);
    if (!first || (packet->fragment_at & FRAGMENT_AT_MASK) < first->bytes)
        return VERDICT_DROP;
    /* As in flow_is_idle(): a stamp ahead of us is fresh. */
    if (now_ns > first->seen_ns && now_ns - first->seen_ns > FRAGMENT_NS)
        return VERDICT_DROP;
    return VERDICT_ACCEPT;
}

/* Remember a first fragment that was accepted. */
static __attribute__((noinline)) int
fragment_remember(struct world *world, const struct packet *packet, enum direction direction)
{
    struct fragment_key key;
    struct fragment fragment = {.seen_ns = world_now_ns(world), .bytes = packet->fragment_bytes};
    fragment_key_of(packet, direction, &key);
    world_fragment_add(world, &key, &fragment);
    return 0;
}

#endif
