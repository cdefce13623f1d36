/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences of policies by example; test_diff_random.c covers the rest. */
#include "check.h"

#include "compared.h"

static void assert_difference(const char *before, const char *after, const char *expected)
{
    struct compared compared;

    compared_open(&compared, before, after);
    CLEANUP_FREE char *text = difference_text(&compared.difference);
    assert_string_equal(text, expected);
    compared_close(&compared);
}

#define WEB "[rule web]\ndirection = in\nprotocol = tcp\nto = server\nport = 443\naction = accept\n"
#define SETS                                                                                       \
    "[sets]\nserver = 198.51.100.10, 2001:db8::10\npartners = 203.0.113.0/24, 203.0.114.7\n"

static void says_nothing_of_the_same(void **state)
{
    (void)state;
    assert_difference(HEAD SETS WEB, HEAD SETS WEB, "");
    assert_difference(HEAD SETS WEB,
                      HEAD "[sets]\nv4 = 198.51.100.10\n"
                           "[rule a]\ndirection = in\nprotocol = tcp\nto = v4\nport = 443\n"
                           "action = accept\n"
                           "[rule b]\ndirection = in\nprotocol = 6\nto = 2001:db8::10\n"
                           "port = 443\naction = accept\n",
                      "");
    /* A packet that both drop as a martian is no difference. */
    assert_difference(HEAD SETS WEB,
                      HEAD SETS WEB "[rule martian]\ndirection = in\nfrom = 127.0.0.0/8, 0.0.0.0, "
                                    "::1\nprotocol = tcp\naction = accept\n"
                                    "[rule self]\ndirection = in\nfrom = 192.0.2.1\n"
                                    "to = 192.0.2.1\naction = accept\n",
                      "");
    /* Neither is a rule for packets that [baseline] accepts, nor a rule that does what the old one
     * did. */
    assert_difference(HEAD "[baseline]\nping = accept\n",
                      HEAD "[rule ping]\ndirection = in\nprotocol = icmp, icmpv6\n"
                           "icmp-type = echo-request\naction = accept\n"
                           "[rule pong]\ndirection = out\nprotocol = icmp, icmpv6\n"
                           "icmp-type = echo-reply\naction = accept\n",
                      "");
}

/* Few kinds of packets come from such an address, and only those can differ. */
static void knows_what_comes_from_no_address(void **state)
{
    (void)state;
    assert_difference(
        HEAD, HEAD "[rule nowhere]\ndirection = in\nfrom = 0.0.0.0, ::\naction = accept\n",
        "in 2 0.0.0.0 > any  drop (default) -> accept (rule nowhere, court.ini:3)\n"
        "in udp 0.0.0.0 : 68 > any  drop (default) -> accept (rule nowhere, "
        "court.ini:3)\n"
        "in icmpv6 :: > any nd-router-solicit, nd-neighbor-solicit  drop (default) -> "
        "accept (rule nowhere, court.ini:3)\n");
}

/* In IPv6 these numbers are extension headers: no packet has them as its protocol. */
static void knows_what_no_packet_is(void **state)
{
    (void)state;
    assert_difference(HEAD,
                      HEAD "[rule r]\ndirection = in\nprotocol = 0, 43, 44, 60\naction = accept\n",
                      "in 0, 43, 44, 60 any > any (IPv4)  drop (default) -> accept (rule r, "
                      "court.ini:3)\n");
    assert_difference(HEAD, HEAD "[rule r]\ndirection = in\nprotocol = 135\naction = accept\n",
                      "in 135 any > any  drop (default) -> accept (rule r, court.ini:3)\n");
    assert_difference(HEAD "[sets]\nsix = 2001:db8::/32\n",
                      HEAD "[sets]\nsix = 2001:db8::/32\n[rule r]\ndirection = in\n"
                           "protocol = 43\nfrom = six\naction = accept\n",
                      "");
}

static void names_sets_and_merges(void **state)
{
    (void)state;
    assert_difference(
        HEAD SETS WEB,
        HEAD SETS "[rule web]\ndirection = in\nprotocol = tcp\nto = server\nport = 443-445\n"
                  "action = accept\n",
        "in tcp any > server : 444-445  drop (default) -> accept (rule web, court.ini:6)\n");
    assert_difference(
        HEAD SETS WEB, HEAD SETS "[rule no]\ndirection = in\nfrom = partners\naction = drop\n" WEB,
        "in tcp partners > server : 443  accept (rule web, court.ini:6) -> drop (rule no, "
        "court.ini:6)\n");
    assert_difference(
        HEAD SETS WEB,
        HEAD SETS "[rule web]\ndirection = in\nprotocol = tcp\nfrom = partners\nto = server\n"
                  "port = 443\naction = accept\n",
        "in tcp any > server : 443 (IPv6)  accept (rule web, court.ini:6) -> drop (default)\n"
        "in tcp any but partners > server : 443 (IPv4)  accept (rule web, court.ini:6) -> drop "
        "(default)\n");
}

