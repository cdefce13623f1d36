/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking up bans. If there are none, it costs one load. */
#ifndef EDGEXDP_BPF_BAN_H
#define EDGEXDP_BPF_BAN_H

#include <edgexdp/ban.h>
#include <edgexdp/world.h>

#include "maps.h"

INLINE bool ban_is_live(u64 until_ns)
{
    return until_ns == BAN_FOREVER || bpf_ktime_get_coarse_ns() < until_ns;
}

/* Usually this returns false, and nothing else is looked up. */
INLINE bool ban_filter_has(const struct address *address)
{
    u32 zero = 0;
    struct ban_bits own = ban_bits(address->halves_be[0], address->halves_be[1]);
    const struct ban_filter *filter = bpf_map_lookup_elem(&ban_filter, &zero);

    return filter && (filter->words[own.word] & own.bits) == own.bits;
}

INLINE bool ban_holds_address(const struct packet *packet, const struct address *address)
{
    struct ban_key key = {.family = packet->family};

    __builtin_memcpy(key.address, address->bytes, 16);
    const struct ban *ban = bpf_map_lookup_elem(&bans, &key);
    return ban && ban_is_live(ban->expires_ns);
}

INLINE bool ban_holds_prefix(const struct packet *packet, const struct address *address)
{
    struct ban_prefix_key key = {
        .bits = BAN_FAMILY_BITS + (packet->family == FAMILY_IPV4 ? 32 : 128),
        .family = packet->family,
    };

    __builtin_memcpy(key.address, address->bytes, 16);
    const struct ban_prefix *longest = bpf_map_lookup_elem(&ban_prefixes, &key);
    return longest && ban_is_live(longest->in_force_ns);
}

WALKED_ONCE u32 ban_drops(const struct packet *packet, u32 out, u32 kinds)
{
    if (!packet)
        return 0;
    const struct address *far = out ? &packet->destination : &packet->source;
    return (kinds & BANS_ADDRESSES && ban_filter_has(far) && ban_holds_address(packet, far)) ||
           (kinds & BANS_PREFIXES && ban_holds_prefix(packet, far));
}

INLINE bool world_banned(struct world *world, enum direction direction, const struct packet *packet)
{
    const volatile u32 *kinds = &banning.kinds;
    u32 any = *kinds;
    return any && ban_drops(packet, direction == DIRECTION_OUT, any);
}

#endif
