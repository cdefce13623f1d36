/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From numbers to classes: the packet path finds in the tables what the partition says. */
#include "check.h"

#include <edgexdp/search.h>

#include "../../loader/base/memory.h"
#include "../../loader/compile/lookup.h"
#include "../../loader/policy/address.h"
#include "../shared/dice.h"

static u32 unknown_zero(void)
{
    return 0;
}

static u32 world_search6(const struct tables *tables, u64 upper, u64 lower)
{
    return tables_search6(tables, upper, lower);
}

/* A partition whose classes are all different, made from the numbers at which they begin. */
struct cuts {
    struct segment segments[4096];
    struct partition partition;
};

static struct cuts cuts;

static int segment_compare(const void *a, const void *b)
{
    u128 x = ((const struct segment *)a)->first, y = ((const struct segment *)b)->first;

    return (x > y) - (x < y);
}

static void cut_begin(void)
{
    cuts.segments[0] = (struct segment){0, 0};
    cuts.partition = (struct partition){.segments = cuts.segments, .segment_count = 1};
}

static void cut(u128 first)
{
    assert_true(cuts.partition.segment_count < ARRAY_SIZE(cuts.segments));
    cuts.segments[cuts.partition.segment_count++] = (struct segment){first, 0};
}

static void cut_end(void)
{
    size_t count = 1;

    qsort(cuts.segments, cuts.partition.segment_count, sizeof(cuts.segments[0]), segment_compare);
    for (size_t i = 1; i < cuts.partition.segment_count; i++)
        if (cuts.segments[i].first != cuts.segments[count - 1].first)
            cuts.segments[count++] = cuts.segments[i];
    cuts.partition.segment_count = count;
    cuts.partition.class_count = (u32)count;
    for (u32 i = 0; i < count; i++)
        cuts.segments[i].class_id = i;
}

static u32 class_of(u128 number)
{
    size_t at = 0;

    while (at + 1 < cuts.partition.segment_count && cuts.segments[at + 1].first <= number)
        at++;
    return cuts.segments[at].class_id;
}

/* The tables of those cuts, as a block. */
struct block {
    struct words words;
    struct tables_header header;
    struct tables tables;
};

static void block_begin(struct block *block)
{
    *block = (struct block){.words = {.max = 1u << 24}};
    assert_int_equal(words_append(&block->words, NULL, sizeof(block->header) / 4, NULL), 0);
}

static void block_end(struct block *block)
{
    block->header.words = (u32)block->words.count;
    block->tables = (struct tables){&block->header, block->words.words};
}

static void block_addresses(struct block *block, enum family family)
{
    struct words nodes = {.max = 1u << 24};

    block_begin(block);
    if (family == FAMILY_IPV4)
        assert_int_equal(lookup_build4(&cuts.partition, &block->words, &block->header.root4), 0);
    else
        assert_int_equal(
            lookup_build6(&cuts.partition, &block->words, &block->header.root6, &nodes), 0);
    assert_int_equal(words_align(&block->words, sizeof(struct node6) / 4), 0);
    assert_int_equal(words_append(&block->words, nodes.words, nodes.count, &block->header.nodes6),
                     0);
    block->header.nodes6_count = (u32)(nodes.count * 4 / sizeof(struct node6));
    words_clear(&nodes);
    block_end(block);
}

static void check_address(const struct block *block, enum family family, u128 address)
{
    u8 bytes[16];

    address_to_bytes(family, address, bytes);
    assert_int_equal(tables_address_class(&block->tables, family, bytes), class_of(address));
}

/* Asks for every border, its neighbours, both ends of the family, and some random numbers. */
static void check_addresses(enum family family)
{
    u128 end = address_any(family).last;
    struct dice dice = {.state = cuts.partition.segment_count};
    struct block block;

    cut_end();
    block_addresses(&block, family);
    for (size_t i = 0; i < cuts.partition.segment_count; i++) {
        u128 first = cuts.segments[i].first;
        check_address(&block, family, first);
        check_address(&block, family, (first - 1) & end);
        check_address(&block, family, (first + 1) & end);
        check_address(&block, family, first ^ dice_below(&dice, 1 << 20));
        if (family == FAMILY_IPV6)
            check_address(&block, family, first ^ (u128)dice_below(&dice, 1 << 20) << 60);
    }
    check_address(&block, family, 0);
    check_address(&block, family, end);
    words_clear(&block.words);
}

static void finds_ip4(void **state)
{
    static const u32 edges[] = {1,          0xffff,     0x10000,    0x0a000000, 0x0a00ffff,
                                0x0a010000, 0x0a010001, 0x7fffffff, 0x80000000, 0xfffeffff,
                                0xffff0000, 0xffff0001, 0xfffffffe, 0xffffffff};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
        cut_begin();
        cut(edges[i]);
        check_addresses(FAMILY_IPV4);
    }
    cut_begin();
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        cut(edges[i]);
    check_addresses(FAMILY_IPV4);
}

