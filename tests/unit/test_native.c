/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows and time, which tests/shared/cases.h cannot express because nothing lasts there. */
#include "check.h"

#include "../shared/court.h"

static const char policy[] =
    "[policy]\nname = native\n"
    "[rule tcp]\ndirection = out\naction = accept\nprotocol = tcp\n"
    "[rule udp]\ndirection = out\naction = accept\nprotocol = udp\nlog = yes\n"
    "[rule ping]\ndirection = out\naction = accept\nprotocol = icmp\nicmp-type = echo-request/0\n"
    "[rule odd]\ndirection = out\naction = accept\nprotocol = icmp\nicmp-type = echo-request\n"
    "[rule rest]\ndirection = out\naction = accept\nprotocol = gre\n"
    "[rule seen]\ndirection = in\naction = drop\nprotocol = sctp\nlog = yes\n";

static struct court court;

static int open_court(void **state)
{
    (void)state;
    court_open(&court, policy);
    return 0;
}

static int close_court(void **state)
{
    (void)state;
    court_close(&court);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    court_forget(&court);
    return 0;
}

#define IN(transport)  "in ip4 203.0.113.7 > 198.51.100.10 | " transport
#define OUT(transport) "out ip4 198.51.100.10 > 203.0.113.7 | " transport

/* Both judges in user space say this of PACKET at NOW_S. */
static void at(u64 now_s, const char *packet, const char *expected)
{
    char native[SAID_BYTES];
    struct wire wire;

    wire_read(packet, &wire);
    struct said said = court_brute(&court, &wire, now_s);
    court_native(&court, &wire, now_s, native);
    if (strcmp(native, expected) != 0 || !said_matches(&said, expected))
        fail_msg("at %llu s: %s\n    expected     %s\n    native_judge %s\n    brute_judge  %s",
                 (unsigned long long)now_s, packet, expected, native, said.text);
}

#define NOTHING "drop reason default"

#define TCP_OPENS   OUT("tcp 40000 > 443 syn")
#define TCP_GOES_ON OUT("tcp 40000 > 443 ack")
#define TCP_ANSWERS IN("tcp 443 > 40000 ack")

static void udp_lasts_180_s(void **state)
{
    (void)state;
    at(1000, OUT("udp 5000 > 53"), "accept rule udp");
    at(1180, IN("udp 53 > 5000"), "accept reply udp");
    at(1360, IN("udp 53 > 5000"), "accept reply udp");
    at(1541, IN("udp 53 > 5000"), NOTHING);
    at(1541, OUT("udp 5000 > 53"), "accept rule udp");
    at(1700, OUT("udp 5000 > 53"), "accept rule udp");
    at(1880, IN("udp 53 > 5000"), "accept reply udp");
}

static void tcp_lasts_2_h(void **state)
{
    (void)state;
    at(1000, TCP_OPENS, "accept rule tcp");
    at(8200, TCP_ANSWERS, "accept reply tcp");
    at(15401, TCP_ANSWERS, NOTHING);
}

static void others_last_60_s(void **state)
{
    (void)state;
    at(1000, OUT("icmp 8 id 1"), "accept rule ping");
    at(1000, OUT("proto 47"), "accept rule rest");
    at(1060, IN("icmp 0 id 1"), "accept reply ping");
    at(1060, IN("proto 47"), "accept reply rest");
    at(1121, IN("icmp 0 id 1"), NOTHING);
    at(1121, IN("proto 47"), NOTHING);
}

/* Dropped packets do not refresh a flow: neither a bare SYN inbound, nor packets after its end. */
static void only_replies_refresh(void **state)
{
    (void)state;
    at(1000, TCP_OPENS, "accept rule tcp");
    at(8000, IN("tcp 443 > 40000 syn"), NOTHING);
    at(8201, TCP_ANSWERS, NOTHING);
    at(8202, TCP_ANSWERS, NOTHING);
}

static void a_reset_from_inside_ends_it_in_60_s(void **state)
{
    (void)state;
    at(1000, TCP_OPENS, "accept rule tcp");
    at(1100, IN("tcp 443 > 40000 rst"), "accept reply tcp");
    at(1900, TCP_ANSWERS, "accept reply tcp");
    at(2000, OUT("tcp 40000 > 443 rst ack"), "accept rule tcp");
    at(2060, TCP_ANSWERS, "accept reply tcp");
    at(2121, TCP_ANSWERS, NOTHING);
}

