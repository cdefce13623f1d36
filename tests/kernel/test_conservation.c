/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real packets through an attached guard: each is counted exactly once, where the judge in user
 * space says, with its bytes, and the accepted ones arrive. EDGEXDP_SEED, EDGEXDP_POLICIES and
 * EDGEXDP_PACKETS make it another test, or a longer one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "../../loader/base/memory.h"
#include "../shared/edits.h"
#include "../shared/random.h"
#include "cable.h"
#include "sandbox.h"
#include "seated.h"

#define NOW_S 1000

/* What the counters should say. */
struct expected {
    struct counters counters;
    size_t passed[DIRECTIONS];
    bool audit;
};

static void expect(struct expected *expected, const struct wire *wire,
                   const struct outcome *outcome)
{
    enum direction direction = wire->direction;
    struct counters *counters = &expected->counters;

    counters->seen[direction].packets++;
    if (outcome->verdict == VERDICT_ACCEPT || expected->audit)
        expected->passed[direction]++;
    if (outcome->kind == OUTCOME_REASON) {
        u32 slot = REASON_SLOT(outcome->reason, direction, outcome->verdict);
        counters->reasons[slot].packets++;
        counters->reasons[slot].bytes += wire->length;
    } else if (outcome->kind == OUTCOME_RULE) {
        counters->rules[outcome->rule].packets++;
        counters->rules[outcome->rule].bytes += wire->length;
    } else if (outcome->kind == OUTCOME_LIMITED) {
        counters->rules[outcome->rule].limited_packets++;
        counters->rules[outcome->rule].limited_bytes += wire->length;
    } else {
        counters->rules[outcome->rule].reply_packets++;
        counters->rules[outcome->rule].reply_bytes += wire->length;
    }
}

/* For each direction: its rules, replies to rules of the other direction, and reasons. */
static void check_sums(const struct seated *seated, const struct counters *counters)
{
    size_t capacity;
    const struct rule_entry *rules = guard_rules(seated->guard, &capacity);
    u64 sums[DIRECTIONS] = {0};

    for (u32 slot = 0; slot < REASON_SLOTS; slot++)
        sums[slot / VERDICTS % DIRECTIONS] += counters->reasons[slot].packets;
    for (size_t rule = 0; rule < counters->rule_count; rule++) {
        sums[rules[rule].direction] +=
            counters->rules[rule].packets + counters->rules[rule].limited_packets;
        sums[!rules[rule].direction] += counters->rules[rule].reply_packets;
    }
    for (int direction = 0; direction < DIRECTIONS; direction++)
        assert_int_equal(sums[direction], counters->seen[direction].packets);
}

/* What no rule matched is counted once more by service and network, if the policy asks for it. */
static void check_dropped(const struct seated *seated, const struct expected *expected)
{
    struct dropped *rows;
    size_t count;
    struct why why;
    u64 packets[DIRECTIONS] = {0}, bytes[DIRECTIONS] = {0};

    assert_int_equal(guard_dropped(seated->guard, &rows, &count, &why), 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].audit, expected->audit);
        packets[rows[i].direction] += rows[i].packets;
        bytes[rows[i].direction] += rows[i].bytes;
    }
    free(rows);
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        u32 slot = REASON_SLOT(REASON_DEFAULT, direction, VERDICT_DROP);
        const struct reason_counter *should = &expected->counters.reasons[slot];
        bool asked = seated->court.policy->log_drops;
        assert_int_equal(packets[direction], asked ? should->packets : 0);
        assert_int_equal(bytes[direction], asked ? should->bytes : 0);
    }
}