static void finds_crowded_ip4(void **state)
{
    (void)state;
    for (u64 seed = 0; seed < 30; seed++) {
        struct dice dice = {.state = seed};
        u32 base = (u32)dice_roll(&dice);
        unsigned int count = 1 + dice_below(&dice, 2000);

        cut_begin();
        for (unsigned int i = 0; i < count; i++)
            cut((base + dice_below(&dice, 1u << (8 + seed % 24))) & 0xffffffff);
        check_addresses(FAMILY_IPV4);
    }
}

#define AT(upper, lower) ((u128)(upper) << 64 | (lower))

static void finds_ip6(void **state)
{
    static const u64 uppers[] = {0,
                                 1,
                                 0x0000ffffffffffff,
                                 0x0001000000000000,
                                 0x20010db800000000,
                                 0x20010db800000001,
                                 0x20010db800000002,
                                 0x2001ffffffffffff,
                                 0x2002000000000000,
                                 0xfffeffffffffffff,
                                 0xffff000000000000,
                                 0xffffffffffffffff};
    static const u64 lowers[] = {0, 1, 0x8000000000000000, 0xfffffffffffffffe, 0xffffffffffffffff};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(uppers) * ARRAY_SIZE(lowers); i++) {
        cut_begin();
        cut(AT(uppers[i / ARRAY_SIZE(lowers)], lowers[i % ARRAY_SIZE(lowers)]));
        check_addresses(FAMILY_IPV6);
    }
    cut_begin();
    for (size_t i = 0; i < ARRAY_SIZE(uppers) * ARRAY_SIZE(lowers); i++)
        cut(AT(uppers[i / ARRAY_SIZE(lowers)], lowers[i % ARRAY_SIZE(lowers)]));
    check_addresses(FAMILY_IPV6);
}

/* Borders in the upper halves, in the lower ones, in neighbouring ones, and in all of them. */
static void finds_crowded_ip6(void **state)
{
    (void)state;
    for (u64 seed = 0; seed < 60; seed++) {
        struct dice dice = {.state = seed};
        u64 base = dice_roll(&dice);
        unsigned int count = 1 + dice_below(&dice, 2000);

        cut_begin();
        for (unsigned int i = 0; i < count; i++) {
            u64 upper = base + (dice_roll(&dice) >> seed % 4 * 21) % (seed % 5 ? 4 : ~0ull);
            u64 lower = dice_chance(&dice, 30) ? 0 : dice_roll(&dice) >> dice_below(&dice, 64);
            cut(AT(upper, lower));
        }
        check_addresses(FAMILY_IPV6);
    }
}

static void check_port(const struct block *block, u32 key)
{
    assert_int_equal(tables_port_class(&block->tables, (u8)(key >> 16), (u16)key), class_of(key));
}

static void check_ports(void)
{
    struct words pages = {.max = 1u << 24};
    struct block block;

    cut_end();
    block_begin(&block);
    assert_int_equal(lookup_build_ports(&cuts.partition, &block.words, &block.header.ports, &pages),
                     0);
    assert_int_equal(words_append(&block.words, pages.words, pages.count, &block.header.pages), 0);
    words_clear(&pages);
    block_end(&block);
    for (size_t i = 0; i < cuts.partition.segment_count; i++) {
        u32 first = (u32)cuts.segments[i].first;
        check_port(&block, first);
        check_port(&block, (first - 1) % PORT_KEYS);
        check_port(&block, (first + 1) % PORT_KEYS);
        check_port(&block, (first & 0xff0000) | 0xffff);
    }
    for (u32 protocol = 0; protocol < 256; protocol++)
        check_port(&block, PORT_KEY(protocol, 256));
    words_clear(&block.words);
}

static void finds_ports(void **state)
{
    static const u32 edges[] = {
        PORT_KEY(0, 1),   PORT_KEY(5, 65535), PORT_KEY(6, 0),      PORT_KEY(6, 1), PORT_KEY(6, 255),
        PORT_KEY(6, 256), PORT_KEY(6, 443),   PORT_KEY(6, 65535),  PORT_KEY(7, 0), PORT_KEY(17, 53),
        PORT_KEY(18, 0),  PORT_KEY(255, 0),   PORT_KEY(255, 65535)};
    struct dice dice = {.state = 1};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
        cut_begin();
        cut(edges[i]);
        check_ports();
    }
    for (unsigned int round = 0; round < 10; round++) {
        cut_begin();
        for (unsigned int i = 0; i < 1u << round; i++)
            cut(PORT_KEY(dice_below(&dice, 256), dice_below(&dice, 65536)));
        check_ports();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_ip4),   cmocka_unit_test(finds_crowded_ip4),
        cmocka_unit_test(finds_ip6),   cmocka_unit_test(finds_crowded_ip6),
        cmocka_unit_test(finds_ports),
    };

    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
