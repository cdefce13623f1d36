/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/judge/answer.h"
#include "../shared/wire.h"

#define V4 "in ip4 203.0.113.7 > 198.51.100.10 "
#define V6 "in ip6 2001:db8:9::7 > 2001:db8::10 "

/* RFC 1122, 3.2.2; RFC 4443, 2.4. */
static void knows_who_is_never_told(void **state)
{
    static const struct {
        const char *packet;
        enum untold untold;
    } cases[] = {
        {V4 "| tcp 1 > 2 syn", TOLD},
        {V4 "| udp 1 > 2", TOLD},
        {V4 "| proto 47", TOLD},
        {V4 "| icmp 8", TOLD},
        {V6 "| icmp6 128", TOLD},
        {"in vlan | ip4 203.0.113.7 > 198.51.100.10 | udp 1 > 2", TOLD},
        {V4 "more | udp 1 > 2 | data 24", UNTOLD_FRAGMENT},
        {V4 "offset 3 | data 24", UNTOLD_FRAGMENT},
        {V6 "| fragment 0 more | udp 1 > 2 | data 24", UNTOLD_FRAGMENT},
        {V6 "| fragment 3 | data 24", UNTOLD_FRAGMENT},
        {"in ip4 224.0.0.1 > 198.51.100.10 | udp 1 > 2", UNTOLD_SOURCE},
        {"in ip4 0.0.0.0 > 198.51.100.10 | udp 1 > 2", UNTOLD_SOURCE},
        {"in ip4 127.0.0.1 > 198.51.100.10 | udp 1 > 2", UNTOLD_SOURCE},
        {"in ip4 240.0.0.1 > 198.51.100.10 | udp 1 > 2", UNTOLD_SOURCE},
        {"in ip6 :: > 2001:db8::10 | udp 1 > 2", UNTOLD_SOURCE},
        {"in ip6 ::ffff:1.2.3.4 > 2001:db8::10 | udp 1 > 2", UNTOLD_SOURCE},
        {"in ip4 203.0.113.7 > 224.0.0.251 | udp 1 > 2", UNTOLD_DESTINATION},
        {"in ip4 203.0.113.7 > 255.255.255.255 | udp 1 > 2", UNTOLD_DESTINATION},
        {"in ip6 2001:db8:9::7 > ff02::fb | udp 1 > 2", UNTOLD_DESTINATION},
        {V4 "| tcp 1 > 2 rst", UNTOLD_RESET},
        {V6 "| tcp 1 > 2 rst ack", UNTOLD_RESET},
        {V4 "| icmp 3", UNTOLD_ICMP_ERROR},
        {V4 "| icmp 5", UNTOLD_ICMP_ERROR},
        {V4 "| icmp 11", UNTOLD_ICMP_ERROR},
        {V4 "| icmp 200", UNTOLD_ICMP_ERROR},
        {V6 "| icmp6 1", UNTOLD_ICMP_ERROR},
        {V6 "| icmp6 100", UNTOLD_ICMP_ERROR},
        {V6 "| icmp6 137", UNTOLD_ICMP_ERROR},
    };
    u8 answer[WIRE_BYTES + ANSWER_ADDED];
    struct wire wire;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        wire_read(cases[i].packet, &wire);
        if (answer_untold(wire.bytes, wire.length) != cases[i].untold)
            fail_msg("%s: %u", cases[i].packet, answer_untold(wire.bytes, wire.length));
        assert_int_equal(!answer_make(wire.bytes, wire.length, REFUSAL_DEFAULT, answer),
                         cases[i].untold != TOLD);
    }
}

/* Of a frame to a group of the link, whatever its addresses are. */
static void answers_no_group_of_the_link(void **state)
{
    u8 answer[WIRE_BYTES + ANSWER_ADDED];
    struct wire wire;

    (void)state;
    wire_read("in mac ff:ff:ff:ff:ff:ff | ip4 203.0.113.7 > 198.51.100.10 | tcp 1 > 2 syn", &wire);
    assert_int_equal(answer_make(wire.bytes, wire.length, REFUSAL_DEFAULT, answer), 0);
}

/* The ends exchanged, the tag kept, the checksum computed by hand. */
static void makes_a_reset(void **state)
{
    static const u8 expected[] = {
        0x81, 0x00, 0x00, 0x00, 0x08, 0x00, /* the tag, as it came */
        0x45, 0x00, 0x00, 0x28, 0x00, 0x00, 0x40, 0x00, 0x40, 0x06, 0xd4, 0x8a,
        0xc6, 0x33, 0x64, 0x0a, 0xcb, 0x00, 0x71, 0x07, /* from 198.51.100.10 to 203.0.113.7 */
        0x00, 0x50, 0x04, 0xd2, 0x00, 0x00, 0x00, 0x00, /* port 80 to 1234 */
        0x00, 0x00, 0x00, 0x01, 0x50, 0x14, 0x00, 0x00, 0x44, 0x68, 0x00, 0x00};
    u8 answer[WIRE_BYTES + ANSWER_ADDED];
    struct wire wire;

    (void)state;
    wire_read("in vlan | ip4 203.0.113.7 > 198.51.100.10 | tcp 1234 > 80 syn | data 0", &wire);
    memset(wire.bytes + 18 + 20 + 4, 0, 8); /* the sequence begins at 0 */
    memset(wire.bytes + 14, 0, 2);
    size_t length = answer_make(wire.bytes, wire.length, REFUSAL_DEFAULT, answer);
    assert_true(length >= 12 + sizeof(expected));
    assert_memory_equal(answer, wire.bytes + 6, 6);
    assert_memory_equal(answer + 6, wire.bytes, 6);
    assert_memory_equal(answer + 12, expected, sizeof(expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_who_is_never_told),
        cmocka_unit_test(answers_no_group_of_the_link),
        cmocka_unit_test(makes_a_reset),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
