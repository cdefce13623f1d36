/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking an image of blocks: which block decides a packet? See struct tables_blocks. The includer
 * supplies what differs between kernel and user space.
 */
#ifndef EDGEXDP_BLOCK_H
#define EDGEXDP_BLOCK_H

#include "limits.h"

/* The line of LIMIT, a block's, in the table of their limits: there may be thousands of whole
 * blocks. */
INLINE u32 block_line_at(const struct tables_limit *limit, u64 hash)
{
    return limit->key == LIMIT_RULE ? BLOCK_SOURCE_LINES + (u32)hash % BLOCK_RULE_LINES
                                    : (u32)hash & (BLOCK_SOURCE_LINES - 1);
}

/* What is the same for all groups. */
struct block_question {
    const struct world *world; /* whose tables are the image */
    u32 origin;                /* of the image */
    const struct packet *packet;
    u32 source, destination; /* classes, where a group tests them */
    u32 port;
};

/* block_walk(), or the same in a function of its own. */
static u32 world_block_walk(const struct block_question *question, u32 edge);
/* tables_ask_number() of an EDGE that asks for TEST, or the same in a function of its own: which
 * tests blocks ask, no program knows, so that the verifier walks all of them. */
static u32 world_block_ask(const struct block_question *question, u32 edge, u32 test, u16 number);
/* block_admits(), or the same in a function of its own. */
static bool world_block_admits(struct world *world, const struct block_question *question,
                               u32 rule);
/* Are all blocks of ORIGIN still in force, or have they ended together? */
static bool world_block_is_held(const struct world *world, u32 origin);
/* tables_search6(), or the same in a function of its own. */
static u32 world_block_search6(const struct block_question *question, u64 upper, u64 lower);

INLINE const struct tables_blocks *block_tables(const struct tables *tables)
{
    return tables_item(tables, tables->header->blocks, 0, struct tables_blocks);
}

INLINE const struct tables_block *block_of_rule(const struct tables *tables, u32 rule)
{
    return tables_item(tables, block_tables(tables)->list, rule, struct tables_block);
}

/* Does EDGE lead to no block? Most do, and to tell costs less than a function of its own. */
INLINE bool block_is_none(u32 edge)
{
    return edge & EDGE_LEAF && (edge & EDGE_RULE) == NO_RULE;
}

/* Number WORD of the ADDRESS_WORDS. */
INLINE u16 block_address_word(const struct packet *packet, u32 word)
{
    _Static_assert(__builtin_offsetof(struct packet, destination) == sizeof(struct address),
                   "the words of both addresses are one list");
    const u16 *words_be = (const void *)packet;

    return from_be16(words_be[bounded(word, ADDRESS_WORDS - 1)]);
}

/* The first block of a group that matches and is in force, as a leaf: if that has expired, so have
 * all others of the group. EDGE is that of the port in its diagram, or where the source
 * has led from there. */
