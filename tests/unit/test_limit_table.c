/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is let through by a limit, packet by packet, beside an exact count of each source. */
#include "check.h"

#include <edgexdp/limit.h>

#include "../shared/dice.h"

#define LINES  64u
#define MS     1000000ull
#define MINUTE (60 * SECOND_NS)

static struct limit_line lines[LINES];

/* RATE a second, BURST at once. */
static struct tables_limit limit_of(u64 rate, u64 burst)
{
    struct tables_limit limit = {.cost = (SECOND_NS << LIMIT_COST_BITS) / rate, .burst = burst};

    limit.most = limit.cost * burst >> LIMIT_COST_SHIFT;
    return limit;
}

/* A packet of SOURCE at NOW_NS. */
static bool passes(const struct tables_limit *limit, u64 source, u64 now_ns, u32 chance)
{
    struct limit_charge charge;
    u64 now = now_ns >> LIMIT_UNIT_SHIFT, tag = 1 + source / LINES;
    bool is_new = !limit_find_way(&lines[source % LINES], tag, now, limit->most, &charge);

    if (!limit_has_room(limit, now, limit_units(limit, 1, chance), tag, is_new, &charge))
        return false;
    return limit_take(limit, now, &charge);
}

/* In any time, a source sends as often as it likes: never more than the burst and what the rate
 * gives it in that time passes, and in the long run neither does less. */
static void keeps_to_the_rate(void **state)
{
    static const u64 rates[] = {1, 3, 50, 999, 10000, 300000};
    struct dice dice = {.state = 1};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct tables_limit limit = limit_of(rates[i], 5 + rates[i]);
        u64 start = MINUTE * dice_below(&dice, 100000), now = start, passed = 0, sent = 0;
        u64 step = SECOND_NS / rates[i] / 4 + 1; /* four times as many as may pass */

        memset(lines, 0, sizeof(lines));
        for (; sent < 400000; sent++, now += dice_below(&dice, (unsigned int)(2 * step))) {
            passed += passes(&limit, 7, now, (u32)dice_roll(&dice));
            double most =
                (double)limit.burst + (double)rates[i] * (double)(now - start) / SECOND_NS;
            if ((double)passed > most + 1 + most / 1000)
                fail_msg("%llu a second: %llu passed, at most %f", rates[i], passed, most);
        }
        double expected = (double)rates[i] * (double)(now - start) / SECOND_NS;
        if ((double)passed < expected * 0.99)
            fail_msg("%llu a second: %llu passed, %f should", rates[i], passed, expected);
    }
}

/* Who stays below the rate loses nothing, beside a flood from as many sources as there are numbers.
 */
static void spares_the_honest(void **state)
{
    struct tables_limit limit = limit_of(50, 5);
    struct dice dice = {.state = 2};
    u64 lost = 0;

    (void)state;
    memset(lines, 0, sizeof(lines));
    for (u64 i = 0; i < 1000000; i++) {
        u64 now = i * MS / 10;
        passes(&limit, 1000000 + dice_below(&dice, 100000000), now, (u32)dice_roll(&dice));
        if (i % 210 == 0) /* every 21 ms */
            lost += !passes(&limit, 3, now, (u32)dice_roll(&dice));
    }
    assert_int_equal(lost, 0);
}

/* A source that is far ahead stays held, though many others want its ways. */
static void holds_the_worst(void **state)
{
    struct tables_limit limit = limit_of(10, 100);
    struct dice dice = {.state = 3};
    u64 passed = 0;

    (void)state;
    memset(lines, 0, sizeof(lines));
    for (u64 i = 0; i < 1000000; i++) {
        u64 now = i * MS / 100; /* ten seconds */
        passes(&limit, 1000000 + dice_below(&dice, 100000000), now, (u32)dice_roll(&dice));
        passed += passes(&limit, 3, now, (u32)dice_roll(&dice));
    }
    assert_in_range(passed, 195, 201);
}

/* The clock wraps, and what is in a way from long ago means nothing. */
static void forgets_what_is_long_past(void **state)
{
    struct tables_limit limit = limit_of(1, 5);
    u64 wrap = 1ull << (64 - LIMIT_TAG_BITS + LIMIT_UNIT_SHIFT);

    (void)state;
    memset(lines, 0, sizeof(lines));
    for (int i = 0; i < 5; i++)
        assert_true(passes(&limit, 3, wrap - SECOND_NS, 0));
    assert_false(passes(&limit, 3, wrap - SECOND_NS, 0));
    assert_true(passes(&limit, 3, wrap + 100 * MS, 0)); /* across it, one came back */
    assert_false(passes(&limit, 3, wrap + 100 * MS, 0));
    for (int i = 0; i < 5; i++)
        assert_true(passes(&limit, 3, wrap + wrap / 2, 0));
    assert_true(passes(&limit, 3, 2 * wrap + wrap / 2 - 6 * SECOND_NS, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_to_the_rate), cmocka_unit_test(spares_the_honest),
        cmocka_unit_test(holds_the_worst), cmocka_unit_test(forgets_what_is_long_past)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
