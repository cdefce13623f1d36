/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking for blocks. If there are none, it costs one load. */
#ifndef EDGEXDP_BPF_BLOCK_H
#define EDGEXDP_BPF_BLOCK_H

#include <edgexdp/block.h>

#include "maps.h"

/* Makes WORLD that of the blocks of ORIGIN. */
INLINE bool block_world_init(struct world *world, u32 origin, u32 packets)
{
    void *image = bpf_map_lookup_elem(&block_images, &origin);
    u32 zero = 0;

    if (!image)
        return false;
    const u32 *words = bpf_map_lookup_elem(image, &zero);
    if (!words)
        return false;
    *world = (struct world){
        .tables = {.header = (const volatile struct tables_header *)words, .words = words},
        .packets = packets,
        .block = OF_BLOCKS};
    return true;
}

INLINE struct limit_line *block_limit_line(const struct tables_limit *limit, u64 hash)
{
    u32 zero = 0, at = block_line_at(limit, hash);
    void *lines = bpf_map_lookup_elem(&block_limits, &zero);

    return lines ? bpf_map_lookup_elem(lines, &at) : NULL;
}

WALKED_ONCE u32 block_ask_apart(u32 origin, u32 edge, u32 test, u32 number)
{
    struct world mine;

    const u32 numbers = (u32)(__builtin_offsetof(struct tables_header, numbers) / sizeof(u32));

    if (!block_world_init(&mine, origin, 0))
        return EDGE_LEAF | NO_RULE;
    u32 entry = tables_word(&mine.tables, numbers + test - TEST_SOURCE_PORT);
    return tables_ask_number(&mine.tables, edge, entry, (u16)number, false);
}

static u32 world_block_ask(const struct block_question *question, u32 edge, u32 test, u16 number)
{
    return block_ask_apart(question->origin, edge, test, number);
}

/* CLASSES: that of the source, and above it that of the destination. */
WALKED_ONCE u32 block_walk_apart(const struct packet *packet, u32 origin, u32 edge, u32 classes,
                                 u32 port)
{
    struct world mine;

    if (!packet || !block_world_init(&mine, origin, 0))
        return EDGE_LEAF | NO_RULE;
    struct block_question question = {.world = &mine,
                                      .origin = origin,
                                      .packet = packet,
                                      .source = classes & CLASS_MASK,
                                      .destination = classes >> 16,
                                      .port = port & CLASS_MASK};
    return block_walk(&question, edge);
}

static u32 world_block_walk(const struct block_question *question, u32 edge)
{
    return block_walk_apart(question->packet, question->origin, edge,
                            question->source | question->destination << 16, question->port);
}

WALKED_ONCE u32 block_admits_apart(const struct packet *packet, u32 origin, u32 rule, u32 packets)
{
    struct world mine;

    return !packet || !block_world_init(&mine, origin, packets) ||
           block_admits(&mine, packet, rule);
}

static bool world_block_admits(struct world *world, const struct block_question *question, u32 rule)
{
    return block_admits_apart(question->packet, question->origin, rule, world->packets);
}

WALKED_ONCE u32 block_search6(u32 origin, u64 upper, u64 lower)
{
    struct world mine;

    return block_world_init(&mine, origin, 0) ? tables_search6(&mine.tables, upper, lower) : 0;
}

static bool world_block_is_held(const struct world *world, u32 origin)
{
    const volatile u64 *until_ns = &blocking.until_ns[bounded(origin, BLOCK_ORIGINS - 1)];
    return world_now_ns(world) < *until_ns;
}

static u32 world_block_search6(const struct block_question *question, u64 upper, u64 lower)
{
    return block_search6(question->origin, upper, lower);
}

/* The number of the block of ORIGIN that drops PACKET. */
WALKED_ONCE u32 block_drops_of(const struct packet *packet, u32 origin, u32 out, u32 packets)
{
    struct world mine;

    if (!packet || !block_world_init(&mine, origin, packets))
        return 0;
    return block_judge(&mine, origin, out ? DIRECTION_OUT : DIRECTION_IN, packet);
}

/* The same of any origin. */
INLINE u32 block_drops(const struct packet *packet, u32 out, u32 packets)
{
    const volatile u32 *origins = &blocking.origins;
    u32 block = 0;

    for (u32 origin = 0; origin < BLOCK_ORIGINS && !block; origin++)
        if (*origins & 1u << origin)
            block = block_drops_of(packet, origin, out, packets);
    return block;
}

INLINE u32 world_blocked(struct world *world, enum direction direction, const struct packet *packet)
{
    const volatile u32 *origins = &blocking.origins;

    return *origins ? block_drops(packet, direction == DIRECTION_OUT, world->packets) : 0;
}

#endif
