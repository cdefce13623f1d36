/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom to ban and what to limit. */
#include "check.h"

#include "../../loader/policy/protocols.h"
#include "../../loader/top/advice.h"
#include "../shared/dice.h"

#define WEB 1

static struct census census;

static int begin(void **state)
{
    (void)state;
    assert_int_equal(census_init(&census, 1), 0);
    census.seconds = 1;
    return 0;
}

static int end(void **state)
{
    (void)state;
    census_clear(&census);
    return 0;
}

static struct packet_sample web_from(u32 source_be)
{
    struct packet_sample sample = {
        .stands_for = 1,
        .segments = 1,
        .frame_bytes = 60,
        .family = FAMILY_IPV4,
        .protocol = PROTOCOL_TCP,
        .tcp_flags = 2,
        .destination_port = 443,
        .outcome = {.kind = OUTCOME_RULE, .verdict = VERDICT_ACCEPT},
    };
    memcpy(sample.source, &source_be, sizeof(source_be));
    return sample;
}

static void add(struct packet_sample sample, int times)
{
    while (times--)
        census_add(&census, &sample, WEB);
}

static void round_numbers(void **state)
{
    (void)state;
    assert_int_equal(advice_round(0), 1);
    assert_int_equal(advice_round(5), 5);
    assert_int_equal(advice_round(5.1), 10);
    assert_int_equal(advice_round(11), 20);
    assert_int_equal(advice_round(1e30), 1000000000000);
}

static void nothing_to_do(void **state)
{
    struct packet_sample dropped = web_from(7), reply = dropped, out = dropped, arp = {0};
    struct advice advice;

    (void)state;
    advice_make(&census, &advice);
    assert_false(advice.has_ban || advice.has_limit);
    dropped.outcome.verdict = VERDICT_DROP;
    reply.outcome.kind = OUTCOME_REPLY;
    out.direction = DIRECTION_OUT;
    arp = (struct packet_sample){
        .stands_for = 1,
        .segments = 1,
        .outcome = {.kind = OUTCOME_REASON, .reason = REASON_ARP, .verdict = VERDICT_ACCEPT}};
    add(dropped, 1000);
    add(reply, 1000);
    add(out, 1000);
    add(arp, 1000);
    advice_make(&census, &advice);
    assert_false(advice.has_ban || advice.has_limit);
}

/* One source stands out among others. */
static void one_source(void **state)
{
    struct advice advice;
    u32 worst = 0x07710acb;

    (void)state;
    for (u32 i = 1; i < 1000; i++)
        add(web_from(i * 2654435761u), 2);
    add(web_from(worst), 1500);
    advice_make(&census, &advice);
    assert_true(advice.has_ban && advice.has_limit);
    assert_int_equal(advice.ban.bits, 32);
    assert_memory_equal(advice.ban.address, &worst, 4);
    assert_int_equal(advice.rule, WEB);
    assert_true(advice.opens && advice.by_source);
    assert_int_equal(advice.limit, 200);
}

/* A network stands out, none of its addresses does. */
static void one_network(void **state)
{
    const u8 network[4] = {203, 0, 113, 0};
    struct advice advice;

    (void)state;
    for (u8 i = 1; i < 200; i++) {
        struct packet_sample sample = web_from(0);
        memcpy(sample.source, network, 4);
        sample.source[3] = i;
        add(sample, 10);
    }
    advice_make(&census, &advice);
    assert_true(advice.has_ban);
    assert_int_equal(advice.ban.bits, 24);
    assert_memory_equal(advice.ban.address, network, 4);
    assert_int_equal(advice.limit, 5);
}

/* Nobody stands out: sources are forged, and only the rule can be limited. */
static void forged(void **state)
{
    struct dice dice = {3};
    struct advice advice;

    (void)state;
    for (int i = 0; i < 20000; i++)
        add(web_from((u32)dice_roll(&dice)), 1);
    advice_make(&census, &advice);
    assert_false(advice.has_ban);
    assert_true(advice.has_limit && !advice.by_source);
    assert_int_equal(advice.limit, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_numbers),
        cmocka_unit_test_setup_teardown(nothing_to_do, begin, end),
        cmocka_unit_test_setup_teardown(one_source, begin, end),
        cmocka_unit_test_setup_teardown(one_network, begin, end),
        cmocka_unit_test_setup_teardown(forged, begin, end),
    };

    return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