INLINE u32 block_walk(const struct block_question *question, u32 edge)
{
    const struct tables *tables = &question->world->tables;
    const struct packet *packet = question->packet;

    if (tables_edge_tests(edge, TEST_SOURCE))
        edge = tables_follow(tables, edge, question->source);
    if (tables_edge_tests(edge, TEST_DESTINATION))
        edge = tables_follow(tables, edge, question->destination);
    if (tables_edge_tests(edge, TEST_PORT))
        edge = tables_follow(tables, edge, question->port);
    if (tables_edge_tests(edge, TEST_SOURCE_PORT))
        edge = world_block_ask(question, edge, TEST_SOURCE_PORT, packet->source_port);
    if (block_is_none(edge))
        return edge;
#define ROW(ID, id, ...)                                                                           \
    if (tables_edge_tests(edge, TEST_##ID))                                                        \
        edge = world_block_ask(question, edge, TEST_##ID, packet_##id(packet));
    EDGEXDP_OWN_FIELDS(ROW)
#undef ROW
    for (u32 i = 0; i < ADDRESS_WORDS; i++) {
        u32 test = edge >> EDGE_TEST_SHIFT, word = test - TEST_ADDRESS_WORD;
        if (word >= ADDRESS_WORDS)
            break;
        edge = world_block_ask(question, edge, test, block_address_word(packet, word));
    }
    u32 leaf = edge, rule = leaf & EDGE_RULE;
    if (rule == NO_RULE || world_now_ns(question->world) >= block_of_rule(tables, rule)->expires_ns)
        return EDGE_LEAF | NO_RULE;
    return leaf;
}

/* Is there room for PACKET in the limit of RULE, a block? */
INLINE bool block_admits(struct world *world, const struct packet *packet, u32 rule)
{
    u32 first, count = limits_of(&world->tables, rule, &first);
    return !count || limits_ask(world, packet, first, world->packets != 0) & LIMITS_ADMIT;
}

INLINE u32 block_address_class(const struct block_question *question, const struct address *address)
{
    if (question->packet->family == FAMILY_IPV4)
        return tables_class4(&question->world->tables, address->bytes);
    return world_block_search6(question, from_be64(address->halves_be[0]),
                               from_be64(address->halves_be[1]));
}

INLINE void block_find_classes(struct block_question *question, u32 asks)
{
    const struct packet *packet = question->packet;

    if (asks & 1u << TEST_SOURCE)
        question->source = block_address_class(question, &packet->source);
    if (asks & 1u << TEST_DESTINATION)
        question->destination = block_address_class(question, &packet->destination);
    question->port =
        tables_port_class(&question->world->tables, packet->protocol, packet->destination_port);
    /* The groups are walked once, not once for each way that leads to the classes: the verifier
     * forgets what it knows of them, since it does not know that this is 0. With the source alone,
     * or the port, clang 19 on Linux 6.1 has 80,000 to 120,000 instructions more; with neither,
     * clang 14 there has 180,000 more. */
    u32 zero = asks >> (TESTS_MAX - 1);
    OPAQUE(zero);
    question->source = bounded(question->source + zero, CLASS_MASK);
    question->port = bounded(question->port + zero, CLASS_MASK);
}

/* The first of all blocks that match and are in force, as a leaf; EDGE_LEAF | NO_RULE: none. */
INLINE u32 block_first(const struct block_question *question, const struct tables_groups *groups)
{
    u32 first = EDGE_LEAF | NO_RULE, count = groups->count;

    for (u32 i = 0; i < BLOCK_GROUPS; i++) {
        if (i >= count)
            break;
        u32 leaf = tables_word(&question->world->tables, groups->roots[i] + question->port);
        if (tables_edge_tests(leaf, TEST_SOURCE))
            leaf = tables_follow_dense(&question->world->tables, leaf, question->source);
        if (!block_is_none(leaf))
            leaf = world_block_walk(question, leaf);
        if ((leaf & EDGE_RULE) < (first & EDGE_RULE))
            first = leaf;
    }
    return first;
}

/* The number of the block of WORLD's tables, those of ORIGIN, that drops PACKET; 0: none does. */
INLINE u32 block_judge(struct world *world, u32 origin, enum direction direction,
                       const struct packet *packet)
{
    /* Classes that nobody asks for are whatever they are, but not 0: the verifier would walk all
     * groups once more for that, and Linux 6.1 several times. */
    struct block_question question = {.world = world,
                                      .origin = origin,
                                      .packet = packet,
                                      .source = packet->source_port,
                                      .destination = packet->source_port};
    const struct tables_groups *groups =
        &block_tables(&world->tables)
             ->groups[direction == DIRECTION_OUT][packet->family == FAMILY_IPV6]
                     [packet->later_fragment];

    if (!groups->count)
        return 0;
    block_find_classes(&question, groups->asks);
    u32 leaf = block_first(&question, groups), rule = leaf & EDGE_RULE;
    if (rule == NO_RULE || !world_block_is_held(world, origin))
        return 0;
    /* Whom no limit holds has a leaf that accepts without one. */
    if (leaf & EDGE_ACCEPT &&
        (!(leaf & EDGE_LIMITED) || world_block_admits(world, &question, rule)))
        return 0;
    return block_of_rule(&world->tables, rule)->number;
}

#endif