static void a_fin_from_one_side_ends_nothing(void **state)
{
    (void)state;
    at(1000, TCP_OPENS, "accept rule tcp");
    at(1000, IN("tcp 443 > 40000 fin ack"), "accept reply tcp");
    at(5000, TCP_ANSWERS, "accept reply tcp");
    at(6000, OUT("tcp 40001 > 443 syn"), "accept rule tcp");
    at(6000, OUT("tcp 40001 > 443 fin ack"), "accept rule tcp");
    at(9000, IN("tcp 443 > 40001 ack"), "accept reply tcp");
}

static void a_fin_from_both_ends_it_in_60_s(void **state)
{
    (void)state;
    at(1000, TCP_OPENS, "accept rule tcp");
    at(1010, IN("tcp 443 > 40000 fin ack"), "accept reply tcp");
    at(1020, TCP_GOES_ON, "accept rule tcp");
    at(1030, OUT("tcp 40000 > 443 fin ack"), "accept rule tcp");
    at(1090, TCP_ANSWERS, "accept reply tcp");
    at(1151, TCP_ANSWERS, NOTHING);
}

/* A host may use its ports again before the 60 s are over. */
static void speaking_again_opens_it_again(void **state)
{
    (void)state;
    at(1000, TCP_OPENS, "accept rule tcp");
    at(1000, IN("tcp 443 > 40000 rst"), "accept reply tcp");
    at(1010, OUT("tcp 40000 > 443 rst"), "accept rule tcp");
    at(1020, OUT("tcp 40000 > 443 fin ack"), "accept rule tcp");
    at(1081, TCP_ANSWERS, NOTHING);
    at(1100, OUT("tcp 40000 > 443 fin ack"), "accept rule tcp");
    at(1110, IN("tcp 443 > 40000 fin ack"), "accept reply tcp");
    at(1120, TCP_OPENS, "accept rule tcp");
    at(5000, TCP_ANSWERS, "accept reply tcp");
}

/* Replies of a conversation are counted at the rule that accepted the last outbound packet. */
static void the_last_rule_owns_the_flow(void **state)
{
    (void)state;
    at(1000, OUT("icmp 8 code 0 id 1"), "accept rule ping");
    at(1000, IN("icmp 0 id 1"), "accept reply ping");
    at(1000, OUT("icmp 8 code 7 id 1"), "accept rule odd");
    at(1000, IN("icmp 0 id 1"), "accept reply odd");
}

static void reset_forgets(void **state)
{
    (void)state;
    at(1000, TCP_OPENS, "accept rule tcp");
    court_forget(&court);
    at(1000, TCP_ANSWERS, NOTHING);
}

static struct outcome outcome_of(const char *packet)
{
    struct wire wire;

    wire_read(packet, &wire);
    return court_outcome(&court, &wire, 1000);
}

static void says_what_is_to_be_logged(void **state)
{
    (void)state;
    assert_int_equal(outcome_of(OUT("udp 1 > 2")).log, 1);
    assert_int_equal(outcome_of(OUT("tcp 1 > 2")).log, 0);
    assert_int_equal(outcome_of(IN("sctp 1 > 2")).log, 1);
    assert_int_equal(outcome_of(IN("udp 1 > 3")).log, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(udp_lasts_180_s, forget),
        cmocka_unit_test_setup(tcp_lasts_2_h, forget),
        cmocka_unit_test_setup(others_last_60_s, forget),
        cmocka_unit_test_setup(only_replies_refresh, forget),
        cmocka_unit_test_setup(a_reset_from_inside_ends_it_in_60_s, forget),
        cmocka_unit_test_setup(a_fin_from_one_side_ends_nothing, forget),
        cmocka_unit_test_setup(a_fin_from_both_ends_it_in_60_s, forget),
        cmocka_unit_test_setup(speaking_again_opens_it_again, forget),
        cmocka_unit_test_setup(the_last_rule_owns_the_flow, forget),
        cmocka_unit_test_setup(reset_forgets, forget),
        cmocka_unit_test_setup(says_what_is_to_be_logged, forget),
    };

    return cmocka_run_group_tests_name("native", tests, open_court, close_court);
}
