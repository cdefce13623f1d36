/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets with known times before a policy with limits: who loses any, beside whom. */
#include "check.h"

#include <arpa/inet.h>

#include "../../loader/base/memory.h"
#include "../../loader/compile/image.h"
#include "../../loader/judge/native.h"
#include "../shared/dice.h"
#include "../shared/wire.h"

#define SOURCE_AT 26 /* of an IPv4 source address in a frame */

struct bench {
    struct diag *diag;
    struct policy *policy;
    struct image *image;
    struct native *native;
};

static void bench_open(struct bench *bench, const char *text)
{
    bench->diag = diag_new();
    bench->policy = good_policy(text, bench->diag);
    assert_int_equal(policy_compile(bench->policy, &BOUNDS_DEFAULT, &bench->image, bench->diag), 0);
    bench->native = native_new(bench->image->header);
    assert_non_null(bench->native);
}

static void bench_close(struct bench *bench)
{
    native_free(bench->native);
    image_free(bench->image);
    policy_free(bench->policy);
    diag_free(bench->diag);
}

/* A packet like WIRE from the address SOURCE: does it pass? */
static bool passes(struct bench *bench, const struct wire *wire, u32 source, u64 now_ns)
{
    u8 frame[128];

    assert_in_range(wire->length, SOURCE_AT + 4, sizeof(frame));
    memcpy(frame, wire->bytes, wire->length);
    source = htonl(source);
    memcpy(frame + SOURCE_AT, &source, sizeof(source));
    struct outcome outcome =
        native_judge(bench->native, wire->direction, frame, wire->length, now_ns);
    return outcome.verdict == VERDICT_ACCEPT;
}

#define SPOOFED     1000000u
#define BETWEEN     10u /* spoofed packets between two of the honest sources: 10^5 of these */
#define HELD        20u
#define HONEST_AT   0x0a000000u
#define ATTACKER_AT 0x0b000000u
#define SPOOFED_AT  0x0c000000u

struct flood {
    const char *policy;
    u64 apart_ns;     /* between two packets of the flood */
    u32 honest;       /* sources, in turn */
    u64 held_packets; /* of one that sends far too many, in all */
    u64 lost_packets; /* at most, of the honest ones */
};

/* Each spoofed source sends once; few others send as many as the honest ones do together. */
static void withstand(const struct flood *flood)
{
    struct dice dice = {.state = 4};
    struct bench bench;
    struct wire wire;
    u64 lost = 0, held = 0, spoofed = 0, most = HELD * flood->held_packets;

    bench_open(&bench, flood->policy);
    wire_read("in ip4 10.0.0.1 > 198.51.100.10 | udp 5000 > 53 | data 20", &wire);
    for (u32 i = 0; i < SPOOFED; i++) {
        u64 now = 1000000 * SECOND_NS + i * flood->apart_ns;
        u32 turn = i / BETWEEN;
        spoofed += passes(&bench, &wire, SPOOFED_AT + i, now);
        if (i % BETWEEN == 0)
            held += passes(&bench, &wire, ATTACKER_AT + turn % HELD, now);
        /* What the network does to the honest packets moves them a little. */
        now += dice_below(&dice, (unsigned int)(BETWEEN / 2 * flood->apart_ns));
        if (i % BETWEEN == 1)
            lost += !passes(&bench, &wire, HONEST_AT + turn % flood->honest, now);
    }
    assert_in_range(lost, 0, flood->lost_packets);
    assert_int_equal(spoofed, SPOOFED);
    assert_in_range(held, most - most / 20, most + HELD);
    bench_close(&bench);
}

/* 500 packets from each of 200, just below the rate; then, while more are ahead than the table has
 * ways, a whole burst from each of 20,000. Every 2^18th source of the flood has the same tag as
 * another one in its line: one or two of the 20,000 find themselves ahead, and lose a packet. */
