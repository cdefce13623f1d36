/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of what is dropped by default, over memory instead of a map: what it tells apart, and
 * what is left of it after a flood. */
#include "check.h"

#include <edgexdp/dropped_count.h>

#define SEED 0x1234567890abcdef

static struct dropped_line table[DROPPED_LINES + 1];

static struct dropped_line *dropped_line(u32 index)
{
    return index <= DROPPED_LINES ? &table[index] : NULL;
}

static u32 unknown_zero(void)
{
    return 0;
}

static int clear(void **state)
{
    (void)state;
    memset(table, 0, sizeof(table));
    return 0;
}

static struct packet packet_of(enum family family, const u8 source[16], u8 protocol, u16 port)
{
    struct packet packet = {.family = family,
                            .protocol = protocol,
                            .source_port = 40000,
                            .destination_port = port,
                            .tcp_flags = TCP_SYN};
    memcpy(packet.source.bytes, source, 16);
    return packet;
}

static struct packet from4(u32 source, u16 port)
{
    u8 bytes[16] = {(u8)(source >> 24), (u8)(source >> 16), (u8)(source >> 8), (u8)source};
    return packet_of(FAMILY_IPV4, bytes, IPPROTO_TCP, port);
}

static void count_as(const struct packet *packet, enum direction direction, bool audit, u64 packets)
{
    static u64 now_ns;
    struct dropped one = dropped_of(packet, direction, audit);

    one.packets = packets;
    one.bytes = 60 * packets;
    one.last_seen_ns = ++now_ns;
    dropped_count(&one, SEED);
}

static void count(struct packet packet)
{
    count_as(&packet, DIRECTION_IN, false, 1);
}

/* The row of SCOPE that PACKET belongs to, or NULL. */
static const struct dropped *row_of(struct packet packet, enum dropped_scope scope)
{
    struct dropped wanted = dropped_of(&packet, DIRECTION_IN, false);

    wanted.scope = scope;
    for (size_t i = 0; i < DROPPED_LINES * DROPPED_WAYS; i++) {
        const struct dropped *row = &table[i / DROPPED_WAYS].ways[i % DROPPED_WAYS];
        if (row->packets && dropped_is_same(row, &wanted))
            return row;
    }
    return NULL;
}

static u64 all_packets(void)
{
    u64 packets = 0;

    for (size_t i = 0; i < (DROPPED_LINES + 1) * DROPPED_WAYS; i++)
        packets += table[i / DROPPED_WAYS].ways[i % DROPPED_WAYS].packets;
    return packets;
}

static void a_network_is_one_row(void **state)
{
    (void)state;
    count(from4(0xcb007107, 22));
    const struct dropped *row = row_of(from4(0xcb007107, 22), DROPPED_NETWORK);
    assert_non_null(row);
    assert_int_equal(row->differing[3], 0);
    count(from4(0xcb007106, 22));
    assert_int_equal(row->packets, 2);
    assert_int_equal(row->bytes, 120);
    assert_int_equal(row->differing[3], 1);
    count(from4(0xcb007207, 22));
    assert_int_equal(row->packets, 2);

    u8 one[16] = {0x20, 1, 0xd, 0xb8, [7] = 1, [15] = 7}, other[16] = {0x20, 1, 0xd, 0xb8, [7] = 2};
    count(packet_of(FAMILY_IPV6, one, IPPROTO_TCP, 22));
    one[8] = 0xff;
    count(packet_of(FAMILY_IPV6, one, IPPROTO_TCP, 22));
    count(packet_of(FAMILY_IPV6, other, IPPROTO_TCP, 22));
    row = row_of(packet_of(FAMILY_IPV6, one, IPPROTO_TCP, 22), DROPPED_NETWORK);
    assert_int_equal(row->packets, 2);
    assert_int_equal(row->differing[8], 0xff);
}

static void services_directions_and_modes_are_told_apart(void **state)
{
    struct packet packet = from4(0xcb007107, 22), udp = packet;

    (void)state;
    udp.protocol = IPPROTO_UDP;
    count(packet);
    count(from4(0xcb007107, 23));
    count(udp);
    count_as(&packet, DIRECTION_IN, true, 1);
    packet.destination = packet.source;
    count_as(&packet, DIRECTION_OUT, false, 1);
    assert_int_equal(row_of(from4(0xcb007107, 22), DROPPED_NETWORK)->packets, 1);
    assert_int_equal(row_of(udp, DROPPED_NETWORK)->packets, 1);
    assert_int_equal(all_packets(), 5);
}

