/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that mean something only after others: replies, spoofed ones, ends of connections, ICMP
 * errors and fragments, to an attached policy and to the ruleset exported from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/base/memory.h"
#include "bench.h"
#include "difference.h"

#define POLICY                                                                                     \
    "[policy]\nname = conversations\n"                                                             \
    "[rule web-in]\ndirection = in\nprotocol = tcp\nport = 443\naction = accept\n"                 \
    "to = " RULED_HOST4 ", " RULED_HOST6 "\n"                                                      \
    "[rule web-out]\ndirection = out\nprotocol = tcp\nport = 443\naction = accept\n"               \
    "[rule dns-out]\ndirection = out\nprotocol = udp\nport = 53\naction = accept\n"                \
    "[rule ping-out]\ndirection = out\nprotocol = icmp, icmpv6\nicmp-type = echo-request\n"        \
    "action = accept\n"                                                                            \
    "[rule cut]\ndirection = in\nfragment = later\naction = drop\n"                                \
    "from = 203.0.113.66, 2001:db8:9::66\n"                                                        \
    "[rule rest-out]\ndirection = out\nprotocol = sctp, gre\naction = accept\n"

struct step {
    const char *frame;
    bool policy, ruleset;
    const char *difference; /* the name of the one that this shows, or NULL */
};

#define PASSES(frame)                                                                              \
    {                                                                                              \
        frame, true, true, NULL                                                                    \
    }
#define DROPPED(frame)                                                                             \
    {                                                                                              \
        frame, false, false, NULL                                                                  \
    }

#define TO4   "ip4 203.0.113.7 > " RULED_HOST4 " "
#define FROM4 "ip4 " RULED_HOST4 " > 203.0.113.7 "
#define TO6   "ip6 2001:db8:9::7 > " RULED_HOST6 " "
#define FROM6 "ip6 " RULED_HOST6 " > 2001:db8:9::7 "
#define IN4   "in " TO4
#define OUT4  "out " FROM4
#define IN6   "in " TO6
#define OUT6  "out " FROM6

#define UDP_FLOW(in, out, spoofed)                                                                 \
    DROPPED(in "| udp 53 > 40000"), PASSES(out "| udp 40000 > 53"), PASSES(in "| udp 53 > 40000"), \
        DROPPED(in "| udp 53 > 40001"), DROPPED(in "| udp 54 > 40000"),                            \
        DROPPED(in "| tcp 53 > 40000 ack"), DROPPED(spoofed "| udp 53 > 40000")

#define TCP_FLOW(in, out, spoofed)                                                                 \
    DROPPED(in "| tcp 443 > 40000 syn ack"), PASSES(out "| tcp 40000 > 443 syn"),                  \
        PASSES(in "| tcp 443 > 40000 syn ack"), PASSES(out "| tcp 40000 > 443 ack"),               \
        PASSES(in "| tcp 443 > 40000 ack psh | data 30"), DROPPED(in "| tcp 443 > 40000 syn"),     \
        DROPPED(in "| tcp 443 > 40000 syn fin"), DROPPED(in "| tcp 443 > 40001 ack"),              \
        DROPPED(spoofed "| tcp 443 > 40000 ack"), PASSES(in "| tcp 443 > 40000"),                  \
        PASSES(in "| tcp 443 > 40000 fin ack"), PASSES(out "| tcp 40000 > 443 fin ack"),           \
        PASSES(in "| tcp 443 > 40000 ack"), PASSES(in "| tcp 443 > 40000 rst"),                    \
        PASSES(in "| tcp 443 > 40000 ack"), DROPPED(in "| tcp 443 > 40000 syn"),                   \
        PASSES(out "| tcp 40002 > 443 rst"), PASSES(in "| tcp 443 > 40002 ack")

#define SERVICE(in, out)                                                                           \
    PASSES(out "| tcp 443 > 50000 ack"), PASSES(in "| tcp 50000 > 443 syn"),                       \
        PASSES(out "| tcp 443 > 50000 syn ack"), PASSES(in "| tcp 50000 > 443 ack"),               \
        DROPPED(out "| tcp 443 > 50000 syn"), DROPPED(out "| tcp 443 > 50000 syn rst"),            \
        DROPPED(out "| tcp 444 > 50000 ack"), DROPPED(out "| udp 443 > 50000"),                    \
        PASSES(out "| tcp 443 > 50000 rst"), DROPPED(in "| tcp 50000 > 444 ack")

#define OTHERS(in, out, icmp, request, reply)                                                      \
    DROPPED(in "| " icmp " " reply " id 1"), PASSES(out "| " icmp " " request " id 1"),            \
        PASSES(in "| " icmp " " reply " id 1"), DROPPED(in "| " icmp " " reply " id 2"),           \
        DROPPED(in "| " icmp " " request " id 1"), DROPPED(out "| " icmp " " reply " id 1"),       \
        DROPPED(in "| proto 47"), PASSES(out "| proto 47"), PASSES(in "| proto 47"),               \
        DROPPED(in "| proto 50"), DROPPED(in "| sctp 9 > 8"), PASSES(out "| sctp 8 > 9"),          \
        PASSES(in "| sctp 9 > 8")

/* A router in between reports that a packet cannot go on; then this host reports it about an
 * inbound packet. */