/* One line where one is enough: it is not split by packets that cannot occur or are decided
 * earlier. */
static void cuts_nothing_without_need(void **state)
{
    (void)state;
    assert_difference(HEAD "[baseline]\nping = accept\nigmp = accept\ndhcp-client = accept\n",
                      HEAD "inbound = accept\n[baseline]\nping = accept\nigmp = accept\n"
                           "dhcp-client = accept\n[rule no]\ndirection = in\n"
                           "from = 127.0.0.0/8, 224.0.0.0/4, ::1\naction = drop\n",
                      "in any any > any  drop (default) -> accept (default)\n");
    assert_difference(HEAD,
                      HEAD "[rule both]\ndirection = in\nprotocol = tcp\nfrom = 192.0.2.1\n"
                           "port = 1-2\naction = accept\n"
                           "[rule one]\ndirection = in\nprotocol = tcp\nfrom = 192.0.2.2\n"
                           "port = 1\naction = accept\n",
                      "in tcp 192.0.2.1 > any : 1-2  drop (default) -> accept (rule both, "
                      "court.ini:3)\n"
                      "in tcp 192.0.2.2 > any : 1  drop (default) -> accept (rule one, "
                      "court.ini:9)\n");
}

static void says_types_in_words(void **state)
{
    (void)state;
    assert_difference(HEAD "inbound = accept\n",
                      HEAD "inbound = accept\n[rule no]\ndirection = in\nprotocol = icmp\n"
                           "icmp-type = 0, 3, 4/1, 10, 11, 12, 13, 14, 15, 16, 17, 18\n"
                           "action = drop\n",
                      "in icmp any > any echo-reply, destination-unreachable, source-quench/1, "
                      "10-18  accept (default) -> drop (rule no, court.ini:4)\n");
}

/* A name is used only if it means the same set in both policies. */
static void does_not_use_a_name_for_two_sets(void **state)
{
    (void)state;
    assert_difference(
        HEAD "[sets]\nserver = 198.51.100.10\n" WEB,
        HEAD "[sets]\nserver = 198.51.100.10-198.51.100.11\n" WEB,
        "in tcp any > 198.51.100.11 : 443  drop (default) -> accept (rule web, court.ini:5)\n");
    assert_difference(
        HEAD "[sets]\nserver = 198.51.100.10\n" WEB, HEAD "[sets]\nserver = 198.51.100.11\n" WEB,
        "in tcp any > 198.51.100.11 : 443  drop (default) -> accept (rule web, court.ini:5)\n"
        "in tcp any > 198.51.100.10 : 443  accept (rule web, court.ini:5) -> drop (default)\n");
}

static void has_lines_for_switches(void **state)
{
    (void)state;
    assert_difference(HEAD,
                      HEAD "mode = audit\n[baseline]\narp = drop\nfragments = drop\n"
                           "martians = accept\n",
                      "mode: enforce -> audit\n"
                      "baseline arp: accept -> drop\n"
                      "baseline martians: drop -> accept\n"
                      "baseline fragments: track -> drop\n");
}

static void has_tuples_for_the_rest_of_baseline(void **state)
{
    (void)state;
    assert_difference(
        HEAD, HEAD "[baseline]\nping = accept\n",
        "in icmp any > any echo-request  drop (default) -> accept (baseline ping)\n"
        "in icmpv6 any > any echo-request  drop (default) -> accept (baseline ping)\n"
        "out icmp any > any echo-reply  drop (default) -> accept (baseline ping)\n"
        "out icmpv6 any > any echo-reply  drop (default) -> accept (baseline ping)\n");
    assert_difference(HEAD "inbound = accept\noutbound = accept\n",
                      HEAD "inbound = accept\noutbound = accept\n"
                           "[baseline]\nneighbour-discovery = drop\n",
                      "");
    assert_difference(
        HEAD "inbound = accept\n",
        HEAD "inbound = accept\n[baseline]\nneighbour-discovery = drop\n"
             "[rule no]\ndirection = in\nprotocol = icmpv6\n"
             "icmp-type = nd-router-advert, mld-listener-query\naction = drop\n"
             "[rule yes]\ndirection = out\nprotocol = icmpv6\nicmp-type = 130, 131, 132, 143\n"
             "action = accept\n",
        "in icmpv6 any > any mld-listener-query  accept (baseline neighbour-discovery) -> drop "
        "(rule no, court.ini:6)\n"
        "in icmpv6 any > any nd-router-advert (hop limit 255)  accept (baseline "
        "neighbour-discovery) -> drop (rule no, court.ini:6)\n"
        "in icmpv6 any > any nd-router-advert (hop limit not 255)  accept (default) -> drop (rule "
        "no, court.ini:6)\n"
        "out icmpv6 any > any nd-router-solicit, nd-router-advert, nd-neighbor-solicit, "
        "nd-neighbor-advert, nd-redirect (hop limit 255)  accept (baseline neighbour-discovery) "
        "-> drop (default)\n");
}

