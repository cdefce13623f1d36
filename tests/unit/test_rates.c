// SPDX-License-Identifier: GPL-2.0-or-later
/* Rates: what has grown, in which order, and what happens if no earlier state is known. */
#include "check.h"

#include "../../loader/metrics/rates.h"

#define RULES 4

static void assert_about(double found, double expected)
{
    assert_true(found > expected - 1e-6 && found < expected + 1e-6);
}

static struct rule_sample rule(const char *name, enum direction direction, u64 packets, u64 bytes)
{
    struct rule_sample made = {.direction = direction,
                               .action = VERDICT_ACCEPT,
                               .counter = {.packets = packets, .bytes = bytes}};
    snprintf(made.name, sizeof(made.name), "%s", name);
    return made;
}

/* With REASON_SLOTS reasons, as view_counters() fills them in. */
static struct snapshot *snapshot_new(struct rule_sample rules[RULES])
{
    struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

    assert_non_null(snapshot);
    for (u32 slot = 0; slot < REASON_SLOTS; slot++)
        snapshot->reasons[slot] = (struct reason_counter){.reason = slot / (DIRECTIONS * VERDICTS),
                                                          .direction = slot / VERDICTS % DIRECTIONS,
                                                          .verdict = slot % VERDICTS};
    snapshot->rules = rules;
    snapshot->rule_count = RULES;
    return snapshot;
}

static struct rates made(const struct snapshot *before, const struct snapshot *after)
{
    struct rates rates;

    assert_int_equal(rates_make(before, after, 2, &rates), 0);
    assert_int_equal(rates.count, RULES + REASON_SLOTS);
    return rates;
}

static const u32 dropped = REASON_SLOT(REASON_DEFAULT, DIRECTION_IN, VERDICT_DROP);

/* Rules change places, one name exists in both directions, and a reason grows faster than the
 * rules. */
static void test_growth(void **state)
{
    struct rule_sample earlier[RULES] = {
        rule("web", DIRECTION_IN, 10, 1000), rule("both", DIRECTION_IN, 5, 50),
        rule("both", DIRECTION_OUT, 7, 70), rule("old", DIRECTION_IN, 1000, 1000)};
    struct rule_sample later[RULES] = {
        rule("new", DIRECTION_IN, 4, 40), rule("both", DIRECTION_OUT, 9, 90),
        rule("both", DIRECTION_IN, 5, 50), rule("web", DIRECTION_IN, 110, 11000)};
    struct snapshot *before = snapshot_new(earlier), *after = snapshot_new(later);

    (void)state;
    later[3].refusal = REFUSAL_TCP_RESET;
    earlier[0].counter.limited_packets = 7;
    later[3].counter.limited_packets = 13;
    later[3].counter.reply_packets = 20;
    later[3].counter.reply_bytes = 200;
    before->reasons[dropped].packets = 50;
    after->reasons[dropped].packets = 450;
    after->reasons[dropped].bytes = 4000;
    before->seen[DIRECTION_OUT].packets = 1;
    after->seen[DIRECTION_OUT].packets = 4;
    struct rates rates = made(before, after);
    const struct rate *list = rates.list;
    assert_string_equal(list[0].name, "default");
    assert_true(list[0].is_reason && list[0].verdict == VERDICT_DROP);
    assert_about(list[0].packets, 200);
    assert_about(list[0].bits, 16000);
    assert_string_equal(list[1].name, "web");
    assert_int_equal(list[1].refusal, REFUSAL_TCP_RESET);
    assert_int_equal(list[2].refusal, REFUSAL_NONE);
    assert_about(list[1].packets, 50);
    assert_about(list[1].replies, 10);
    assert_about(list[1].bits, 8 * 5100);
    assert_about(list[1].limited, 3);
    assert_int_equal(list[1].total, 143);
    assert_true(rates.are_limited);
    assert_string_equal(list[2].name, "new");
    assert_about(list[2].packets, 2);
    assert_string_equal(list[3].name, "both");
    assert_int_equal(list[3].direction, DIRECTION_OUT);
    assert_about(list[3].packets, 1);
    assert_string_equal(list[4].name, "both");
    assert_about(list[4].packets, 0);
    assert_string_equal(list[5].name, "malformed");
    assert_about(rates.seen[DIRECTION_OUT], 1.5);
    assert_about(rates.seen[DIRECTION_IN], 0);
    rates_clear(&rates);
    free(before);
    free(after);
}

