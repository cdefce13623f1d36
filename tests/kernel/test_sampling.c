/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of all packets: what they say, for how many packets they stand, and when they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "../../loader/base/memory.h"
#include "../../loader/kernel/guard.h"
#include "sandbox.h"
#include "seated.h"

#define NEVER_LIMITED 0 /* a pace: each packet is a sample */

static const char policy[] = "[policy]\nname = sampled\n[rules]\n"
                             "web = accept in tcp 203.0.113.0/24 > :443\n"
                             "dns = accept out udp > :53\n";

static struct seated seated;

/* What was heard: packets by the last byte of their source, and the last sample. */
struct heard {
    u64 samples, packets;
    u64 of_source[256];
    struct packet_sample last;
};

static int open_seated(void **state)
{
    (void)state;
    seated_open(&seated, policy);
    return 0;
}

static int close_seated(void **state)
{
    (void)state;
    seated_close(&seated);
    return 0;
}

static void hear(const struct packet_sample *sample, void *context)
{
    struct heard *heard = context;

    heard->samples++;
    heard->packets += (u64)sample->stands_for * sample->segments;
    heard->of_source[sample->source[3]] += sample->stands_for;
    heard->last = *sample;
}

static struct listener *sample(u32 pace_ns, struct heard *heard)
{
    struct listener *listener = NULL;
    struct why why = {0};

    *heard = (struct heard){0};
    assert_int_equal(guard_sample(seated.guard, pace_ns, hear, heard, &listener, &why), 0);
    return listener;
}

static void run(const char *text, int times)
{
    struct wire wire;
    wire_read(text, &wire);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = wire.bytes, .data_size_in = (u32)wire.length,
                .repeat = times);

    assert_int_equal(bpf_prog_test_run_opts(seated_root(&seated, wire.direction), &options), 0);
}

static u64 lost(const struct listener *listener)
{
    u64 packets;

    assert_int_equal(listener_lost(listener, &packets), 0);
    return packets;
}

static struct listening *listening(void)
{
    return seated.guard->mappings[PIN_LISTENING].memory;
}

#define WEB   "in ip4 203.0.113.7 > 198.51.100.10 | tcp 40000 > 443 syn"
#define OTHER "in ip4 203.0.113.8 > 198.51.100.10 | tcp 40000 > 443 syn"
#define PROBE "in ip6 2001:db8::1 > 2001:db8::2 | udp 40000 > 161 | data 100"
#define DNS   "out ip4 198.51.100.10 > 203.0.113.53 | udp 40000 > 53 | data 20"

static void what_they_say(void **state)
{
    struct heard heard;
    struct listener *listener = sample(NEVER_LIMITED, &heard);

    (void)state;
    run(WEB, 1);
    assert_int_equal(listener_read(listener), 1);
    assert_int_equal(heard.last.stands_for, 1);
    assert_int_equal(heard.last.segments, 1);
    assert_int_equal(heard.last.generation, guard_tables(seated.guard)->seated.generation);
    assert_int_equal(heard.last.outcome.kind, OUTCOME_RULE);
    assert_int_equal(heard.last.outcome.verdict, VERDICT_ACCEPT);
    assert_int_equal(heard.last.direction, DIRECTION_IN);
    assert_int_equal(heard.last.frame_bytes, 14 + 20 + 20);
    assert_int_equal(heard.last.family, FAMILY_IPV4);
    assert_int_equal(heard.last.protocol, IPPROTO_TCP);
    assert_int_equal(heard.last.tcp_flags, 2);
    assert_int_equal(heard.last.source_port, 40000);
    assert_int_equal(heard.last.destination_port, 443);
    assert_memory_equal(heard.last.source, ((u8[16]){203, 0, 113, 7}), 16);
    assert_memory_equal(heard.last.destination, ((u8[16]){198, 51, 100, 10}), 16);
    run(PROBE, 1);
    assert_int_equal(listener_read(listener), 1);
    assert_int_equal(heard.last.outcome.kind, OUTCOME_REASON);
    assert_int_equal(heard.last.outcome.reason, REASON_DEFAULT);
    assert_int_equal(heard.last.outcome.verdict, VERDICT_DROP);
    assert_int_equal(heard.last.family, FAMILY_IPV6);
    assert_int_equal(heard.last.frame_bytes, 14 + 40 + 8 + 100);
    run(DNS, 1);
    assert_int_equal(listener_read(listener), 1);
    assert_int_equal(heard.last.direction, DIRECTION_OUT);
    assert_int_equal(heard.last.outcome.kind, OUTCOME_RULE);
    run("in type 0x88b5 | data 600", 1);
    assert_int_equal(listener_read(listener), 1);
    assert_int_equal(heard.last.family, FAMILY_NONE);
    listener_close(listener);
}

