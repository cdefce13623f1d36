/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/notation.h"

static struct packet_notation parsed(const char *text)
{
    struct packet_notation packet;
    struct fault fault;

    memset(&packet, 0xa5, sizeof(packet));
    if (notation_parse(text, &packet, &fault))
        fail_msg("%s: %s", text, fault.text);
    return packet;
}

static void reads_every_field(void **state)
{
    static const u8 source[16] = {203, 0, 113, 7}, destination[16] = {198, 51, 100, 10};
    struct packet_notation packet =
        parsed("in tcp 203.0.113.7:40000 > 198.51.100.10:5061 syn ack fin,psh");

    (void)state;
    assert_int_equal(packet.direction, DIRECTION_IN);
    assert_int_equal(packet.family, FAMILY_IPV4);
    assert_int_equal(packet.protocol, 6);
    assert_int_equal(packet.fragment, FRAGMENT_NONE);
    assert_int_equal(packet.tcp_flags, 1 | 2 | 8 | 16);
    assert_int_equal(packet.source_port, 40000);
    assert_int_equal(packet.destination_port, 5061);
    assert_memory_equal(packet.source, source, 16);
    assert_memory_equal(packet.destination, destination, 16);
}

/* TEXT is written as EXPECTED, and EXPECTED as itself. */
static void assert_prints(const char *text, const char *expected)
{
    struct packet_notation packet = parsed(text), again;
    char buffer[NOTATION_TEXT_BYTES];

    assert_string_equal(notation_print(&packet, buffer), expected);
    again = parsed(expected);
    assert_string_equal(notation_print(&again, buffer), expected);
}

static void prints_what_it_reads(void **state)
{
    (void)state;
    assert_prints("IN TCP 10.0.0.1:1>10.0.0.2:2", "in tcp 10.0.0.1:1 > 10.0.0.2:2 syn");
    assert_prints("out tcp 10.0.0.1:1 > 10.0.0.2:2 ack,syn",
                  "out tcp 10.0.0.1:1 > 10.0.0.2:2 syn-ack");
    assert_prints("in tcp 10.0.0.1:1 > 10.0.0.2:2 stray ttl 9 rst",
                  "in tcp 10.0.0.1:1 > 10.0.0.2:2 rst stray ttl 9");
    assert_prints("out tcp 10.0.0.1:1 > 10.0.0.2:2 psh rst fin syn-ack",
                  "out tcp 10.0.0.1:1 > 10.0.0.2:2 syn-ack fin rst psh");
    assert_prints("in tcp 10.0.0.1:1 > 10.0.0.2:2 ACK", "in tcp 10.0.0.1:1 > 10.0.0.2:2 ack");
    assert_prints("in tcp 10.0.0.1:1 > 10.0.0.2:2 none", "in tcp 10.0.0.1:1 > 10.0.0.2:2 none");
    assert_prints("\tout  udp\t[2001:DB8::10]:3478 > [2001:db8:9::1]:0 ",
                  "out udp [2001:db8::10]:3478 > [2001:db8:9::1]:0");
    assert_prints("in 132 10.0.0.1:1 > 10.0.0.2:65535", "in sctp 10.0.0.1:1 > 10.0.0.2:65535");
    assert_prints("in icmp 10.0.0.1 > 10.0.0.2", "in icmp 10.0.0.1 > 10.0.0.2 echo-request");
    assert_prints("in icmpv6 ::1 > ::2", "in icmpv6 ::1 > ::2 echo-request");
    assert_prints("in icmp 10.0.0.1 > 10.0.0.2 3/4",
                  "in icmp 10.0.0.1 > 10.0.0.2 destination-unreachable/4");
    assert_prints("in icmp 10.0.0.1 > 10.0.0.2 42", "in icmp 10.0.0.1 > 10.0.0.2 42");
    assert_prints("in icmpv6 [::1] > ::2 Packet-Too-Big", "in icmpv6 ::1 > ::2 packet-too-big");
    assert_prints("in 58 ::1 > ::2 200/7", "in icmpv6 ::1 > ::2 200/7");
    assert_prints("in 58 10.0.0.1 > 10.0.0.2", "in 58 10.0.0.1 > 10.0.0.2");
    assert_prints("in 1 ::1 > ::2", "in 1 ::1 > ::2");
    assert_prints("in gre ::1 > ::2", "in gre ::1 > ::2");
    assert_prints("in 99 10.0.0.1 > 10.0.0.2 fragment", "in 99 10.0.0.1 > 10.0.0.2 fragment");
    assert_prints("in tcp 10.0.0.1 > 10.0.0.2 fragment", "in tcp 10.0.0.1 > 10.0.0.2 fragment");
    assert_prints("in tcp 10.0.0.1:1 > 10.0.0.2:2 fragment ack",
                  "in tcp 10.0.0.1 > 10.0.0.2 fragment");
    assert_prints("in udp 2001:db8::1 > 2001:db8::2 fragment",
                  "in udp 2001:db8::1 > 2001:db8::2 fragment");
    assert_prints("in icmp 10.0.0.1 > 10.0.0.2 echo-reply fragment",
                  "in icmp 10.0.0.1 > 10.0.0.2 fragment");
    assert_prints("in tcp 10.0.0.1:1 > 10.0.0.2:2 fragment Later",
                  "in tcp 10.0.0.1 > 10.0.0.2 fragment");
    assert_prints("in tcp 10.0.0.1:1 > 10.0.0.2:2 fragment first ack",
                  "in tcp 10.0.0.1:1 > 10.0.0.2:2 ack fragment first");
    assert_prints("in tcp 10.0.0.1:1 > 10.0.0.2:2 fragment no",
                  "in tcp 10.0.0.1:1 > 10.0.0.2:2 syn");
    assert_prints("in udp [::1]:1 > [::2]:2 ttl 3 fragment first",
                  "in udp [::1]:1 > [::2]:2 fragment first ttl 3");
    assert_prints("in icmpv6 ::1 > ::2 fragment ttl 3", "in icmpv6 ::1 > ::2 fragment ttl 3");
    assert_prints("in icmpv6 ::1 > ::2 fragment first",
                  "in icmpv6 ::1 > ::2 echo-request fragment first");
    assert_prints("out tcp [1111:2222:3333:4444:5555:6666:7777:8888]:65535 > "
                  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535 fin syn rst psh ack",
                  "out tcp [1111:2222:3333:4444:5555:6666:7777:8888]:65535 > "
                  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535 syn-ack fin rst psh");
}

/* Of a quoted packet only what tells its conversation is kept. */
static void prints_what_errors_quote(void **state)
{
    (void)state;
    assert_prints("in icmp 10.0.0.9 > 10.0.0.1 3/4 quoting(out udp 10.0.0.1:1>10.0.0.2:53)",
                  "in icmp 10.0.0.9 > 10.0.0.1 destination-unreachable/4 quoting "
                  "(out udp 10.0.0.1:1 > 10.0.0.2:53)");
    assert_prints("out icmpv6 ::9 > ::1 quoting ( tcp [::1]:1 > [::2]:22 ack ttl 1 ) "
                  "Packet-Too-Big ttl 7",
                  "out icmpv6 ::9 > ::1 packet-too-big ttl 7 quoting (in tcp [::1]:1 > [::2]:22)");
    assert_prints(
        "in icmp 10.0.0.9 > 10.0.0.1 time-exceeded quoting (out icmp 10.0.0.1 > 10.0.0.2)",
        "in icmp 10.0.0.9 > 10.0.0.1 time-exceeded quoting "
        "(out icmp 10.0.0.1 > 10.0.0.2 echo-request)");
    assert_prints("in icmp 10.0.0.9 > 10.0.0.1 parameter-problem quoting (gre 10.0.0.1 > 10.0.0.2)",
                  "in icmp 10.0.0.9 > 10.0.0.1 parameter-problem quoting "
                  "(out gre 10.0.0.1 > 10.0.0.2)");
    assert_prints("in icmp 10.0.0.9 > 10.0.0.1 3 fragment quoting (udp 10.0.0.1:1 > 10.0.0.2:2)",
                  "in icmp 10.0.0.9 > 10.0.0.1 fragment");
    assert_prints("out icmpv6 1111:2222:3333:4444:5555:6666:7777:8888 > "
                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff destination-unreachable/255 ttl 255 "
                  "quoting (in sctp [1111:2222:3333:4444:5555:6666:7777:8888]:65535 > "
                  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535)",
                  "out icmpv6 1111:2222:3333:4444:5555:6666:7777:8888 > "
                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff destination-unreachable/255 ttl 255 "
                  "quoting (in sctp [1111:2222:3333:4444:5555:6666:7777:8888]:65535 > "
                  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535)");
}