#define ERRORS(router, error, to, from)                                                            \
    DROPPED("in " router error from "| udp 41000 > 53"), PASSES("out " from "| udp 41000 > 53"),   \
        PASSES("in " router error from "| udp 41000 > 53"),                                        \
        DROPPED("in " router error from "| udp 41001 > 53"),                                       \
        DROPPED("in " router error to "| udp 41000 > 53"),                                         \
        PASSES("in " to "| tcp 51000 > 443 syn"), PASSES("out " from "| tcp 443 > 51000 syn ack"), \
        PASSES("in " router error from "| tcp 443 > 51000 ack"),                                   \
        PASSES("out " from error to "| tcp 51000 > 443 syn"),                                      \
        DROPPED("out " from error to "| tcp 51000 > 444 syn"),                                     \
    {                                                                                              \
        "in " router error from "| tcp 443 > 52000 ack", true, false, "icmp-errors"                \
    }

/* Connection tracking holds back the pieces until it has all of them, in any order. */
#define FRAGMENTS(first, later, late_first, early)                                                 \
    {first, true, false, "fragments"}, PASSES(later), DROPPED(early), PASSES(late_first)

/* But what a rule says of later pieces is said before. */
#define CUT(first, later) {first, true, false, "fragments"}, DROPPED(later)

static const struct step steps[] = {
    UDP_FLOW(IN4, OUT4, "in ip4 203.0.113.8 > " RULED_HOST4 " "),
    UDP_FLOW(IN6, OUT6, "in ip6 2001:db8:9::8 > " RULED_HOST6 " "),
    TCP_FLOW(IN4, OUT4, "in ip4 203.0.113.8 > " RULED_HOST4 " "),
    TCP_FLOW(IN6, OUT6, "in ip6 2001:db8:9::8 > " RULED_HOST6 " "),
    SERVICE(IN4, OUT4),
    SERVICE(IN6, OUT6),
    OTHERS(IN4, OUT4, "icmp", "8", "0"),
    OTHERS(IN6, OUT6, "icmp6", "128", "129"),
    ERRORS("ip4 192.0.2.1 > " RULED_HOST4 " ", "| icmp 3 code 3 | quote | ", TO4, FROM4),
    ERRORS("ip6 2001:db8:2::1 > " RULED_HOST6 " ", "| icmp6 1 code 4 | quote | ", TO6, FROM6),
    FRAGMENTS("in ip4 203.0.113.9 > " RULED_HOST4 " more | tcp 1000 > 443 syn | data 4",
              "in ip4 203.0.113.9 > " RULED_HOST4 " proto 6 offset 3 | data 16",
              "in ip4 203.0.113.11 > " RULED_HOST4 " more | tcp 1000 > 443 syn | data 4",
              "in ip4 203.0.113.11 > " RULED_HOST4 " proto 6 offset 3 | data 16"),
    FRAGMENTS(
        "in ip6 2001:db8:9::9 > " RULED_HOST6 " | fragment 0 more | tcp 1000 > 443 syn | data 4",
        "in ip6 2001:db8:9::9 > " RULED_HOST6 " | fragment 3 | proto 6 | data 16",
        "in ip6 2001:db8:9::b > " RULED_HOST6 " | fragment 0 more | tcp 1000 > 443 syn | data 4",
        "in ip6 2001:db8:9::b > " RULED_HOST6 " | fragment 3 | proto 6 | data 16"),
    CUT("in ip4 203.0.113.66 > " RULED_HOST4 " more | tcp 1000 > 443 syn | data 4",
        "in ip4 203.0.113.66 > " RULED_HOST4 " proto 6 offset 3 | data 16"),
    CUT("in ip6 2001:db8:9::66 > " RULED_HOST6 " | fragment 0 more | tcp 1000 > 443 syn | data 4",
        "in ip6 2001:db8:9::66 > " RULED_HOST6 " | fragment 3 | proto 6 | data 16"),
};

static const char *word(bool passes)
{
    return passes ? "pass" : "be dropped";
}

static void check(const struct step *step, struct passes passes)
{
    if (passes.policy != step->policy)
        fail_msg("%s: should %s where the policy is attached", step->frame, word(step->policy));
    if (passes.ruleset != step->ruleset)
        fail_msg("%s: should %s by the exported ruleset", step->frame, word(step->ruleset));
}

static void conversations_go_the_same_way(void **state)
{
    static struct bench bench;
    struct wire wire;

    (void)state;
    bench_open(&bench, POLICY);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        bench_read(steps[i].frame, &wire);
        check(&steps[i], bench_judge(&bench, &wire));
    }
    assert_true(bench_close(&bench));
}

/* Every name of a difference is in the list, and every one in the list is shown. */
static void differences_are_the_listed_ones(void **state)
{
    (void)state;
    for (const char *const *name = differences_in_time; *name; name++) {
        unsigned int shown = 0;

        for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
            assert_int_equal(steps[i].policy != steps[i].ruleset, !!steps[i].difference);
            shown += steps[i].difference && !strcmp(steps[i].difference, *name);
        }
        assert_int_not_equal(shown, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations_go_the_same_way),
        cmocka_unit_test(differences_are_the_listed_ones),
    };

    bench_enter();
    return cmocka_run_group_tests_name("conversations", tests, NULL, NULL);
}
