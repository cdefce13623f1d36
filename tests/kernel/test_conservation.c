/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real packets through an attached guard: every one of them is counted, once, where the judge in
 * user space says, with its bytes, and those that are accepted arrive. EDGEXDP_SEED,
 * EDGEXDP_POLICIES and EDGEXDP_PACKETS make it another test, or a longer one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../shared/effort.h"
#include "../shared/random.h"
#include "cable.h"
#include "sandbox.h"
#include "seated.h"

#define NOW_S 1000

/* What the counters should say. */
struct expected {
    struct reading reading;
    size_t passed[DIRECTIONS];
    bool audit;
};

static void expect(struct expected *expected, const struct wire *wire,
                   const struct outcome *outcome)
{
    enum direction direction = wire->direction;
    struct reading *reading = &expected->reading;

    reading->seen[direction].packets++;
    if (outcome->verdict == VERDICT_ACCEPT || expected->audit)
        expected->passed[direction]++;
    if (outcome->kind == OUTCOME_REASON) {
        u32 slot = REASON_SLOT(outcome->reason, direction, outcome->verdict);
        reading->reasons[slot].packets++;
        reading->reasons[slot].bytes += wire->length;
    } else if (outcome->kind == OUTCOME_RULE) {
        reading->rules[outcome->rule].packets++;
        reading->rules[outcome->rule].bytes += wire->length;
    } else {
        reading->rules[outcome->rule].reply_packets++;
        reading->rules[outcome->rule].reply_bytes += wire->length;
    }
}

static void send_traffic(struct seated *seated, struct dice *dice, unsigned int packets,
                         struct cable *cable, struct expected *expected)
{
    struct traffic traffic = {.dice = dice, .policy = seated->court.policy};
    char text[TRAFFIC_TEXT];
    struct wire wire;

    for (unsigned int i = 0; i < packets; i++) {
        traffic_next(&traffic, text);
        wire_read(text, &wire);
        if (!cable_can_send(&wire))
            continue;
        struct outcome outcome = court_outcome(&seated->court, &wire, NOW_S);
        expect(expected, &wire, &outcome);
        cable_send(cable, &wire);
        if (i % 64 == 0)
            cable_drain(cable);
    }
}

static void check_sums(const struct reading *reading)
{
    u64 sums = 0;

    for (u32 slot = 0; slot < REASON_SLOTS; slot++)
        sums += reading->reasons[slot].packets;
    for (size_t rule = 0; rule < reading->rule_count; rule++)
        sums += reading->rules[rule].packets + reading->rules[rule].reply_packets;
    assert_int_equal(sums,
                     reading->seen[DIRECTION_IN].packets + reading->seen[DIRECTION_OUT].packets);
}

static void check_counters(const struct seated *seated, const struct expected *expected)
{
    struct reading reading;
    struct why why;

    assert_int_equal(guard_read(seated->guard, &reading, &why), 0);
    for (int direction = 0; direction < DIRECTIONS; direction++) {
        assert_int_equal(reading.seen[direction].packets,
                         expected->reading.seen[direction].packets);
        assert_int_equal(reading.seen[direction].unseated_packets, 0);
    }
    check_sums(&reading);
    for (u32 slot = 0; slot < REASON_SLOTS; slot++) {
        assert_int_equal(reading.reasons[slot].packets, expected->reading.reasons[slot].packets);
        assert_int_equal(reading.reasons[slot].bytes, expected->reading.reasons[slot].bytes);
    }
    for (size_t rule = 0; rule < seated->court.image->entry_count; rule++) {
        const struct rule_counter *counted = &reading.rules[rule];
        const struct rule_counter *should = &expected->reading.rules[rule];
        assert_int_equal(counted->packets, should->packets);
        assert_int_equal(counted->bytes, should->bytes);
        assert_int_equal(counted->reply_packets, should->reply_packets);
        assert_int_equal(counted->reply_bytes, should->reply_bytes);
    }
    reading_clear(&reading);
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
    if (guard_attach(seated->guard, &note, &why))
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

static void counts_every_packet_once(void **state)
{
    struct effort effort = effort_read(4, 2500);

    (void)state;
    print_message("EDGEXDP_SEED=%llu EDGEXDP_POLICIES=%u EDGEXDP_PACKETS=%u\n",
                  (unsigned long long)effort.seed, effort.policies, effort.packets);
    for (unsigned int i = 0; i < effort.policies; i++) {
        struct dice dice = {.state = effort.seed + i};
        char *text = random_policy(&dice);
        struct expected expected = {0};
        struct seated seated;
        struct cable cable;

        attach(&seated, text);
        cable_open(&cable);
        expected.audit = seated.court.policy->mode == MODE_AUDIT;
        expected.reading.rules =
            calloc(seated.court.image->entry_count + 1, sizeof(*expected.reading.rules));
        assert_non_null(expected.reading.rules);
        send_traffic(&seated, &dice, effort.packets, &cable, &expected);
        cable_wait(&cable, DIRECTION_IN, expected.passed[DIRECTION_IN]);
        cable_wait(&cable, DIRECTION_OUT, expected.passed[DIRECTION_OUT]);
        check_counters(&seated, &expected);
        assert_int_equal(cable.arrived[DIRECTION_IN], expected.passed[DIRECTION_IN]);
        assert_int_equal(cable.arrived[DIRECTION_OUT], expected.passed[DIRECTION_OUT]);
        reading_clear(&expected.reading);
        cable_close(&cable);
        detach(&seated);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_every_packet_once),
    };

    sandbox_enter();
    return cmocka_run_group_tests_name("conservation", tests, NULL, NULL);
}