#define REFUSE(name, protocol, action)                                                             \
    "[rule " name "]\ndirection = in\nprotocol = " protocol "\naction = " action "\n"

/* Accept, drop and reject are three, and so are the answers; but what a plain reject means can be
 * said in other words. */
static void tells_answers_apart(void **state)
{
    (void)state;
    assert_difference(HEAD REFUSE("r", "tcp", "drop"), HEAD REFUSE("r", "tcp", "reject"),
                      "in tcp any > any  drop (rule r, court.ini:3) -> reject with tcp-reset (rule "
                      "r, court.ini:3)\n");
    assert_difference(HEAD, HEAD REFUSE("r", "udp", "reject with port-unreachable"),
                      "in udp any > any  drop (default) -> reject with port-unreachable (rule r, "
                      "court.ini:3)\n");
    assert_difference(HEAD REFUSE("r", "tcp, udp", "reject"),
                      HEAD REFUSE("r", "tcp, udp", "reject with admin-prohibited"),
                      "in tcp any > any  reject with tcp-reset (rule r, court.ini:3) -> reject "
                      "with admin-prohibited (rule r, court.ini:3)\n");
    assert_difference(HEAD REFUSE("r", "any", "reject"),
                      HEAD REFUSE("t", "tcp", "reject with tcp-reset")
                          REFUSE("u", "any", "reject with admin-prohibited"),
                      "");
    assert_difference(
        HEAD REFUSE("r", "icmp, 6", "reject"),
        HEAD REFUSE("i", "icmp", "reject with admin-prohibited") REFUSE("t", "tcp", "reject"), "");
}

#define TCP_IN(name, flags, action) name " = " action " in tcp > :443 tcp-flags " flags "\n"

/* Sets are compared, not how they are written; what [baseline] drops is no difference. */
static void compares_sets_of_flags(void **state)
{
    (void)state;
    assert_difference(HEAD "[rules]\n" TCP_IN("a", "syn+!ack, ack", "accept"),
                      HEAD "[rules]\n" TCP_IN("a", "ack+!fin", "accept")
                          TCP_IN("b", "!ack+syn, fin+ack", "accept"),
                      "");
    assert_difference(HEAD "inbound = accept\n",
                      HEAD "inbound = accept\n[rules]\n" TCP_IN(
                          "scan", "syn+fin, !syn+!ack+!rst, fin+rst", "drop"),
                      "");
    assert_difference(HEAD, HEAD "[rules]\n" TCP_IN("a", "syn+!ack", "accept"),
                      "in tcp any > any : 443 (TCP flags syn+!ack)  drop (default) -> accept (rule "
                      "a, court.ini:4)\n");
    assert_difference(HEAD "[rules]\n" TCP_IN("a", "any but fin, rst", "accept"),
                      HEAD "[rules]\n" TCP_IN("a", "any but fin", "accept"),
                      "in tcp any > any : 443 (TCP flags rst)  drop (default) -> accept (rule a, "
                      "court.ini:4)\n");
}

/* Where both policies leave such flags to the rules, they are compared like all others. */
static void compares_impossible_flags_if_they_are_accepted(void **state)
{
    static const char lax[] = HEAD "[baseline]\ntcp-flags = accept\n";
    char with[512];

    (void)state;
    snprintf(with, sizeof(with), "%s[rules]\n" TCP_IN("a", "syn+fin", "accept"), lax);
    assert_difference(lax, with,
                      "in tcp any > any : 443 (TCP flags syn+fin)  drop (default) -> accept (rule "
                      "a, court.ini:6)\n");
    assert_difference(HEAD, with, "baseline tcp-flags: drop -> accept\n");
}

