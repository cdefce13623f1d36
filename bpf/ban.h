/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking up bans. If there are none, it costs one load. */
#ifndef EDGEXDP_BPF_BAN_H
#define EDGEXDP_BPF_BAN_H

#include <edgexdp/ban.h>
#include <edgexdp/search.h>
#include <edgexdp/world.h>

#include "maps.h"

/* Of the generation. */
INLINE bool tables_init(struct tables *to);

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

INLINE bool limit_ban_holds(const struct packet *packet, const struct address *address, u32 bits,
                            u64 now_ns)
{
    struct limit_ban_key key;

    limit_ban_key_of(&key, packet->family, address->bytes, bits);
    const struct limit_ban *ban = bpf_map_lookup_elem(&limit_bans, &key);
    return ban && now_ns < ban->expires_ns;
}

/* Has a limit banned the far end of PACKET? Whoever is exempt may be in a banned prefix. */
WALKED_ONCE u32 limit_ban_drops(const struct packet *packet, u32 out)
{
    const volatile struct banning *word = &banning;
    u64 now_ns = bpf_ktime_get_coarse_ns();
    struct tables mine;

    if (!packet || now_ns >= word->limits_until_ns || !tables_init(&mine))
        return false;
    const struct address *far = out ? &packet->destination : &packet->source;
    for (u32 i = 0; i < LIMIT_BAN_LENGTHS; i++) {
        u32 bits = word->limit_bits[packet->family == FAMILY_IPV6][i];
        if (!bits)
            return false;
        if (limit_ban_holds(packet, far, bits, now_ns) &&
            !tables_spares(&mine, packet->family, far->bytes, bits))
            return true;
    }
    return false;
}

INLINE bool world_banned(struct world *world, enum direction direction, const struct packet *packet)
{
    const volatile u32 *kinds = &banning.kinds;
    const volatile u64 *until_ns = &banning.limits_until_ns;
    u32 any = *kinds;
    if (!any)
        return false;
    if (any & ~BANS_BY_LIMITS && ban_drops(packet, direction == DIRECTION_OUT, any))
        return true;
    return any & BANS_BY_LIMITS && *until_ns && limit_ban_drops(packet, direction == DIRECTION_OUT);
}

#endif
