/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows over the life of their sessions. */
#include "check.h"

#include "../../loader/flowspec/routes.h"

#define SECOND 1000000000ull
#define HOLD   (300 * SECOND)

static const struct flow_action drop = {.drops = true};

/* The flow to 192.0.2.N, or to 2001:db8::N. The caller frees it. */
static struct nlri *flow_to(enum family family, u8 n)
{
    struct nlri_draft draft = {.family = family};
    struct flow_prefix prefix = {
        .length = family == FAMILY_IPV4 ? 32 : 128,
        .bits = family == FAMILY_IPV4 ? 0xc0000200u + n : ((u128)0x20010db800000000 << 64) + n};

    assert_int_equal(nlri_add_prefix(&draft, COMPONENT_DESTINATION, &prefix), 0);
    return nlri_finish(&draft);
}

static int announce(struct routes *routes, const char *peer, enum family family, u8 n)
{
    struct nlri *nlri = flow_to(family, n);
    const char *reason;
    int error = routes_announce(routes, peer, nlri, &drop, "flow", &reason);

    free(nlri);
    return error;
}

static bool withdraw(struct routes *routes, const char *peer, u8 n)
{
    struct nlri *nlri = flow_to(FAMILY_IPV4, n);
    bool withdrawn = routes_withdraw(routes, peer, nlri);

    free(nlri);
    return withdrawn;
}

static char order[1024];

static int write_address(void *context, const struct route *route)
{
    const char *address = strchr(route->patterns->list[0], '>') + 2;

    (void)context;
    strncat(order, address, strcspn(address, " "));
    strcat(order, route->action.drops ? " " : "+ ");
    return 0;
}

static void assert_routes(const struct routes *routes, const char *expected)
{
    *order = '\0';
    assert_int_equal(routes_each(routes, write_address, NULL), 0);
    assert_string_equal(order, expected);
}

static void announced_flows_are_in_order(void **state)
{
    struct routes *routes = routes_new(10, HOLD);

    (void)state;
    assert_false(routes_changed(routes));
    assert_int_equal(announce(routes, "a", FAMILY_IPV6, 1), 0);
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 9), 0);
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 3), 0);
    assert_routes(routes, "192.0.2.3 192.0.2.9 [2001:db8::1] ");
    assert_true(routes_changed(routes));
    assert_false(routes_changed(routes));
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 3), 0);
    assert_false(routes_changed(routes)); /* said again */
    assert_true(withdraw(routes, "a", 3));
    assert_false(withdraw(routes, "a", 3));
    assert_true(routes_changed(routes));
    assert_routes(routes, "192.0.2.9 [2001:db8::1] ");
    routes_free(routes);
}

static void an_announcement_replaces(void **state)
{
    struct routes *routes = routes_new(10, HOLD);
    struct nlri *nlri = flow_to(FAMILY_IPV4, 1);
    struct flow_action limited = {.limits_bytes = true, .bytes = 100};
    struct flow_action refused = {.refusal = "packets cannot be redirected"};
    const char *reason = "";

    (void)state;
    assert_int_equal(routes_announce(routes, "a", nlri, &drop, "flow", &reason), 0);
    assert_true(routes_changed(routes));
    assert_int_equal(routes_announce(routes, "a", nlri, &limited, "flow", &reason), 0);
    assert_true(routes_changed(routes));
    assert_routes(routes, "192.0.2.1+ ");
    /* what cannot be done replaces it, too: the flow before is not announced any more */
    assert_int_equal(routes_announce(routes, "a", nlri, &refused, "flow", &reason), -ENOTSUP);
    assert_string_equal(reason, "packets cannot be redirected");
    assert_true(routes_changed(routes));
    assert_int_equal(routes_count(routes), 0);
    free(nlri);
    routes_free(routes);
}

