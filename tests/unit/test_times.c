/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <edgexdp/abi.h>

#include "../../loader/base/clock.h"
#include "../../loader/show/times.h"

static void prints_utc(void **state)
{
    char text[TIME_TEXT_BYTES];

    (void)state;
    assert_string_equal(time_print(0, text), "1970-01-01T00:00:00Z");
    assert_string_equal(time_print(1795660221 * SECOND_NS, text), "2026-11-26T02:30:21Z");
}

/* Each age is well inside its unit, because time goes on during the test. */
static void says_how_old(void **state)
{
    static const struct {
        u64 seconds;
        const char *text;
    } ages[] = {{7230, "2h"}, {150, "2m"}, {7170, "119m"}, {172770, "47h"}, {259200 + 600, "3d"}};
    char text[TIME_TEXT_BYTES];
    u64 now = realtime_ns();

    (void)state;
    for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++)
        assert_string_equal(time_print_age(now - ages[i].seconds * SECOND_NS, text), ages[i].text);
    /* If a clock was set back, nothing is older than now. */
    assert_string_equal(time_print_age(now + 3600 * SECOND_NS, text), "0s");
}

/* A time limit of one hour just set has an hour left, not 59 minutes. */
static void says_what_is_left(void **state)
{
    static const struct {
        u64 milliseconds;
        const char *text;
    } left[] = {{0, "0s"},       {1, "1s"},         {60000, "60s"},   {119999, "2m"},
                {120001, "3m"},  {3599999, "60m"},  {3600000, "60m"}, {3540000, "59m"},
                {7199999, "2h"}, {172799999, "2d"}, {604799999, "7d"}};
    char text[TIME_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
        assert_string_equal(time_print_left(left[i].milliseconds * (SECOND_NS / 1000), text),
                            left[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_utc),
        cmocka_unit_test(says_how_old),
        cmocka_unit_test(says_what_is_left),
    };

    return cmocka_run_group_tests_name("times", tests, NULL, NULL);
}
