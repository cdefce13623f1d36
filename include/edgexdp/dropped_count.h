/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting what is dropped by default: by direction, protocol, port and network of the far end, in
 * a table that a flood can neither fill nor slow down. A row's hash picks its line, and in that
 * line it takes a free way or the place of the row with the fewest packets. Newcomers compete for
 * that one place; rows with more packets stay. What has to make room is added to what its service
 * has from anywhere, so nothing that was counted is lost. A packet touches three lines at most.
 */
#ifndef EDGEXDP_DROPPED_COUNT_H
#define EDGEXDP_DROPPED_COUNT_H

#include "dropped.h"
#include "verifier.h"

/* Line INDEX of the table, or NULL; the includer supplies it. */
static struct dropped_line *dropped_line(u32 index);

#define DROPPED_REST DROPPED_LINES /* index of the last line */

_Static_assert(DROPPED_WAYS == DIRECTIONS * 2, "the last line has a row for each mode");

/* Exchanges two rows word by word, because there is no room on the stack for a third. */
INLINE void dropped_swap(struct dropped *one, struct dropped *other)
{
    u64 *here = (u64 *)(void *)one, *there = (u64 *)(void *)other;

    for (u32 i = 0; i < sizeof(*one) / sizeof(u64); i++) {
        u64 word = here[i];
        here[i] = there[i];
        there[i] = word;
    }
}

/* SEED is secret, so that nobody can aim at the line of another's row. */
INLINE u32 dropped_index(const struct dropped *one, u64 seed)
{
    u64 hash = (dropped_network(one) ^ seed) * 0x9e3779b97f4a7c15;
    hash = (hash ^ hash >> 32 ^ dropped_service(one)) * 0xd6e8feb86659fd93;
    return bounded((u32)(hash >> 40), DROPPED_LINES - 1);
}

/* The row of LINE that is the same as ONE, or else the one with the fewest packets. */
INLINE struct dropped *dropped_row(struct dropped_line *line, const struct dropped *one)
{
    u32 least = 0;
    u64 fewest = ~0ull;

    for (u32 way = 0; way < DROPPED_WAYS; way++) {
        struct dropped *row = &line->ways[way];
        if (row->packets && dropped_is_same(row, one))
            return row;
        if (row->packets < fewest) {
            fewest = row->packets;
            least = way;
        }
    }
    return &line->ways[bounded(least, DROPPED_WAYS - 1)];
}

/* Counts ONE where all that has no row is counted. */
INLINE void dropped_count_rest(const struct dropped *one)
{
    struct dropped_line *line = dropped_line(DROPPED_REST);
    if (!line)
        return;
    struct dropped *rest =
        &line->ways[bounded(one->direction + (u32)one->audit * DIRECTIONS, DROPPED_WAYS - 1)];
    rest->direction = one->direction;
    rest->audit = one->audit;
    rest->scope = DROPPED_ANYTHING;
    rest->packets += one->packets;
    rest->bytes += one->bytes;
    rest->last_seen_ns = one->last_seen_ns;
}

/* Adds ONE to ROW if that has the same packets. */
INLINE bool dropped_joins(struct dropped *row, const struct dropped *one)
{
    if (!row->packets || !dropped_is_same(row, one))
        return false;
    dropped_add(row, one);
    return true;
}

/* Counts ONE, which had to make room, at its service. That has a row if it has as many packets as
 * the row that it replaces: a flood to one port gets one however many networks it comes from. */
INLINE void dropped_move(struct dropped *one, u64 seed)
{
    if (one->scope == DROPPED_NETWORK) {
        one->scope = DROPPED_ANYWHERE;
        struct dropped_line *line = dropped_line(dropped_index(one, seed));
        if (!line)
            return;
        struct dropped *row = dropped_row(line, one);
        if (dropped_joins(row, one))
            return;
        if (row->packets <= one->packets)
            dropped_swap(row, one);
    }
    if (one->packets)
        dropped_count_rest(one);
}

/* Counts ONE; its content is lost. */
INLINE void dropped_count(struct dropped *one, u64 seed)
{
    struct dropped_line *line = dropped_line(dropped_index(one, seed));
    if (!line)
        return;
    struct dropped *row = dropped_row(line, one);
    if (dropped_joins(row, one))
        return;
    dropped_swap(row, one);
    if (one->packets)
        dropped_move(one, seed);
}

#endif
