/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pace of samples: as fast as possible for few CPUs, slower for many. */
#include "check.h"

#include "../../loader/top/pace.h"

#define LEAST 10000

/* The pace after some looks, with CPUS that each take as many samples as they may. */
static u32 settled(u32 cpus, u32 pace)
{
    for (int look = 0; look < 20; look++)
        pace = pace_next(pace, LEAST, cpus * 1000000000ull / pace, 1000000000, false);
    return pace;
}

static void by_cpus(void **state)
{
    (void)state;
    assert_int_equal(settled(1, LEAST), LEAST);
    assert_int_equal(settled(4, LEAST), LEAST);
    assert_in_range(settled(64, LEAST), 155000, 165000);
    assert_int_equal(settled(1, 160000), LEAST); /* the flood is over on the other 63 */
}

static void limits(void **state)
{
    (void)state;
    assert_int_equal(pace_next(LEAST, LEAST, 0, 1000000000, false), LEAST);
    assert_int_equal(pace_next(LEAST, LEAST, 0, 0, false), LEAST);
    assert_int_equal(pace_next(LEAST, LEAST, 50000, 1000000000, true), 2 * LEAST);
    assert_in_range(pace_next(1u << 27, LEAST, ~0u, 1, true), 1, 1u << 27);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_cpus), cmocka_unit_test(limits)};

    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