static void check_counters(const struct seated *seated, const struct expected *expected)
{
    struct counters counters;

    seated_counters(seated, &counters);
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        assert_int_equal(counters.seen[direction].packets,
                         expected->counters.seen[direction].packets);
        assert_int_equal(counters.seen[direction].unseated_packets, 0);
    }
    check_sums(seated, &counters);
    for (u32 slot = 0; slot < REASON_SLOTS; slot++) {
        assert_int_equal(counters.reasons[slot].packets, expected->counters.reasons[slot].packets);
        assert_int_equal(counters.reasons[slot].bytes, expected->counters.reasons[slot].bytes);
    }
    for (size_t rule = 0; rule < seated->court.image->entry_count; rule++) {
        const struct rule_counter *counted = &counters.rules[rule];
        const struct rule_counter *should = &expected->counters.rules[rule];
        assert_int_equal(counted->packets, should->packets);
        assert_int_equal(counted->bytes, should->bytes);
        assert_int_equal(counted->limited_packets, should->limited_packets);
        assert_int_equal(counted->limited_bytes, should->limited_bytes);
        assert_int_equal(counted->reply_packets, should->reply_packets);
        assert_int_equal(counted->reply_bytes, should->reply_bytes);
    }
    counters_clear(&counters);
    check_dropped(seated, expected);
}

/* The first guard of an interface numbers its rules as an image without numbers does. */
static void check_numbers(const struct seated *seated)
{
    const struct court *court = &seated->court;
    size_t capacity;
    const struct rule_entry *rules = guard_rules(seated->guard, &capacity);

    for (size_t i = 0; i < court->image->entry_count; i++)
        assert_string_equal(rules[i].name,
                            court->policy->rules[court->image->entries[i].rule].name);
}

static void attach(struct seated *seated, const char *text)
{
    struct why note = {""}, why = {""};

    seated_open(seated, text);
    if (new_guard_attach(seated->made, &note, &why))
        fail_msg("%s", why.text);
    check_numbers(seated);
}

static void detach(struct seated *seated)
{
    struct why why = {""};

    if (guard_detach(seated->guard, &why))
        fail_msg("%s", why.text);
    seated_close(seated);
}

/* One attached guard, its cable, and what is expected of both. */
struct stage {
    struct seated seated;
    struct cable cable;
    struct expected expected;
    bool open;
};

static struct stage stage;

static void open_stage(const char *text)
{
    attach(&stage.seated, text);
    court_opened(&stage.seated.court, true); /* what raw sockets send belongs to no connection */
    stage.open = true;
    cable_open(&stage.cable);
    stage.expected = (struct expected){.audit = stage.seated.court.policy->mode == MODE_AUDIT};
    stage.expected.counters.rules =
        calloc(stage.seated.court.image->entry_count + 1, sizeof(*stage.expected.counters.rules));
    assert_non_null(stage.expected.counters.rules);
}

/* After a failure, too: otherwise the next guard would wait for this one's lock. */
static int close_stage(void **state)
{
    (void)state;
    if (!stage.open)
        return 0;
    stage.open = false;
    counters_clear(&stage.expected.counters);
    cable_close(&stage.cable);
    detach(&stage.seated);
    return 0;
}

/* Waits for packets in transit, compares, and ends. */
static void check_stage(void)
{
    struct cable *cable = &stage.cable;
    const struct expected *expected = &stage.expected;

    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        cable_wait(cable, direction, expected->passed[direction]);
    check_counters(&stage.seated, expected);
    for (int direction = 0; direction < DIRECTIONS; direction++)
        assert_int_equal(cable->arrived[direction], expected->passed[direction]);
    close_stage(NULL);
}

static void send_traffic(const char *policy, struct dice *dice, unsigned int packets)
{
    CLEANUP_FREE char *mute = mute_policy(policy);
    struct wire wire;

    open_stage(mute);
    struct traffic traffic = {.dice = dice, .policy = stage.seated.court.policy};
    for (unsigned int i = 0; i < packets; i++) {
        traffic_next(&traffic, &wire);
        wire.arrives = ZONE_HERE; /* this host sends them all */
        if (!cable_can_send(&wire))
            continue;
        struct outcome outcome = court_outcome(&stage.seated.court, &wire, NOW_S);
        expect(&stage.expected, &wire, &outcome);
        cable_send(&stage.cable, &wire);
        if (i % 64 == 0)
            cable_drain(&stage.cable);
    }
    check_stage();
}

static void counts_every_packet_once(void **state)
{
    struct effort effort = effort_read(4, 2500);

    (void)state;
    trials_run(&effort, send_traffic);
}