static void there_is_a_most(void **state)
{
    struct routes *routes = routes_new(2, HOLD);
    struct nlri *nlri = flow_to(FAMILY_IPV4, 3);
    const char *reason = "";

    (void)state;
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 1), 0);
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 2), 0);
    assert_int_equal(routes_announce(routes, "a", nlri, &drop, "flow", &reason), -ENOTSUP);
    assert_string_equal(reason, "there are as many flows as --max allows");
    assert_int_equal(announce(routes, "b", FAMILY_IPV4, 2), 0); /* the same flow from elsewhere */
    assert_int_equal(routes_count(routes), 2);
    free(nlri);
    routes_free(routes);
}

static void flows_outlive_their_session_for_a_while(void **state)
{
    struct routes *routes = routes_new(10, HOLD);

    (void)state;
    assert_int_equal(routes_up(routes, "a", SECOND), 0);
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 1), 0);
    assert_int_equal(announce(routes, "b", FAMILY_IPV4, 2), 0);
    routes_down(routes, "a", 10 * SECOND);
    routes_down(routes, "a", 200 * SECOND); /* it fails to connect: that is no new end */
    assert_int_equal(routes_expire_at(routes), 10 * SECOND + HOLD);
    assert_int_equal(routes_expire(routes, 10 * SECOND + HOLD - 1), 0);
    assert_routes(routes, "192.0.2.1 192.0.2.2 ");
    assert_int_equal(routes_expire(routes, 10 * SECOND + HOLD), 1);
    assert_routes(routes, "192.0.2.2 ");
    assert_int_equal(routes_expire_at(routes), 0);
    routes_free(routes);
}

static void the_next_session_replaces_them(void **state)
{
    struct routes *routes = routes_new(10, HOLD);

    (void)state;
    assert_int_equal(routes_up(routes, "a", SECOND), 0);
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 1), 0);
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 2), 0);
    assert_int_equal(announce(routes, "a", FAMILY_IPV6, 3), 0);
    routes_down(routes, "a", 10 * SECOND);
    assert_true(routes_changed(routes));
    assert_int_equal(routes_up(routes, "a", 20 * SECOND), 0);
    assert_int_equal(announce(routes, "a", FAMILY_IPV4, 2), 0);
    assert_false(routes_changed(routes)); /* the same is in force as before */
    assert_int_equal(routes_complete(routes, "a", FAMILY_IPV4), 1);
    assert_routes(routes, "192.0.2.2 [2001:db8::3] ");
    /* of IPv6 no end was told: time is */
    assert_int_equal(routes_expire(routes, 20 * SECOND + HOLD), 1);
    assert_routes(routes, "192.0.2.2 ");
    routes_free(routes);
}

static void of_two_sessions_the_first_counts(void **state)
{
    struct routes *routes = routes_new(10, HOLD);
    struct nlri *nlri = flow_to(FAMILY_IPV4, 1);
    struct flow_action limited = {.limits_bytes = true, .bytes = 100};
    const char *reason;

    (void)state;
    assert_int_equal(routes_announce(routes, "a", nlri, &drop, "flow", &reason), 0);
    assert_int_equal(routes_announce(routes, "b", nlri, &limited, "flow", &reason), 0);
    assert_routes(routes, "192.0.2.1 ");
    routes_down(routes, "a", SECOND); /* what is held gives way to what is announced */
    assert_routes(routes, "192.0.2.1+ ");
    assert_true(routes_changed(routes));
    assert_true(routes_withdraw(routes, "b", nlri));
    assert_routes(routes, "192.0.2.1 ");
    routes_down(routes, NULL, SECOND);
    assert_int_equal(routes_expire(routes, SECOND + HOLD), 1);
    assert_int_equal(routes_count(routes), 0);
    free(nlri);
    routes_free(routes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announced_flows_are_in_order),
        cmocka_unit_test(an_announcement_replaces),
        cmocka_unit_test(there_is_a_most),
        cmocka_unit_test(flows_outlive_their_session_for_a_while),
        cmocka_unit_test(the_next_session_replaces_them),
        cmocka_unit_test(of_two_sessions_the_first_counts),
    };

    return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
