/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rate limits as a policy says them. */
#include "check.h"

#include <edgexdp/limit.h>

#include "../../loader/policy/limit.h"

static void reads_and_prints(void **state)
{
    static const struct {
        const char *text, *printed;
        struct limit limit;
    } good[] = {
        {"50/second per source", NULL, {50, LIMIT_PACKETS_UNIT, 1, LIMIT_SOURCE, {32, 64}, 50, 0}},
        {"3/second", NULL, {3, LIMIT_PACKETS_UNIT, 1, LIMIT_RULE, {32, 64}, 5, 0}},
        {"5 packets/minute", "5/minute", {5, LIMIT_PACKETS_UNIT, 60, LIMIT_RULE, {32, 64}, 5, 0}},
        {"1200 new/minute per source",
         NULL,
         {1200, LIMIT_NEW_UNIT, 60, LIMIT_SOURCE, {32, 64}, 20, 0}},
        {"8 kbit/second", NULL, {8, LIMIT_KBIT_UNIT, 1, LIMIT_RULE, {32, 64}, 65536, 0}},
        {"20 Mbit/second per destination/24",
         NULL,
         {20, LIMIT_MBIT_UNIT, 1, LIMIT_DESTINATION, {24, 64}, 2500000, 0}},
        {"7 mbit/second",
         "7 Mbit/second",
         {7, LIMIT_MBIT_UNIT, 1, LIMIT_RULE, {32, 64}, 875000, 0}},
        {"100000 bytes/second burst 100000",
         "100000 bytes/second",
         {100000, LIMIT_BYTES_UNIT, 1, LIMIT_RULE, {32, 64}, 100000, 0}},
        {"3 new/hour per source/24/48 burst 9 then ban 1d",
         NULL,
         {3, LIMIT_NEW_UNIT, 3600, LIMIT_SOURCE, {24, 48}, 9, 86400 * SECOND_NS}},
        {"1/second  per source/32/56 then ban 90m",
         "1/second per source/32/56 then ban 90m",
         {1, LIMIT_PACKETS_UNIT, 1, LIMIT_SOURCE, {32, 56}, 5, 5400 * SECOND_NS}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct limit limit;
        struct fault fault;
        char text[LIMIT_TEXT_BYTES];

        if (limit_read(piece_of(good[i].text), &limit, &fault))
            fail_msg("%s: %s", good[i].text, fault.text);
        assert_memory_equal(&limit, &good[i].limit, sizeof(limit));
        assert_string_equal(limit_print(&limit, text),
                            good[i].printed ? good[i].printed : good[i].text);
    }
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *fault;
        size_t at, length;
    } bad[] = {
        {"", "a rate is missing: write N/second, N new/second, N kbit/second or N bytes/second", 0,
         1},
        {"50",
         "a rate is incomplete: write N/second, N new/second, N kbit/second or N bytes/second", 2,
         1},
        {"0/second", "a rate of 0 lets nothing pass: write action = drop for that", 0, 1},
        {"50/s", "\"s\" is not a time that a rate has: write second, minute or hour", 3, 1},
        {"50 bytes",
         "a rate is incomplete: write N/second, N new/second, N kbit/second or N bytes/second", 3,
         5},
        {"5 frames/second",
         "\"frames\" is not what a limit counts: write N/second, N new/second, N kbit/second or N "
         "bytes/second",
         2, 6},
        {"5/second per",
         "what the limit is for is missing: write per source, per source/24 or per source/24/64, "
         "or destination",
         12, 1},
        {"5/second per port",
         "what the limit is for is missing: write per source, per source/24 or per source/24/64, "
         "or destination",
         13, 4},
        {"5/second per source/0", "a prefix of 0 bits is everybody: leave \"per\" out", 20, 1},
        {"5/second per source/24/64/3",
         "a third prefix length: write per source, per source/24 or per source/24/64, or "
         "destination",
         26, 1},
        {"5/second burst", "how many may come at once is missing: write burst N", 14, 1},
        {"5/second burst 0", "a burst of 0 lets nothing pass: write 1 or more", 15, 1},
        {"5/second per source then drop",
         "only a ban can follow: write then ban TIME, for example then ban 1h", 20, 4},
        {"5/second per source then ban 1w",
         "\"1w\" is not a time: write a number and s, m, h or d, for example 90s", 29, 2},
        {"5/second then ban 1h", "only a source can be banned: write per source before it", 9, 4},
        {"5/second per source over",
         "\"over\" is not expected here: write RATE [per KEY] [burst N] [then ban TIME]", 20, 4},
        {"1/hour burst 40",
         "its burst takes more than 39 hours to come back: write a smaller burst or a higher rate",
         0, 15},
        {"1000000000 Gbit/second",
         "this is more than can be told apart: write at most 1000000 Gbit/second", 0, 22},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct limit limit;
        struct fault fault;

        if (!limit_read(piece_of(bad[i].text), &limit, &fault))
            fail_msg("%s is read", bad[i].text);
        assert_string_equal(fault.text, bad[i].fault);
        if (fault.at != bad[i].at || fault.length != bad[i].length)
            fail_msg("%s: the fault is at %zu, %zu long", bad[i].text, fault.at, fault.length);
    }
}

static void costs(void **state)
{
    static const struct limit hour = {1, LIMIT_PACKETS_UNIT, 3600, LIMIT_RULE, {32, 64}, 5, 0};
    static const struct limit fast = {100, LIMIT_GBIT_UNIT, 1, LIMIT_RULE, {32, 64}, 65536, 0};

    (void)state;
    assert_int_equal(limit_cost(&hour), 3600 * SECOND_NS << LIMIT_COST_BITS);
    assert_int_equal(limit_cost(&fast), 5242); /* 0.08 ns for a byte */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_and_prints),
                                       cmocka_unit_test(says_what_is_wrong),
                                       cmocka_unit_test(costs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
