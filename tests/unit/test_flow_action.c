/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done with the packets of a flow, by its extended communities. */
#include "check.h"

#include <math.h>

#include "../../loader/flowspec/action.h"

static u64 rate(u16 type, float value)
{
    u32 bits;

    memcpy(&bits, &value, sizeof(bits));
    return (u64)type << 48 | (u64)64512 << 32 | bits;
}

/* LIMIT is NULL if it drops. */
static void assert_limit(u64 community, const char *limit)
{
    struct flow_action action = {0};
    char text[LIMIT_TEXT_BYTES];

    action_add(&action, community);
    assert_null(action.refusal);
    if (limit)
        assert_string_equal(action_limit(&action, text), limit);
    else
        assert_null(action_limit(&action, text));
}

static void rates_become_limits(void **state)
{
    (void)state;
    assert_limit(rate(0x8006, 0), NULL);
    assert_limit(rate(0x8006, -5), NULL); /* as 0: RFC 8955 section 7.1 */
    assert_limit(rate(0x800c, 0), NULL);
    assert_limit(rate(0x8006, 9600), "9600 bytes/second");
    assert_limit(rate(0x8006, 1e9f), "1000000000 bytes/second");
    assert_limit(rate(0x8006, 1.25e9f), "10000000 kbit/second");
    assert_limit(rate(0x8006, 1e11f), "799999984 kbit/second");
    assert_limit(rate(0x8006, 1.25e12f), ""); /* more than a limit can tell apart */
    assert_limit(rate(0x8006, INFINITY), "");
    assert_limit(rate(0x8006, 1e30f), "");
    assert_limit(rate(0x800c, 1000), "1000/second");
    assert_limit(rate(0x800c, 0.5f), "1800/hour");
    assert_limit(rate(0x8006, 2), "7200 bytes/hour");
    assert_limit(rate(0x8006, 0.001f), "4 bytes/hour burst 3");
    assert_limit(rate(0xc006, 9600), "9600 bytes/second"); /* not transitive */
    assert_limit(0x0002fde800000064ull, "");               /* a route target */
    assert_limit(0x8007000000000000ull, ""); /* traffic-action that asks for nothing */
}

static void assert_refused(u64 community, const char *reason)
{
    struct flow_action action = {0};

    action_add(&action, community);
    assert_string_equal(action.refusal, reason);
}

static void what_cannot_be_done_is_refused(void **state)
{
    struct flow_action both = {0};

    (void)state;
    assert_refused(rate(0x8006, NAN), "its rate is not a number");
    assert_refused(0x8007000000000002ull, "packets cannot be sampled (traffic-action sample)");
    assert_refused(0x8007000000000001ull,
                   "flows behind it cannot be asked as well (traffic-action terminal)");
    assert_refused(0x8008fde800000064ull, "packets cannot be redirected");
    assert_refused(0x8108c00002010064ull, "packets cannot be redirected");
    assert_refused(0x8208000000000064ull, "packets cannot be redirected");
    assert_refused(0x010cc00002010000ull, "packets cannot be redirected");
    assert_refused(0x800900000000000aull, "packets cannot be marked (traffic-marking)");
    action_add(&both, rate(0x8006, 100));
    action_add(&both, rate(0x800c, 100));
    assert_string_equal(both.refusal,
                        "it has a rate in bytes and one in packets: only one can be held");
}

static void of_several_rates_the_lowest_holds(void **state)
{
    struct flow_action action = {0};
    char text[LIMIT_TEXT_BYTES];

    (void)state;
    action_add(&action, rate(0x8006, 5000));
    action_add(&action, rate(0x8006, 3000));
    action_add(&action, rate(0x8006, 4000));
    assert_string_equal(action_limit(&action, text), "3000 bytes/second");
    action_add(&action, rate(0x8006, 0));
    assert_null(action_limit(&action, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_become_limits),
        cmocka_unit_test(what_cannot_be_done_is_refused),
        cmocka_unit_test(of_several_rates_the_lowest_holds),
    };

    return cmocka_run_group_tests_name("flow_action", tests, NULL, NULL);
}
