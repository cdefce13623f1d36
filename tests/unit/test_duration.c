/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <edgexdp/abi.h>

#include "../../loader/base/duration.h"

static void parses_numbers_with_units(void **state)
{
    static const struct {
        const char *text;
        u64 seconds;
    } good[] = {{"1s", 1}, {"90s", 90}, {"2m", 120}, {"3h", 10800}, {"7d", 604800}};
    static const char *const bad[] = {"",    "s",   "5",         "0s",   "-1s", "+1s",
                                      " 1s", "1sx", "99999999d", "1.5s", "1S",  "1 s"};
    u64 ns = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (duration_parse(bad[i], &ns) != -EINVAL || ns != 7)
            fail_msg("\"%s\" is taken for a time", bad[i]);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(duration_parse(good[i].text, &ns), 0);
        assert_int_equal(ns, good[i].seconds * SECOND_NS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parses_numbers_with_units)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
