/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that a rule accepts, and the limits of that rule. */
#ifndef EDGEXDP_LIMITS_H
#define EDGEXDP_LIMITS_H

#include "limit.h"
#include "outcome.h"
#include "world.h"

/* Where whoever LIMIT of a packet is about has its way: all bits of this are as good as random. */
INLINE u64 limit_hash(const volatile struct tables_header *header, const struct tables_limit *limit,
                      const struct packet *packet)
{
    bool six = packet->family == FAMILY_IPV6;
    const struct address *who =
        limit->key == LIMIT_DESTINATION ? &packet->destination : &packet->source;
    u64 upper = who->halves_be[0] & limit->masks_be[six][0];
    u64 lower = who->halves_be[1] & limit->masks_be[six][1];
    u32 family = limit->key == LIMIT_RULE ? 0 : packet->family; /* the rule is one for both */

    upper = (upper ^ header->seated.limit_secrets[0]) * (header->seated.limit_secrets[1] | 1);
    upper = (upper ^ upper >> 32) + lower + ((u64)limit->identity << 32 | family);
    upper *= header->seated.limit_secrets[2] | 1;
    upper = (upper ^ upper >> 29) * 0xbf58476d1ce4e5b9ull;
    return upper ^ upper >> 32;
}

/* The tag of its way: who of the rule is ahead can be counted. */
INLINE u64 limit_tag(const struct tables_limit *limit, u64 hash)
{
    return (u64)limit->owner << LIMIT_OWNER_SHIFT | hash >> (64 - LIMIT_OWNER_SHIFT);
}

/* Its line, in a table of MASK + 1 lines for the limits of single sources, and behind them the
 * lines of limits of whole rules, which no flood can take away. */
INLINE u32 limit_line_at(const struct tables_limit *limit, u32 mask, u64 hash)
{
    return limit->key == LIMIT_RULE ? mask + 1 + (u32)(hash % LIMIT_RULE_LINES) : (u32)hash & mask;
}

/* What of PACKET, which is PACKETS on the wire, LIMIT counts: packets, or bytes of IP. */
INLINE u32 limit_count(const struct tables_limit *limit, const struct packet *packet, u32 packets)
{
    if (limit->counts != LIMIT_BYTES)
        return packets ? packets : 1;
    return packet->ip_length == 0xffff ? packet->length : packet_length(packet);
}

INLINE bool limit_applies(const struct tables_limit *limit, const struct packet *packet)
{
    return limit->counts != LIMIT_NEW || packet_opens_connection(packet);
}

/* How far ahead LIMIT lets anybody come. */
INLINE u64 limits_most(const struct world *world, const struct tables_limit *limit)
{
    return limit_most(limit, world_limit_lag(world));
}

/* Is LIMIT within its rate, with PACKET? CHARGE->way is NULL if there is no table. */
INLINE bool limits_have_room(struct world *world, const struct tables_limit *limit,
                             const struct packet *packet, u64 now_ns, struct limit_charge *charge)
{
    const volatile struct tables_header *header = world->tables.header;
    u32 count = limit_count(limit, packet, world->packets);
    u64 hash = limit_hash(header, limit, packet), tag = limit_tag(limit, hash);
    struct limit_line *line = world_limit_line(world, limit, hash);
    u64 now = now_ns >> LIMIT_UNIT_SHIFT;

    charge->way = NULL;
    charge->ahead = 0;
    if (!line)
        return true;
    if (count > limit->burst)
        return false;
    u32 at = limit_search(line, tag, now, header->limit_most, &charge->before);
    charge->way = &line->ways[bounded(at, LIMIT_WAYS - 1)];
    return limit_has_room(limit, limits_most(world, limit), now, count, (u32)(now_ns * 0x9e3779b1u),
                          tag, charge);
}

/* What the limits of a rule say of a packet: LIMITS_ADMIT, if all have room for it; and the bits
 * of those of them that ban, if its source is to be looked at for that: LIMITS_LOOK << their place
 * in the rule. */
#define LIMITS_ADMIT 1u
#define LIMITS_LOOK  2u

/* Asks limit number AT of all rules, and, if TAKES, charges PACKET to it. LIMITS_LOOK is its own
 * bit. */
INLINE u32 limits_ask(struct world *world, const struct packet *packet, u32 at, bool takes)
{
    const struct tables_limit *limit = tables_limit(&world->tables, at);
    struct limit_charge charge = {};

    if (!limit)
        return LIMITS_ADMIT;
    bool bans = world->tables.header->switches.bans && limit->ban_ns;
    bool applies = limit_applies(limit, packet);
    if (!bans && !applies)
        return LIMITS_ADMIT;
    u64 now_ns = world_limit_ns(world);
    bool room = limits_have_room(world, limit, packet, now_ns, &charge);
    if (!applies) /* but it may show who opened connections */
        return bans && takes && charge.ahead ? LIMITS_ADMIT | LIMITS_LOOK : LIMITS_ADMIT;
    if (!room || (takes && charge.way &&
                  !limit_take(limits_most(world, limit), now_ns >> LIMIT_UNIT_SHIFT, &charge)))
        return bans ? LIMITS_LOOK : 0;
    return bans && takes && charge.ahead + charge.units > limit->most / 2
               ? LIMITS_ADMIT | LIMITS_LOOK
               : LIMITS_ADMIT;
}

/* Asks COUNT limits from FIRST on, until one has no room. */
INLINE u32 limits_ask_all(struct world *world, const struct packet *packet, u32 first, u32 count,
                          bool takes)
{
    u32 look = 0;

    for (u32 i = 0; i < RULE_LIMITS && i < count; i++) {
        u32 said = world_limits_ask(world, packet, first + i, takes);
        if (!(said & LIMITS_ADMIT))
            return (said & LIMITS_LOOK) << i;
        look |= (said & LIMITS_LOOK) << i;
    }
    return LIMITS_ADMIT | look;
}

/* Where the limits of RULE are: how many, and the number of the FIRST among those of all rules. */
INLINE u32 limits_of(const struct tables *tables, u32 rule, u32 *first)
{
    const volatile struct tables_header *header = tables->header;
    u32 entry = rule < header->limits_count ? tables_word(tables, header->limits + rule) : 0;

    *first = entry >> LIMITS_SHIFT;
    return entry & ((1u << LIMITS_SHIFT) - 1);
}

/* Have all COUNT limits from FIRST on, those of a rule that accepts PACKET, room for it? If so, and
 * unless it is only asked about, it is charged to all of them; if not, to none. Several are asked
 * twice, because the stack has no room for what all of them would be charged. Returns LIMITS_ bits.
 */
INLINE u32 limits_admit(struct world *world, const struct packet *packet, u32 first, u32 count)
{
    u32 said = LIMITS_ADMIT;

    if (count > 1)
        said = limits_ask_all(world, packet, first, count, false);
    if (said & LIMITS_ADMIT)
        said = limits_ask_all(world, packet, first, count, world->packets != 0);
    return said;
}

#endif
