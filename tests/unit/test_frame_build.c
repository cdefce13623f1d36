/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame built from the notation must be read as the packet that the notation describes. */
#include "check.h"

#include "../../loader/judge/frame_build.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/notation.h"
#include "../shared/brute.h"

static void built(const char *text, struct packet_notation *notation, struct brute_packet *packet)
{
    u8 bytes[FRAME_BUILD_BYTES];
    struct fault fault;

    assert_int_equal(notation_parse(text, notation, &fault), 0);
    size_t length = frame_build(notation, bytes);
    assert_true(length <= sizeof(bytes));
    assert_null(brute_decode(bytes, length, packet));
    assert_int_equal(packet->family, notation->family);
    assert_int_equal(packet->protocol, notation->protocol);
    assert_true(packet->source == address_from_bytes(notation->family, notation->source));
    assert_true(packet->destination == address_from_bytes(notation->family, notation->destination));
    assert_int_equal(packet->later_fragment, notation->fragment == FRAGMENT_LATER);
    assert_int_equal(packet->first_fragment, notation->fragment == FRAGMENT_FIRST);
    /* One byte less is too few. */
    assert_string_equal(brute_decode(bytes, length - 1, packet), "malformed");
    assert_null(brute_decode(bytes, length, packet));
}

static void assert_ports(const char *text, unsigned int source, unsigned int destination)
{
    struct packet_notation notation;
    struct brute_packet packet;

    built(text, &notation, &packet);
    assert_true(packet.has_ports);
    assert_int_equal(packet.source_port, source);
    assert_int_equal(packet.destination_port, destination);
}

static void builds_ports(void **state)
{
    (void)state;
    assert_ports("in tcp 203.0.113.7:40000 > 198.51.100.10:5061 syn", 40000, 5061);
    assert_ports("out tcp [2001:db8::1]:1 > [2001:db8::2]:65535 ack", 1, 65535);
    assert_ports("in udp 203.0.113.7:3478 > 198.51.100.10:53", 3478, 53);
    assert_ports("out udp [2001:db8::10]:3478 > [2001:db8:9::1]:3478", 3478, 3478);
    assert_ports("in sctp 203.0.113.7:2905 > 198.51.100.10:2906", 2905, 2906);
    assert_ports("in sctp [2001:db8::1]:2905 > [2001:db8::2]:2906", 2905, 2906);
}

static void assert_flags(const char *flags, bool syn, bool ack, bool fin, bool rst)
{
    struct packet_notation notation;
    struct brute_packet packet;
    char text[128];

    snprintf(text, sizeof(text), "in tcp 10.0.0.1:1 > 10.0.0.2:2 %s", flags);
    built(text, &notation, &packet);
    assert_true(packet.is_tcp);
    assert_int_equal(packet.syn, syn);
    assert_int_equal(packet.ack, ack);
    assert_int_equal(packet.fin, fin);
    assert_int_equal(packet.rst, rst);
}

static void builds_flags(void **state)
{
    (void)state;
    assert_flags("", true, false, false, false);
    assert_flags("syn", true, false, false, false);
    assert_flags("syn-ack", true, true, false, false);
    assert_flags("ack", false, true, false, false);
    assert_flags("fin ack", false, true, true, false);
    assert_flags("rst psh", false, false, false, true);
    assert_flags("none", false, false, false, false);
}

static void assert_icmp(const char *text, unsigned int type, unsigned int code, unsigned int hops)
{
    struct packet_notation notation;
    struct brute_packet packet;

    built(text, &notation, &packet);
    assert_true(packet.is_icmp);
    assert_int_equal(packet.icmp_type, type);
    assert_int_equal(packet.icmp_code, code);
    assert_int_equal(packet.hop_limit, hops);
}

/* Neighbour discovery must come from the link itself, or it would be ignored. */
static void builds_icmp(void **state)
{
    (void)state;
    assert_icmp("in icmp 10.0.0.1 > 10.0.0.2", 8, 0, 64);
    assert_icmp("in icmp 10.0.0.1 > 10.0.0.2 echo-reply", 0, 0, 64);
    assert_icmp("in icmp 10.0.0.1 > 10.0.0.2 3/4", 3, 4, 64);
    assert_icmp("in icmpv6 2001:db8::1 > 2001:db8::2", 128, 0, 64);
    assert_icmp("in icmpv6 2001:db8::1 > 2001:db8::2 nd-neighbor-solicit", 135, 0, 255);
    assert_icmp("in icmpv6 2001:db8::1 > 2001:db8::2 133", 133, 0, 255);
    assert_icmp("in icmpv6 2001:db8::1 > 2001:db8::2 137", 137, 0, 255);
    assert_icmp("in icmpv6 2001:db8::1 > 2001:db8::2 138", 138, 0, 64);
}

/* A request and its reply have the same id. */
static void builds_echoes_that_belong_together(void **state)
{
    struct packet_notation notation;
    struct brute_packet request, reply;

    (void)state;
    built("out icmp 10.0.0.1 > 10.0.0.2 echo-request", &notation, &request);
    built("in icmp 10.0.0.2 > 10.0.0.1 echo-reply", &notation, &reply);
    assert_int_equal(request.icmp_id, reply.icmp_id);
}

/* A first fragment has its transport header, and neighbour discovery its hop limit. */
static void builds_first_fragments(void **state)
{
    (void)state;
    assert_ports("in udp 10.0.0.1:1 > 10.0.0.2:2 fragment first", 1, 2);
    assert_ports("in tcp [2001:db8::1]:1 > [2001:db8::2]:2 fragment first", 1, 2);
    assert_ports("in udp [2001:db8::1]:1 > [2001:db8::2]:2 fragment first length 100", 1, 2);
    assert_icmp("in icmpv6 2001:db8::1 > 2001:db8::2 134 fragment first", 134, 0, 255);
}

static void builds_fragments_and_the_rest(void **state)
{
    static const char *const packets[] = {
        "in udp 10.0.0.1 > 10.0.0.2 fragment",       "in tcp 2001:db8::1 > 2001:db8::2 fragment",
        "in icmp 10.0.0.1 > 10.0.0.2 fragment",      "in gre 10.0.0.1 > 10.0.0.2",
        "in esp 2001:db8::1 > 2001:db8::2",          "in ah 10.0.0.1 > 10.0.0.2",
        "in 200 2001:db8::1 > 2001:db8::2 fragment", "in 253 10.0.0.1 > 10.0.0.2",
    };
    struct packet_notation notation;
    struct brute_packet packet;

    (void)state;
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        built(packets[i], &notation, &packet);
        assert_false(packet.has_ports);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_ports),
        cmocka_unit_test(builds_flags),
        cmocka_unit_test(builds_icmp),
        cmocka_unit_test(builds_echoes_that_belong_together),
        cmocka_unit_test(builds_first_fragments),
        cmocka_unit_test(builds_fragments_and_the_rest),
    };

    return cmocka_run_group_tests_name("frame_build", tests, NULL, NULL);
}