static void no_flag_is_a_bare_syn(void **state)
{
    (void)state;
    assert_int_equal(parsed("in tcp 10.0.0.1:1 > 10.0.0.2:2").tcp_flags, 2);
    assert_int_equal(parsed("in tcp 10.0.0.1:1 > 10.0.0.2:2 syn-ack").tcp_flags, 18);
    assert_true(parsed("in tcp 10.0.0.1:1 > 10.0.0.2:2 ack stray").stray);
    assert_false(parsed("in tcp 10.0.0.1:1 > 10.0.0.2:2 ack").stray);
    assert_int_equal(parsed("in tcp 10.0.0.1:1 > 10.0.0.2:2 fin").tcp_flags, 1);
    assert_int_equal(parsed("in tcp 10.0.0.1:1 > 10.0.0.2:2 fragment").tcp_flags, 0);
    assert_int_equal(parsed("in udp 10.0.0.1:1 > 10.0.0.2:2").tcp_flags, 0);
}

static void says_where_the_fault_is(void **state)
{
    static const struct {
        const char *text;
        size_t at, length;
    } cases[] = {
        {"", 0, 1},
        {"   ", 3, 1},
        {"sideways tcp", 0, 8},
        {"in tcp 10.0.0.1:99999 > 10.0.0.2:2", 16, 5},
        {"in tcp 10.0.0.1:1 > 10.0.300.2:2", 25, 3},
        {"in tcp 10.0.0.1:1 > 10.0.0.2", 20, 8},
        {"in tcp 10.0.0.1:1 > 10.0.0.2:2 ack foo", 35, 3},
        {"in icmp 10.0.0.1 > 10.0.0.2 3/999", 30, 3},
        {"in icmp 10.0.0.0/8 > 10.0.0.2", 8, 10},
        {"in icmp 10.0.0.1 > 10.0.0.2 3 quoting (udp 10.0.0.2:99999 > 10.0.0.3:1)", 52, 5},
    };
    struct packet_notation packet = {0}, before = {0};
    struct fault fault;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(notation_parse(cases[i].text, &packet, &fault), -EINVAL);
        assert_int_equal(fault.at, cases[i].at);
        assert_int_equal(fault.length, cases[i].length);
        assert_memory_equal(&packet, &before, sizeof(packet));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field),        cmocka_unit_test(prints_what_it_reads),
        cmocka_unit_test(prints_what_errors_quote), cmocka_unit_test(no_flag_is_a_bare_syn),
        cmocka_unit_test(says_where_the_fault_is),
    };

    return cmocka_run_group_tests_name("notation", tests, NULL, NULL);
}
