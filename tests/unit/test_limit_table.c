/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is let through by a limit, packet by packet, beside an exact count of each source. */
#include "check.h"

#include <edgexdp/limit.h>
#include <pthread.h>

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

/* A packet of SOURCE at NOW_NS by a clock that is at most LAG units of time late. */
static bool passes_by(const struct tables_limit *limit, u64 lag, u64 source, u64 now_ns, u32 chance)
{
    struct limit_line *line = &lines[source % LINES];
    struct limit_charge charge;
    u64 now = now_ns >> LIMIT_UNIT_SHIFT, tag = 1 + source / LINES, most = limit_most(limit, lag);

    charge.way = &line->ways[limit_search(line, tag, now, limit->most, &charge.before)];
    if (!limit_has_room(limit, most, now, 1, chance, tag, &charge))
        return false;
    return limit_take(most, now, &charge);
}

static bool passes(const struct tables_limit *limit, u64 source, u64 now_ns, u32 chance)
{
    return passes_by(limit, 0, source, now_ns, chance);
}

/* In any time, a source sends as often as it likes: never more than the burst and what the rate
 * gives it in that time passes, and in the long run neither does less. */
static void keeps_to_the_rate(void **state)
{
    static const u64 rates[] = {1, 3, 50, 999, 10000, 300000, 1100000, 30000000};
    struct dice dice = {.state = 1};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct tables_limit limit = limit_of(rates[i], 5 + rates[i] / 100);
        u64 start = MINUTE * dice_below(&dice, 100000), now = start, passed = 0, sent = 0;
        u64 at_once = 1 + rates[i] / 10000000;
        u64 step = at_once * SECOND_NS / rates[i] / 4 + 1; /* four times as many as may pass */
        double near = rates[i] > 2000000 ? 0.05 : 0.01;    /* rounding tells: 30 packets a unit */

        memset(lines, 0, sizeof(lines));
        for (; sent < 400000 * at_once; sent++) {
            if (sent % at_once == 0)
                now += dice_below(&dice, (unsigned int)(2 * step));
            passed += passes(&limit, 7, now, (u32)dice_roll(&dice));
            double most =
                (double)limit.burst + (double)rates[i] * (double)(now - start) / SECOND_NS;
            if ((double)passed > most + 1 + most * near)
                fail_msg("%llu a second: %llu passed, at most %f", rates[i], passed, most);
        }
        double expected = (double)rates[i] * (double)(now - start) / SECOND_NS;
        if ((double)passed < expected * (1 - near))
            fail_msg("%llu a second: %llu passed, %f should", rates[i], passed, expected);
    }
}

/* What a clock says that goes on every TICK_NS, and is told now and then only at the next tick. */
static u64 by_ticks(u64 now_ns, u64 tick_ns, struct dice *dice)
{
    bool is_late = dice_below(dice, 4) == 0;
    return (now_ns / tick_ns - is_late) * tick_ns;
}

/* By a clock that goes on only every tick, nobody gets more; the burst, and who pauses, may lose
 * two ticks. */
static void keeps_to_the_rate_by_ticks(void **state)
{
    static const u64 rates[] = {200, 999, 10000, 300000, 1100000};
    const u64 tick = 4 * MS, lag = 2 * tick >> LIMIT_UNIT_SHIFT;
    struct dice dice = {.state = 4};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct tables_limit limit = limit_of(rates[i], rates[i] / 2);
        u64 start = MINUTE * (1 + dice_below(&dice, 100000)), now = start, passed = 0;
        u64 step = SECOND_NS / rates[i] / 4 + 1;
        double lost = (double)rates[i] * 2 * tick / SECOND_NS + 1;

        memset(lines, 0, sizeof(lines));
        for (u64 sent = 0; sent < 800000; sent++) {
            now += dice_below(&dice, (unsigned int)(2 * step));
            passed += passes_by(&limit, lag, 7, by_ticks(now, tick, &dice), (u32)dice_roll(&dice));
            double most =
                (double)limit.burst + (double)rates[i] * (double)(now - start) / SECOND_NS;
            if ((double)passed > most * 1.0001 + 1)
                fail_msg("%llu a second: %llu passed, at most %f", rates[i], passed, most);
        }
        double due = (double)limit.burst + (double)rates[i] * (double)(now - start) / SECOND_NS;
        if ((double)passed < due * 0.999 - 2 * lost)
            fail_msg("%llu a second: %llu passed, %f should", rates[i], passed, due);
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
    assert_true(passes(&limit, 3, 2 * wrap + wrap / 2 - 7 * SECOND_NS, 0));
}

/* What several CPUs do at once: each takes the next moment and sends a packet then. */
struct contest {
    const struct tables_limit *limit;
    u64 step_ns, sources, rounds;
    u64 now_ns, passed; /* shared */
};

static void *take_part(void *context)
{
    struct contest *contest = context;

    for (u64 i = 0; i < contest->rounds; i++) {
        u64 now = __atomic_add_fetch(&contest->now_ns, contest->step_ns, __ATOMIC_RELAXED);
        if (passes(contest->limit, i % contest->sources, now, 0))
            __atomic_add_fetch(&contest->passed, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* THREADS of them send four times what LIMIT lets pass of SOURCES. Its cost is a whole number of
 * units of time, so nothing is rounded. */
static void hold_contest(const struct tables_limit *limit, u64 sources, unsigned int threads)
{
    u64 cost_ns = limit->cost >> LIMIT_COST_BITS;
    struct contest contest = {.limit = limit,
                              .step_ns = cost_ns / (4 * sources),
                              .sources = sources,
                              .rounds = 4000000 / threads,
                              .now_ns = MINUTE};
    pthread_t others[8];

    memset(lines, 0, sizeof(lines));
    assert_in_range(threads, 1, sizeof(others) / sizeof(others[0]));
    for (unsigned int i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&others[i], NULL, take_part, &contest), 0);
    for (unsigned int i = 0; i < threads; i++)
        assert_int_equal(pthread_join(others[i], NULL), 0);
    u64 most = sources * (limit->burst + (contest.now_ns - MINUTE) / cost_ns + threads);
    print_message("%u threads, %llu sources: %llu passed, at most %llu\n", threads, sources,
                  contest.passed, most);
    if (contest.passed > most || contest.passed < most - most / 20)
        fail_msg("%llu passed, %llu should", contest.passed, most);
}

/* CPUs that charge the same sources at the same time let no more through than a single one. Threads
 * may stand still, though never for as long as LIMIT_LATE: all of it takes less. */
static void several_cpus_share_a_rate(void **state)
{
    static const u64 sources[] = {1, 7};

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        for (unsigned int threads = 1; threads <= 8; threads *= 2) {
            struct tables_limit limit = {.cost = sources[i] << LIMIT_COST_SHIFT, .burst = 1000};
            limit.most = sources[i] * limit.burst;
            hold_contest(&limit, sources[i], threads);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_to_the_rate),         cmocka_unit_test(keeps_to_the_rate_by_ticks),
        cmocka_unit_test(spares_the_honest),         cmocka_unit_test(holds_the_worst),
        cmocka_unit_test(forgets_what_is_long_past), cmocka_unit_test(several_cpus_share_a_rate)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