/* Nothing is said before anybody asks, nor afterwards, and samples are no events. */
static void nothing_else(void **state)
{
    struct heard heard;
    struct listener *listener = sample(NEVER_LIMITED, &heard);

    (void)state;
    listener_close(listener);
    assert_int_equal(listening()->hears, 0);
    run(PROBE, 1);
    listener = sample(NEVER_LIMITED, &heard);
    assert_int_equal(listener_read(listener), 0);
    assert_false(guard_drops_are_heard(seated.guard));
    listener_close(listener);
}

/* A flood is sampled, and the samples stand for the whole of it. */
static void a_flood(void **state)
{
    const int flood = 2000000;
    struct heard heard;
    struct listener *listener = sample(100000, &heard);

    (void)state;
    for (int i = 0; i < 20; i++) {
        run(WEB, flood / 20);
        listener_read(listener);
        assert_true(listener_keep(listener)); /* it may take longer than it would be kept */
    }
    assert_int_equal(lost(listener), 0);
    assert_in_range(heard.samples, 1000, flood / 10);
    assert_in_range(heard.packets, flood / 100 * 93, flood / 100 * 107);
    listener_close(listener);
}

/* Packets that alternate strictly are not mistaken for packets of one kind. */
static void regular_traffic(void **state)
{
    const int pairs = 100000;
    struct heard heard;
    struct listener *listener = sample(1000000, &heard);

    (void)state;
    for (int i = 0; i < pairs; i++) {
        run(WEB, 1);
        run(OTHER, 1);
        if (i % 1000 == 0)
            assert_true(listener_keep(listener));
    }
    listener_read(listener);
    assert_in_range(heard.samples, 100, pairs);
    assert_in_range(heard.of_source[7], pairs / 100 * 75, pairs / 100 * 125);
    assert_in_range(heard.of_source[8], pairs / 100 * 75, pairs / 100 * 125);
    listener_close(listener);
}

/* What finds no room in the ring is counted. */
static void read_too_late(void **state)
{
    const int packets = 200000;
    struct heard heard;
    struct listener *listener = sample(NEVER_LIMITED, &heard);

    (void)state;
    run(WEB, packets);
    listener_read(listener);
    assert_in_range(heard.samples, 50000, 60000);
    assert_int_equal(heard.packets + lost(listener), packets);
    listener_close(listener);
}

/* Each has its own ring, and one that ends does not stop the other. */
static void two_listeners(void **state)
{
    struct heard heard[2];
    struct listener *one = sample(NEVER_LIMITED, &heard[0]);
    struct listener *other = sample(NEVER_LIMITED, &heard[1]);

    (void)state;
    run(WEB, 10);
    assert_int_equal(listener_read(one), 10);
    listener_close(one);
    run(WEB, 10);
    assert_int_equal(listener_read(other), 20);
    listener_close(other);
}

/* A listener that was killed is struck off by the first packet after its time; one that was only
 * late goes on. */
static void gone(void **state)
{
    struct heard heard;
    struct listener *listener = sample(NEVER_LIMITED, &heard);

    (void)state;
    assert_int_equal(listening()->hears, HEARS_SAMPLED);
    listening()->until_ns[0] = 1;
    run(WEB, 1);
    assert_int_equal(listening()->hears, 0);
    assert_int_equal(listener_read(listener), 0);
    assert_true(listener_keep(listener));
    run(WEB, 1);
    assert_int_equal(listener_read(listener), 1);
    listener_close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_they_say, open_seated, close_seated),
        cmocka_unit_test_setup_teardown(nothing_else, open_seated, close_seated),
        cmocka_unit_test_setup_teardown(a_flood, open_seated, close_seated),
        cmocka_unit_test_setup_teardown(regular_traffic, open_seated, close_seated),
        cmocka_unit_test_setup_teardown(read_too_late, open_seated, close_seated),
        cmocka_unit_test_setup_teardown(two_listeners, open_seated, close_seated),
        cmocka_unit_test_setup_teardown(gone, open_seated, close_seated),
    };

    sandbox_enter();
    return cmocka_run_group_tests_name("sampling", tests, NULL, NULL);
}