static void honest_sources_lose_hardly_anything(void **state)
{
    static const struct flood floods[] = {
        {HEAD "[rules]\nserve = accept in udp > :53  limit 50/second per source\n",
         SECOND_NS / 49 / (BETWEEN * 200), 200, 50 + 50 * 500 / 49, 0},
        {HEAD "[rules]\nserve = accept in udp > :53  limit 5/hour per source\n", 10000, 20000, 5,
         5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++)
        withstand(&floods[i]);
}

/* A packet for which one of several limits has no room is charged to none of them. */
static void refused_packets_cost_nothing(void **state)
{
    struct bench bench;
    struct wire wire;
    u64 now = 1000 * SECOND_NS;
    int passed = 0;

    (void)state;
    bench_open(&bench,
               HEAD "[rules]\nserve = accept in udp > :53  limit 1/hour per source burst 3, "
                    "1/second burst 9\n");
    wire_read("in ip4 10.0.0.1 > 198.51.100.10 | udp 5000 > 53 | data 20", &wire);
    for (u32 source = 1; source <= 5; source++) {
        for (int i = 0; i < 100; i++)
            passed += passes(&bench, &wire, HONEST_AT + source, now);
        assert_int_equal(passed, source < 3 ? 3 * source : 9);
    }
    now += SECOND_NS;
    assert_true(passes(&bench, &wire, HONEST_AT + 5, now));
    assert_false(passes(&bench, &wire, HONEST_AT + 5, now));
    bench_close(&bench);
}

/* A set that holds a whole family needs no test of addresses, and still says who is exempt. */
static void a_whole_family_may_be_exempt(void **state)
{
    struct bench bench;
    struct wire wire;

    (void)state;
    bench_open(&bench, HEAD "exempt = 0.0.0.0/0\n[rules]\nserve = accept in udp > :53  limit "
                            "1/hour per source burst 1\n");
    wire_read("in ip4 10.0.0.1 > 198.51.100.10 | udp 5000 > 53 | data 20", &wire);
    for (int i = 0; i < 5; i++)
        assert_true(passes(&bench, &wire, HONEST_AT, 1000 * SECOND_NS));
    bench_close(&bench);
}

/* Sources share nothing, however alike their addresses look as numbers. */
static void both_families_are_apart(void **state)
{
    static const struct pair {
        const char *limit, *four, *six;
    } pairs[] = {
        {"per source", "33.1.13.184", "2001:db8::1"},
        {"per source", "0.0.0.0", "0:0:ffff:ffff::1"},
        {"per source/9/24", "255.255.255.255", "fe80::1"},
        {"per source/2/8", "112.48.133.34", "3f68:c3da:ea1e:c438:cda5:f9fd:6e37:6503"},
    };
    char text[200];
    struct bench bench;
    struct wire wire;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        snprintf(text, sizeof(text),
                 HEAD "[baseline]\nmartians = accept\n[rules]\nserve = accept in udp > :53  "
                      "limit 1/hour %s burst 1\n",
                 pairs[i].limit);
        bench_open(&bench, text);
        for (int n = 0; n < 4; n++) {
            snprintf(text, sizeof(text), "in ip%d %s > %s | udp 5000 > 53", n % 2 ? 6 : 4,
                     n % 2 ? pairs[i].six : pairs[i].four,
                     n % 2 ? "2001:db8::10" : "198.51.100.10");
            wire_read(text, &wire);
            struct outcome outcome =
                native_judge(bench.native, DIRECTION_IN, wire.bytes, wire.length, SECOND_NS);
            assert_int_equal(outcome.verdict, n < 2 ? VERDICT_ACCEPT : VERDICT_DROP);
        }
        bench_close(&bench);
    }
}

/* How many of COUNT packets like WIRE pass that SOURCE sends at once. */
static u32 pass(struct bench *bench, const char *wire_text, u32 source, u32 count, u64 now_ns)
{
    struct wire wire;
    u32 passed = 0;

    wire_read(wire_text, &wire);
    for (u32 i = 0; i < count; i++)
        passed += passes(bench, &wire, source, now_ns);
    return passed;
}

#define DATAGRAM "in ip4 10.0.0.1 > 198.51.100.10 | udp 5000 > 53 | data 20"
#define OTHER    "in ip4 10.0.0.1 > 198.51.100.10 | udp 5000 > 54 | data 20"
#define SYN      "in ip4 10.0.0.1 > 198.51.100.10 | tcp 5000 > 80 syn"
#define SEGMENT  "in ip4 10.0.0.1 > 198.51.100.10 | tcp 5000 > 80 ack | data 20"

/* A ban is for everything that its source sends, and for as long as the limit says. */
static void who_is_over_is_banned(void **state)
{
    struct bench bench;
    u64 now = 1000 * SECOND_NS, until = now + 600 * SECOND_NS;

    (void)state;
    bench_open(&bench,
               HEAD "exempt = 10.0.1.9\n[rules]\n"
                    "serve = accept in udp > :53  limit 1/second per source/24 burst 5 then "
                    "ban 10m\nother = accept in udp > :54\n");
    assert_int_equal(pass(&bench, DATAGRAM, 0x0a000001, 5, now), 5);
    assert_int_equal(pass(&bench, OTHER, 0x0a000001, 1, now), 1);
    assert_int_equal(pass(&bench, DATAGRAM, 0x0a000102, 6, now), 5);
    assert_int_equal(pass(&bench, OTHER, 0x0a000103, 1, until - 1), 0);
    assert_int_equal(pass(&bench, DATAGRAM, 0x0a000109, 9, now), 9);
    assert_int_equal(pass(&bench, OTHER, 0x0a000001, 1, until - 1), 1);
    assert_int_equal(pass(&bench, OTHER, 0x0a000103, 1, until), 1);
    bench_close(&bench);
    bench_open(&bench, HEAD "exempt = 0.0.0.0/0\n[rules]\nserve = accept in udp > :53  limit "
                            "1/second per source/24 burst 5 then ban 10m\n");
    assert_int_equal(pass(&bench, DATAGRAM, 0x0a000001, 9, now), 9);
    bench_close(&bench);
}