static const char outgoing_policy[] =
    "[policy]\nname = outgoing\n"
    "[rule web]\ndirection = out\naction = accept\nprotocol = tcp, udp, sctp\nport = 443\n"
    "[rule ping]\ndirection = out\naction = accept\nprotocol = icmp, icmpv6\n"
    "icmp-type = echo-request\n"
    "[rule rest]\ndirection = out\naction = accept\nprotocol = esp, gre, 200\n";

#define V4 "out ip4 198.51.100.10 > 203.0.113.7 "
#define V6 "out ip6 2001:db8::10 > 2001:db8:9::7 "

/* Headers that programs on the way out cannot read in place. */
static void reads_beyond_the_linear_part(void **state)
{
    static const char *const packets[] = {
        V4 "| tcp 40000 > 443 syn | data 5000",
        V4 "| tcp 40000 > 444 syn | data 5000",
        V4 "options 01010101 | udp 40000 > 443 | data 5000",
        V4 "options 8307040a000001 | udp 40000 > 443 | data 5000",
        V4 "| icmp 8 | data 5000",
        V4 "| proto 200 | data 5000",
        V4 "total 6000 | tcp 40000 > 443 | data 5000",
        "out vlan | qinq | ip4 198.51.100.10 > 203.0.113.7 | sctp 1 > 443 | data 5000",
        "out vlan | qinq | vlan | ip4 198.51.100.10 > 203.0.113.7 | sctp 1 > 443 | data 5000",
        V6 "| tcp 40000 > 443 syn | data 5000",
        V6 "| hop | dst | routing 2 0 | fragment 0 | udp 40000 > 443 | data 5000",
        V6 "| dst 255 | dst 255 | tcp 40000 > 443 syn | data 1000",
        V6 "| dst 255 | dst 255 | tcp 40000 > 444 syn | data 1000",
        V6 "| dst 255 | dst 255 | icmp6 128 | data 1000",
        V6 "| dst 255 | dst 255 | routing 0 1 | tcp 40000 > 443 | data 1000",
        V6 "| dst 255 | dst 255 | dst | dst | dst | dst | dst | dst | sctp 1 > 443",
        V6 "| dst 255 | dst 255 | dst | dst | dst | dst | dst | dst | dst | sctp 1 > 443",
    };
    static const unsigned int linear_bytes[] = {14, 15, 20, 34, 40, 54, 60, 100};
    struct wire wire;

    (void)state;
    open_stage(outgoing_policy);
    for (size_t i = 0; i < ARRAY_SIZE(packets) * ARRAY_SIZE(linear_bytes); i++) {
        wire_read(packets[i / ARRAY_SIZE(linear_bytes)], &wire);
        struct outcome outcome = court_outcome(&stage.seated.court, &wire, NOW_S);
        expect(&stage.expected, &wire, &outcome);
        cable_send_paged(&stage.cable, &wire, linear_bytes[i % ARRAY_SIZE(linear_bytes)]);
    }
    check_stage();
}

/* A packet that the card will cut into ten is counted as ten, each with its own headers. Raw
 * sockets leave the number of segments open, so the kernel is told it here. */
static void counts_segments_as_on_the_wire(void **state)
{
    struct __sk_buff context = {.gso_segs = 10, .gso_size = 100, .wire_len = 1000 + 10 * 54};
    struct rule_counter *web;
    struct wire wire;

    (void)state;
    open_stage(outgoing_policy);
    wire_read(V4 "| tcp 40000 > 443 ack | data 1000", &wire);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = wire.bytes, .data_size_in = (u32)wire.length,
                .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = 1);
    assert_int_equal(bpf_prog_test_run_opts(seated_root(&stage.seated, DIRECTION_OUT), &options),
                     0);
    web = &stage.expected.counters.rules[0];
    web->packets = stage.expected.counters.seen[DIRECTION_OUT].packets = context.gso_segs;
    web->bytes = context.wire_len;
    check_stage();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(counts_every_packet_once, close_stage),
        cmocka_unit_test_teardown(reads_beyond_the_linear_part, close_stage),
        cmocka_unit_test_teardown(counts_segments_as_on_the_wire, close_stage),
    };

    sandbox_enter();
    return cmocka_run_group_tests_name("conservation", tests, NULL, NULL);
}