/* A name whose action has changed, and one that disappeared meanwhile, start from 0. */
static void test_anew(void **state)
{
    struct rule_sample earlier[RULES] = {
        rule("a", DIRECTION_IN, 100, 0), rule("b", DIRECTION_IN, 100, 0),
        rule("c", DIRECTION_IN, 0, 0), rule("d", DIRECTION_IN, 0, 0)};
    struct rule_sample later[RULES];
    struct snapshot *before = snapshot_new(earlier), *after = snapshot_new(later);

    (void)state;
    memcpy(later, earlier, sizeof(later));
    later[0].action = VERDICT_DROP;
    later[1].counter.packets = 40;
    struct rates rates = made(before, after);
    assert_string_equal(rates.list[0].name, "a");
    assert_about(rates.list[0].packets, 50);
    assert_string_equal(rates.list[1].name, "b");
    assert_about(rates.list[1].packets, 20);
    assert_string_equal(rates.list[2].name, "c");
    assert_string_equal(rates.list[3].name, "d");
    rates_clear(&rates);
    free(before);
    free(after);
}

/* Without an earlier snapshot there are sums and no rates. */
static void test_first(void **state)
{
    struct rule_sample rules[RULES] = {rule("a", DIRECTION_IN, 1, 0), rule("b", DIRECTION_IN, 3, 0),
                                       rule("c", DIRECTION_IN, 2, 0),
                                       rule("d", DIRECTION_IN, 0, 0)};
    struct snapshot *after = snapshot_new(rules);

    (void)state;
    after->seen[DIRECTION_IN].packets = 6;
    struct rates rates = made(NULL, after);
    for (size_t i = 0; i < rates.count; i++)
        assert_about(rates.list[i].packets, 0);
    assert_string_equal(rates.list[0].name, "b");
    assert_string_equal(rates.list[1].name, "c");
    assert_string_equal(rates.list[2].name, "a");
    assert_int_equal(rates.list[0].total, 3);
    assert_about(rates.seen[DIRECTION_IN], 0);
    rates_clear(&rates);
    free(after);
}

static void test_totals(void **state)
{
    const struct totals now = {{150, 40}, {{30, 120}, {4, 36}}};
    const struct last_look before = {
        .time_ns = SECOND_NS, .seen_packets = {50, 40}, .packets = {{10, 40}, {4, 36}}};
    struct totals_rates rates = totals_rates(&now, &before, 5 * SECOND_NS);

    (void)state;
    assert_int_equal(rates.span_ns, 4 * SECOND_NS);
    assert_about(rates.seen[DIRECTION_IN], 25);
    assert_about(rates.seen[DIRECTION_OUT], 0);
    assert_about(rates.packets[DIRECTION_IN][VERDICT_DROP], 5);
    assert_about(rates.packets[DIRECTION_IN][VERDICT_ACCEPT], 20);
    assert_about(rates.packets[DIRECTION_OUT][VERDICT_ACCEPT], 0);
}

/* Without an earlier look, or with one of this very moment, no rate can be calculated. */
static void test_totals_without_a_look(void **state)
{
    const struct totals now = {{150, 40}, {{30, 120}, {4, 36}}};
    const struct last_look unknown = {0}, just_now = {.time_ns = SECOND_NS};

    (void)state;
    assert_int_equal(totals_rates(&now, &unknown, SECOND_NS).span_ns, 0);
    assert_int_equal(totals_rates(&now, &just_now, SECOND_NS).span_ns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_growth), cmocka_unit_test(test_anew),
                                       cmocka_unit_test(test_first), cmocka_unit_test(test_totals),
                                       cmocka_unit_test(test_totals_without_a_look)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