/* Later fragments are compared apart: only rules that name them count. */
static void compares_fragments(void **state)
{
    static const char shut[] = HEAD "[rules]\na = drop in 10.0.0.0/8 > fragment yes\n";

    (void)state;
    assert_difference(
        HEAD, shut,
        "in any 10.0.0.0/8 > any (fragment later)  track (baseline fragments) -> drop "
        "(rule a, court.ini:4)\n");
    assert_difference(HEAD "[baseline]\nfragments = drop\n",
                      HEAD "[baseline]\nfragments = drop\n[rules]\n"
                           "a = drop in 10.0.0.0/8 > fragment yes\n",
                      "");
    assert_difference(HEAD "[baseline]\nfragments = drop\n", shut,
                      "baseline fragments: drop -> track\n");
    assert_difference(
        shut, HEAD "[rules]\nb = accept in 10.0.0.0/8 > fragment no, yes\n",
        "in any 10.0.0.0/8 > any (fragment yes)  drop (rule a, court.ini:4) -> accept "
        "(rule b, court.ini:4)\n"
        "in any 10.0.0.0/8 > any (fragment no)  drop (default) -> accept (rule b, "
        "court.ini:4)\n");
    assert_difference(HEAD "[rules]\na = drop in > fragment no, yes\n",
                      HEAD "[rules]\nb = accept in > fragment first, later, no\n",
                      "in any any > any (fragment no, yes)  drop (rule a, court.ini:4) -> accept "
                      "(rule b, court.ini:4)\n");
    assert_difference(HEAD "[rules]\na = accept in udp > fragment yes\nb = accept in udp >\n",
                      HEAD "[rules]\nb = accept in udp >\na = accept in udp > fragment yes\n", "");
    assert_difference(
        HEAD "inbound = accept\n",
        HEAD "inbound = accept\n[rules]\na = accept in > fragment later\n",
        "in any any > any (fragment later)  track (baseline fragments) -> accept (rule "
        "a, court.ini:5)\n");
}

/* Sources that cannot be have no later fragments either, but for IGMP from 0.0.0.0. What the cut
 * part of an IPv6 packet begins with may be any header. */
static void knows_what_no_later_fragment_is(void **state)
{
    (void)state;
    assert_difference(HEAD, HEAD "[rules]\na = accept in 0.0.0.0 > fragment later\n",
                      "in 2 0.0.0.0 > any (fragment later)  track (baseline fragments) -> accept "
                      "(rule a, court.ini:4)\n");
    assert_difference(HEAD, HEAD "[rules]\na = accept in 60 2001:db8::/32 > fragment yes\n",
                      "in 60 2001:db8::/32 > any (fragment later)  track (baseline fragments) -> "
                      "accept (rule a, court.ini:4)\n");
}

#define SERVE "[rules]\na = accept in udp > :53 limit 5/second\n"

static void says_for_whom_limits_hold(void **state)
{
    (void)state;
    assert_difference(HEAD "exempt = 192.0.2.1\n" SERVE, HEAD "exempt = 192.0.2.1\n" SERVE, "");
    assert_difference(HEAD SERVE, HEAD "exempt = 192.0.2.1\n" SERVE,
                      "in udp 192.0.2.1 > any : 53  accept within 5/second (rule a, court.ini:4) "
                      "-> accept (rule a, court.ini:5)\n");
    assert_difference(HEAD "exempt = 192.0.2.1\n" SERVE, HEAD "[rules]\na = accept in udp > :53\n",
                      "in udp any > any : 53 (IPv6)  accept within 5/second (rule a, court.ini:5) "
                      "-> accept (rule a, court.ini:4)\n"
                      "in udp any but 192.0.2.1 > any : 53 (IPv4)  accept within 5/second (rule a, "
                      "court.ini:5) -> accept (rule a, court.ini:4)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_nothing_of_the_same),
        cmocka_unit_test(says_for_whom_limits_hold),
        cmocka_unit_test(compares_fragments),
        cmocka_unit_test(knows_what_no_later_fragment_is),
        cmocka_unit_test(knows_what_comes_from_no_address),
        cmocka_unit_test(knows_what_no_packet_is),
        cmocka_unit_test(names_sets_and_merges),
        cmocka_unit_test(cuts_nothing_without_need),
        cmocka_unit_test(says_types_in_words),
        cmocka_unit_test(does_not_use_a_name_for_two_sets),
        cmocka_unit_test(tells_answers_apart),
        cmocka_unit_test(has_lines_for_switches),
        cmocka_unit_test(has_tuples_for_the_rest_of_baseline),
        cmocka_unit_test(compares_sets_of_flags),
        cmocka_unit_test(compares_impossible_flags_if_they_are_accepted),
    };

    return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