/* The port of an answer's receiver is chosen anew for each conversation. */
static void answers_are_counted_at_the_service(void **state)
{
    static const struct {
        u8 protocol, flags;
        u16 from, to;
        bool answer;
    } cases[] = {
        {IPPROTO_TCP, TCP_SYN, 443, 5060, false},
        {IPPROTO_TCP, TCP_SYN, 443, 50000, false},
        {IPPROTO_TCP, TCP_SYN | TCP_ACK, 50000, 443, true},
        {IPPROTO_TCP, TCP_ACK, 443, 50000, true},
        {IPPROTO_TCP, TCP_ACK, 50000, 443, false},
        {IPPROTO_UDP, 0, 53, 50000, true},
        {IPPROTO_UDP, 0, 50000, 53, false},
        {IPPROTO_UDP, 0, 123, 123, false},
        {IPPROTO_UDP, 0, 40000, 51820, false},
        {IPPROTO_UDP, 0, 1023, 1024, true},
        {IPPROTO_UDP, 0, 5060, 5061, false},
        {IPPROTO_UDP, 0, 5060, 32767, false},
        {IPPROTO_UDP, 0, 5060, 32768, true},
        {IPPROTO_UDP, 0, 0, 53, false},
        {IPPROTO_ICMP, 0, 0, 0x0800, false},
        {IPPROTO_GRE, 0, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct packet packet = from4(0xcb007107, cases[i].to);
        packet.protocol = cases[i].protocol;
        packet.tcp_flags = cases[i].flags;
        packet.source_port = cases[i].from;
        struct dropped row = dropped_of(&packet, DIRECTION_IN, false);
        assert_int_equal(row.answer, cases[i].answer);
        assert_int_equal(row.port, cases[i].answer ? cases[i].from : cases[i].to);
    }
}

static u64 random_number(void)
{
    static u64 x = 88172645463325252;

    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

#define HONEST 200
#define FLOOD  2000000

/* Networks of 10.0.0.0/8, which no forged packet comes from. */
static void be_honest(u32 times)
{
    for (u32 i = 0; i < HONEST; i++)
        for (u32 n = 0; n < times; n++)
            count(from4(0x0a000001 + (i << 8), (u16)(1000 + i % 7)));
}

static u32 honest_rows(u64 packets)
{
    u32 found = 0;

    for (u32 i = 0; i < HONEST; i++) {
        const struct dropped *row =
            row_of(from4(0x0a000001 + (i << 8), (u16)(1000 + i % 7)), DROPPED_NETWORK);
        found += row && row->packets == packets;
    }
    return found;
}

static void a_flood_of_networks_is_one_row(void **state)
{
    (void)state;
    be_honest(3);
    for (u32 i = 0; i < FLOOD; i++)
        count(from4((u32)random_number() | 0x80000000, 80));
    assert_int_equal(honest_rows(3), HONEST);
    assert_int_equal(all_packets(), FLOOD + 3 * HONEST);
    const struct dropped *flood = row_of(from4(0x80000000, 80), DROPPED_ANYWHERE);
    assert_non_null(flood);
    /* The rest has rows of its own. */
    assert_true(flood->packets > FLOOD - 10 * DROPPED_LINES * DROPPED_WAYS);
    assert_true(flood->differing[0] & 0x40);

    /* What comes up later is seen as well. */
    for (u32 n = 0; n < 100; n++)
        count(from4(0x0b000001, 5432));
    assert_int_equal(row_of(from4(0x0b000001, 5432), DROPPED_NETWORK)->packets, 100);
}

static void a_flood_of_everything_is_counted(void **state)
{
    (void)state;
    be_honest(100);
    for (u32 i = 0; i < FLOOD; i++)
        count(from4((u32)random_number() | 0x80000000, (u16)random_number()));
    assert_int_equal(honest_rows(100), HONEST);
    assert_int_equal(all_packets(), FLOOD + 100 * HONEST);
    const struct dropped *rest = &table[DROPPED_LINES].ways[DIRECTION_IN];
    assert_int_equal(rest->scope, DROPPED_ANYTHING);
    assert_true(rest->packets > 0);
}

/* More than all rows are known, each with several packets, and one more network comes again and
 * again. */
static void what_goes_on_gets_a_row(void **state)
{
    struct packet late = from4(0x0b000001, 5432);

    (void)state;
    for (u32 i = 0; i < 4 * DROPPED_LINES * DROPPED_WAYS; i++)
        for (u32 n = 0; n < 5; n++)
            count(from4(0x80000000 + (i << 8), 80));
    assert_null(row_of(late, DROPPED_NETWORK));
    for (u32 n = 0; n < 6; n++)
        count(late);
    assert_int_equal(row_of(late, DROPPED_NETWORK)->packets, 6);
    assert_int_equal(all_packets(), 4 * DROPPED_LINES * DROPPED_WAYS * 5 + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_network_is_one_row, clear),
        cmocka_unit_test_setup(services_directions_and_modes_are_told_apart, clear),
        cmocka_unit_test_setup(answers_are_counted_at_the_service, clear),
        cmocka_unit_test_setup(a_flood_of_networks_is_one_row, clear),
        cmocka_unit_test_setup(a_flood_of_everything_is_counted, clear),
        cmocka_unit_test_setup(what_goes_on_gets_a_row, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
