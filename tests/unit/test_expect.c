/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/judge/expect.h"

#define RULES                                                                                      \
    "[rule web]\ndirection = in\naction = accept\nprotocol = tcp\nport = 443\n"                    \
    "[rule ask]\ndirection = out\naction = accept\nprotocol = udp\nport = 53\n"                    \
    "[rule no]\ndirection = in\naction = drop\nprotocol = udp\nport = 9\n"

#define EXPECT(name, packet, rest) "[expect " name "]\npacket = " packet "\n" rest

/* Holds what TEXT expects against what it says; DIAG must then say EXPECTED. */
static void assert_text(const char *text, int result, const char *expected)
{
    struct diag *diag = diag_new();
    struct image *image = NULL;
    struct policy *policy = good_policy(text, diag);
    assert_int_equal(policy_compile(policy, &BOUNDS_DEFAULT, &image, diag), 0);
    assert_int_equal(expectations_check(policy, image, diag), result);
    assert_printed(diag, expected);
    image_free(image);
    policy_free(policy);
    diag_free(diag);
}

/* The same for EXPECTATIONS, which begin on line 17, and RULES. */
static void assert_expectations(const char *expectations, int result, const char *expected)
{
    char *text;

    assert_true(asprintf(&text, HEAD RULES "%s", expectations) > 0);
    assert_text(text, result, expected);
    free(text);
}

#define WEB   "in tcp 10.0.0.1:1024 > 10.0.0.2:443"
#define ASK   "out udp 10.0.0.2:1024 > 10.0.0.1:53"
#define REPLY "in udp 10.0.0.1:53 > 10.0.0.2:1024"

static void holds(void **state)
{
    (void)state;
    assert_expectations("", 0, "");
    assert_expectations(EXPECT("a", WEB, "verdict = accept\n"), 0, "");
    assert_expectations(EXPECT("a", WEB, "verdict = accept\nrule = web\n"), 0, "");
    assert_expectations(EXPECT("a", "in tcp 10.0.0.1:1024 > 10.0.0.2:444", "verdict = drop\n"), 0,
                        "");
    assert_expectations(
        EXPECT("a", "in udp 10.0.0.1:1 > 10.0.0.2:9", "verdict = drop\nrule = no\n"), 0, "");
    assert_expectations(EXPECT("a", REPLY, "verdict = accept\nrule = ask\nreply-to = " ASK "\n"), 0,
                        "");
}

#define REFUSE "[rule refuse]\ndirection = in\nprotocol = tcp\nport = 23\naction = reject\n"
#define TELNET "in tcp 10.0.0.1:1024 > 10.0.0.2:23"

/* What is rejected is dropped; what is dropped is not rejected. */
static void tells_reject_from_drop(void **state)
{
    (void)state;
    assert_expectations(EXPECT("a", TELNET, "verdict = reject\nrule = refuse\n")
                            EXPECT("b", TELNET, "verdict = drop\n") REFUSE,
                        0, "");
    assert_expectations(
        EXPECT("a", "in udp 10.0.0.1:1 > 10.0.0.2:9", "verdict = reject\n"), -EINVAL,
        "test.ini:19:10: error: expectation a: expected reject, got drop by rule no (line 13)\n"
        "   19 | packet = in udp 10.0.0.1:1 > 10.0.0.2:9\n"
        "      |          ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
    assert_expectations(
        EXPECT("a", TELNET, "verdict = accept\n") REFUSE, -EINVAL,
        "test.ini:19:10: error: expectation a: expected accept, got reject by rule refuse (line "
        "21)\n"
        "   19 | packet = " TELNET "\n"
        "      |          ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
}

/* An expectation does not know the flows that the one before it made. */
static void begins_without_flows(void **state)
{
    (void)state;
    assert_expectations(EXPECT("a", REPLY, "verdict = accept\nreply-to = " ASK "\n")
                            EXPECT("b", REPLY, "verdict = drop\n"),
                        0, "");
}

static void says_what_came_instead(void **state)
{
    (void)state;
    assert_expectations(
        EXPECT("a", WEB, "verdict = drop\n"), -EINVAL,
        "test.ini:19:10: error: expectation a: expected drop, got accept by rule web (line 3)\n"
        "   19 | packet = " WEB "\n"
        "      |          ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
    assert_expectations(
        EXPECT("a", REPLY, "verdict = accept\nrule = ask\n"), -EINVAL,
        "test.ini:19:10: error: expectation a: expected accept by rule ask, got drop, reason "
        "default\n"
        "   19 | packet = " REPLY "\n"
        "      |          ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
    assert_expectations(
        EXPECT("a", REPLY, "verdict = drop\nreply-to = " ASK "\n"), -EINVAL,
        "test.ini:19:10: error: expectation a: expected drop, got accept as a reply of rule ask\n"
        "   19 | packet = " REPLY "\n"
        "      |          ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
    assert_expectations(
        EXPECT("a", WEB, "verdict = accept\nrule = ask\n"), -EINVAL,
        "test.ini:19:10: error: expectation a: expected accept by rule ask, got accept by rule web "
        "(line 3)\n"
        "   19 | packet = " WEB "\n"
        "      |          ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
}

static void tells_of_every_one_that_fails(void **state)
{
    static const char expectations[] = EXPECT("a", WEB, "verdict = drop\n")
        EXPECT("b", WEB, "verdict = accept\n") EXPECT("c", REPLY, "verdict = accept\n");
    struct diag *diag = diag_new();
    struct image *image = NULL;

    (void)state;
    char *text = NULL;
    assert_true(asprintf(&text, HEAD RULES "%s", expectations) > 0);
    struct policy *policy = good_policy(text, diag);
    assert_int_equal(policy_compile(policy, &BOUNDS_DEFAULT, &image, diag), 0);
    assert_int_equal(expectations_check(policy, image, diag), -EINVAL);
    assert_int_equal(diag_count(diag, SEVERITY_ERROR), 2);
    image_free(image);
    policy_free(policy);
    diag_free(diag);
    free(text);
}

#define FULL "limit 10 bytes/second burst 10\n" /* no packet is so small */

/* The far end counts: the source of what comes in, the destination of what goes out. */
static void no_limit_holds_who_is_exempt(void **state)
{
    (void)state;
    assert_text(HEAD "exempt = friends, 192.0.2.1, 2001:db8::1\n"
                     "[sets]\nfriends = 192.0.2.0/28 \n"
                     "[rules]\nserve = accept in udp 192.0.2.0-192.0.2.31, ::/0 > :53 " FULL
                     "ask = accept out udp > :53 " FULL "[expectations]\n"
                     "friend = accept by serve in udp 192.0.2.15:99 > 192.0.2.99:53\n"
                     "stranger = drop by serve in udp 192.0.2.16:99 > 192.0.2.1:53\n"
                     "six = accept by serve in udp [2001:db8::1]:99 > [2001:db8::9]:53\n"
                     "other-six = drop by serve in udp [2001:db8::2]:99 > [2001:db8::1]:53\n"
                     "to = accept by ask out udp 192.0.2.99:99 > 192.0.2.15:53\n"
                     "to-stranger = drop by ask out udp 192.0.2.1:99 > 192.0.2.16:53\n"
                     "outside = drop in udp 192.0.2.32:99 > 192.0.2.1:53\n",
                0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds),
        cmocka_unit_test(no_limit_holds_who_is_exempt),
        cmocka_unit_test(tells_reject_from_drop),
        cmocka_unit_test(begins_without_flows),
        cmocka_unit_test(says_what_came_instead),
        cmocka_unit_test(tells_of_every_one_that_fails),
    };

    return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}