/* A SYN proves nothing, so it bans nobody, and uses up nothing of what proven packets may. */
static void of_tcp_only_what_is_proven_bans(void **state)
{
    struct bench bench;
    u64 now = 1000 * SECOND_NS;

    (void)state;
    bench_open(&bench, HEAD "[rules]\nserve = accept in tcp > :80  limit 1/hour per source burst 8 "
                            "then ban 10m\nother = accept in udp > :54\n");
    assert_int_equal(pass(&bench, SYN, 0x0a000001, 100, now), 8);
    assert_int_equal(pass(&bench, SEGMENT, 0x0a000001, 4, now), 0);
    assert_int_equal(pass(&bench, OTHER, 0x0a000001, 1, now), 1);
    assert_int_equal(pass(&bench, SEGMENT, 0x0a000001, 1, now), 0);
    assert_int_equal(pass(&bench, OTHER, 0x0a000001, 1, now), 0);
    assert_int_equal(pass(&bench, SEGMENT, 0x0a000002, 8, now), 8);
    assert_int_equal(pass(&bench, OTHER, 0x0a000002, 1, now), 1);
    assert_int_equal(pass(&bench, SEGMENT, 0x0a000002, 1, now), 0);
    assert_int_equal(pass(&bench, OTHER, 0x0a000002, 1, now), 0);
    native_reset(bench.native);
    assert_int_equal(pass(&bench, OTHER, 0x0a000002, 1, now), 1);
    bench_close(&bench);
}

/* Where a clock that goes on once in a tick is read, as the kernel side does if the policy allows
 * it: the same is let through as by an exact one. */
static void holds_to_a_tick(const char *limit, double rate, double burst)
{
    struct bench bench;
    struct wire wire;
    char policy[128];
    double passed = 0, seconds = 0;

    snprintf(policy, sizeof(policy), HEAD "[rules]\nr = accept in udp > :53  limit %s\n", limit);
    bench_open(&bench, policy);
    wire_read("in ip4 10.0.0.1 > 198.51.100.10 | udp 5000 > 53 | data 20", &wire);
    u64 tick = bench.image->header->limit_tick_ns;
    assert_in_range(tick, 1000000, SECOND_NS);
    bench.image->header->seated.limit_lag = (u16)(2 * tick >> LIMIT_UNIT_SHIFT);
    u64 step = (u64)(SECOND_NS / rate / 7);
    for (u64 now = 0; now < 2000000 * step; now += step) {
        seconds = (double)now / SECOND_NS;
        passed += passes(&bench, &wire, HONEST_AT, SECOND_NS + now / tick * tick);
        assert_true(passed <= burst + rate * seconds + 1);
    }
    assert_true(passed >= rate * seconds * 0.95);
    bench_close(&bench);
}

static void a_tick_is_exact_enough(void **state)
{
    (void)state;
    holds_to_a_tick("100/second per source", 100, 100);
    holds_to_a_tick("250/second per source burst 2", 250, 2);
    holds_to_a_tick("5/second per source burst 1", 5, 1);
    holds_to_a_tick("100000/second", 100000, 100000);
    holds_to_a_tick("1000/second per source burst 500", 1000, 500);
}

/* A tick is long for these. */
static void or_the_clock_is_exact(void **state)
{
    static const char *const limits[] = {"100000/second burst 1000", "100 Mbit/second burst 65536",
                                         "250/second burst 1"};
    char policy[128];
    struct bench bench;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        snprintf(policy, sizeof(policy), HEAD "[rules]\nr = accept in udp > :53  limit %s\n",
                 limits[i]);
        bench_open(&bench, policy);
        assert_in_range(bench.image->header->limit_tick_ns, 0, 1000000);
        bench_close(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(honest_sources_lose_hardly_anything),
                                       cmocka_unit_test(refused_packets_cost_nothing),
                                       cmocka_unit_test(a_whole_family_may_be_exempt),
                                       cmocka_unit_test(both_families_are_apart),
                                       cmocka_unit_test(who_is_over_is_banned),
                                       cmocka_unit_test(of_tcp_only_what_is_proven_bans),
                                       cmocka_unit_test(a_tick_is_exact_enough),
                                       cmocka_unit_test(or_the_clock_is_exact)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
