/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rate limits, the same for the kernel side and for user space, by GCRA (ITU-T I.371): all that is
 * kept of a source is when its next packet would be due if it kept exactly to its rate. A source is
 * ahead by the time until then, each packet puts it further ahead, and none passes that would put
 * it ahead by more than the burst takes.
 *
 * Who is not ahead needs no state at all. So the table has no entries to insert or to expire: a
 * hash of the source chooses one cache line, in which any way whose time has passed is free. If
 * none is, the one that is least ahead is forgotten. A flood from forged sources therefore costs
 * one cache line for each packet, and forgets first those who were hardly ahead.
 */
#ifndef EDGEXDP_LIMIT_H
#define EDGEXDP_LIMIT_H

#include "tables.h"

/* A way: a time, in units of 1,024 ns, which wraps after 13 days; below it a tag: whose limit it
 * is, never 0, and a hash of the source. */
#define LIMIT_WAYS        8u
#define LIMIT_UNIT_SHIFT  10u /* of ns */
#define LIMIT_TAG_BITS    24u
#define LIMIT_TAG_MASK    ((1ull << LIMIT_TAG_BITS) - 1)
#define LIMIT_OWNER_SHIFT 18u
#define LIMIT_OWNERS      63u
#define LIMIT_RULE_LINES  64u
#define LIMIT_COST_BITS   16u                                  /* fractions of a ns in a cost */
#define LIMIT_COST_SHIFT  (LIMIT_UNIT_SHIFT + LIMIT_COST_BITS) /* of a cost to units of time */

/* A CPU may be stopped after it read the clock: for about a second, what others stored meanwhile
 * does not look long past to it. */
#define LIMIT_LATE (1u << 20) /* units of time */

#define LIMIT_COST_MIN  256u /* a smaller cost is too coarse for a rate */
#define LIMIT_MOST_MAX  ((1ull << 37) - 1)
#define LIMIT_HOURS_MAX 39u /* LIMIT_MOST_MAX */

/* The owner in the tags of the limits of rule NUMBER. Rules whose numbers are far apart share it.
 */
INLINE u32 limit_owner(u32 number)
{
    return 1 + number % LIMIT_OWNERS;
}

/* The table of the limits of blocks has so many lines for those of sources, and behind them so many
 * for those of whole blocks. */
#define BLOCK_SOURCE_LINES (1u << 16)
#define BLOCK_RULE_LINES   (1u << 14)

struct limit_line {
    u64 ways[LIMIT_WAYS];
};
ASSERT_SIZE(struct limit_line, 64);

/* By how much WAY is ahead of NOW. Nobody is ahead by more than MOST, or by a little more while
 * several CPUs charge him: a way that looks so has long passed. */
INLINE u64 limit_ahead(u64 way, u64 now, u64 most)
{
    u64 ahead = ((way & ~LIMIT_TAG_MASK) - (now << LIMIT_TAG_BITS)) >> LIMIT_TAG_BITS;
    return ahead > 2 * most + LIMIT_LATE ? 0 : ahead;
}

/* How far ahead of a clock that may be LAG units of time late, which are two of its ticks, LIMIT
 * lets anybody come. Whoever begins is taken to have begun when that clock says, so his burst is
 * shorter by what it may be late. Where that is less than a packet, it is not noticed. */
INLINE u64 limit_most(const struct tables_limit *limit, u64 lag)
{
    bool is_fast = limit->cost < lag << (LIMIT_COST_SHIFT - 1); /* more than a packet each tick */
    return is_fast ? limit->most - lag : limit->most;
}

/* COUNT packets or bytes, at most the burst, in units of time. Fractions are rounded up as often as
 * they are large, by chance: in the long run the rate is exact however small the cost is. */
INLINE u64 limit_units(const struct tables_limit *limit, u64 count, u32 chance)
{
    return (limit->cost * count + (chance & ((1u << LIMIT_COST_SHIFT) - 1))) >> LIMIT_COST_SHIFT;
}

/* What is stored once all limits of a rule have room. */
struct limit_charge {
    u64 *way;
    u64 before; /* what was there */
    u64 ahead;  /* of that */
    u64 after;  /* what is stored there if nobody was ahead */
    u64 units;
};

/* Would COUNT more, at most the burst, keep the source of TAG within LIMIT? MOST is limit_most();
 * CHARGE->before was read from its way, or from the way that it gets. CHANCE decides only what it
 * costs, not whether there is room: else those who are refused would pass whenever it made them
 * cheap. */
INLINE bool limit_has_room(const struct tables_limit *limit, u64 most, u64 now, u64 count,
                           u32 chance, u64 tag, struct limit_charge *charge)
{
    bool is_new = (charge->before & LIMIT_TAG_MASK) != tag;

    charge->ahead = is_new ? 0 : limit_ahead(charge->before, now, most);
    charge->units = limit_units(limit, count, chance);
    charge->after = (now + charge->ahead + charge->units) << LIMIT_TAG_BITS | tag;
    return !charge->ahead || charge->ahead + limit_units(limit, count, ~0u) <= most;
}

/* Is WAY the one of TAG? Only their lower halves are looked at. */
INLINE bool limit_is_of(u64 way, u64 tag)
{
    return (u32)way << (32 - LIMIT_TAG_BITS) == (u32)tag << (32 - LIMIT_TAG_BITS);
}

/* Which way of LINE is least ahead: mostly nobody has the first one, and no other is looked at. */
INLINE u32 limit_least(const struct limit_line *line, u64 now, u64 most, u64 *before)
{
    u64 least = ~0ull;
    u32 at = 0;

    for (u32 i = 0; i < LIMIT_WAYS && least; i++) {
        u64 way = *(const volatile u64 *)&line->ways[i];
        u64 ahead = limit_ahead(way, now, most);
        if (ahead < least) {
            least = ahead;
            *before = way;
            at = i;
        }
    }
    return at;
}

/* Which way of LINE is TAG's, or will be: that which is least ahead. No limit lets anybody be ahead
 * by more than MOST. BEFORE is what was there. */
INLINE u32 limit_search(const struct limit_line *line, u64 tag, u64 now, u64 most, u64 *before)
{
    for (u32 i = 0; i < LIMIT_WAYS; i++) {
        *before = *(const volatile u64 *)&line->ways[i];
        if (limit_is_of(*before, tag))
            return i;
    }
    return limit_least(line, now, most, before);
}

/* Adds what CHARGE costs to its way, and takes it back if another CPU has just taken the room. */
INLINE bool limit_add(u64 most, u64 now, const struct limit_charge *charge)
{
    u64 cost = charge->units << LIMIT_TAG_BITS;
    u64 seen = __sync_fetch_and_add(charge->way, cost);

    if (limit_ahead(seen, now, most) + charge->units <= most)
        return true;
    __sync_fetch_and_add(charge->way, -cost);
    return false;
}

/* Stores what CHARGE costs, unless there is no room any more. Whoever is ahead is put further ahead
 * by an addition, so that no CPU overwrites what another has charged. */
INLINE bool limit_take(u64 most, u64 now, const struct limit_charge *charge)
{
    u64 seen;

    if (charge->ahead)
        return limit_add(most, now, charge);
    seen = __sync_val_compare_and_swap(charge->way, charge->before, charge->after);
    if (seen == charge->before || (seen ^ charge->after) & LIMIT_TAG_MASK)
        return true;
    return limit_add(most, now, charge);
}

#endif
