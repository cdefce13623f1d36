/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/protocols.h"

static void knows_protocols(void **state)
{
    static const struct {
        const char *name;
        u8 number;
    } cases[] = {{"tcp", 6},     {"udp", 17}, {"sctp", 132}, {"icmp", 1},
                 {"icmpv6", 58}, {"esp", 50}, {"ah", 51},    {"gre", 47}};
    struct fault fault;
    bool named;
    u8 number;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_string_equal(protocol_name(cases[i].number), cases[i].name);
        assert_int_equal(protocol_read(piece_of(cases[i].name), &number, &named, &fault), 0);
        assert_int_equal(number, cases[i].number);
        assert_true(named);
    }
    assert_null(protocol_name(0));
    assert_null(protocol_name(255));
    assert_int_equal(protocol_read(piece_of("SCTP"), &number, &named, &fault), 0);
    assert_int_equal(number, 132);
    assert_int_equal(protocol_read(piece_of("0"), &number, &named, &fault), 0);
    assert_int_equal(number, 0);
    assert_false(named);
    assert_int_equal(protocol_read(piece_of("255"), &number, &named, &fault), 0);
    assert_int_equal(number, 255);
    assert_int_equal(protocol_read(piece_of("256"), &number, &named, &fault), -EINVAL);
    assert_int_equal(protocol_read(piece_of("any"), &number, &named, &fault), -EINVAL);
    assert_int_equal(protocol_read(piece_of(""), &number, &named, &fault), -EINVAL);
}

static void knows_icmp_types(void **state)
{
    (void)state;
    assert_string_equal(icmp_type_name(FAMILY_IPV4, 8), "echo-request");
    assert_string_equal(icmp_type_name(FAMILY_IPV6, 128), "echo-request");
    assert_string_equal(icmp_type_name(FAMILY_IPV6, 132), "mld-listener-done");
    assert_null(icmp_type_name(FAMILY_IPV4, 128));
    assert_null(icmp_type_name(FAMILY_IPV6, 8));
    assert_int_equal(icmp_type_find(FAMILY_IPV4, piece_of("Address-Mask-Reply")), 18);
    assert_int_equal(icmp_type_find(FAMILY_IPV6, piece_of("mld2-listener-report")), 143);
    assert_int_equal(icmp_type_find(FAMILY_IPV6, piece_of("mld-listener-reduction")), 132);
    assert_int_equal(icmp_type_find(FAMILY_IPV6, piece_of("source-quench")), -1);
    for (unsigned int type = 0; type < 256; type++) {
        for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
            const char *name = icmp_type_name(family, (u8)type);

            if (name)
                assert_int_equal(icmp_type_find(family, piece_of(name)), type);
        }
    }
}

static void reads_icmp(void **state)
{
    static const bool ipv4[2] = {true, false}, both[2] = {true, true};
    struct icmp_match match;
    struct fault fault;

    (void)state;
    assert_int_equal(icmp_read(piece_of("3/4"), ipv4, &match, &fault), 0);
    assert_true(match.known[0] && !match.known[1] && match.has_code);
    assert_int_equal(match.type[0], 3);
    assert_int_equal(match.code, 4);
    assert_int_equal(icmp_read(piece_of("echo-request"), both, &match, &fault), 0);
    assert_true(match.known[0] && match.known[1] && !match.has_code);
    assert_int_equal(match.type[0], 8);
    assert_int_equal(match.type[1], 128);
    assert_int_equal(icmp_read(piece_of("packet-too-big/0"), both, &match, &fault), 0);
    assert_true(!match.known[0] && match.known[1] && match.has_code);
    assert_int_equal(icmp_read(piece_of("200"), both, &match, &fault), 0);
    assert_true(match.known[0] && match.known[1]);
    assert_int_equal(icmp_read(piece_of("packet-too-big"), ipv4, &match, &fault), -EINVAL);
    assert_string_equal(fault.text, "\"packet-too-big\" is a type of ICMPv6, not of ICMP");
    assert_int_equal(icmp_read(piece_of("3/256"), ipv4, &match, &fault), -EINVAL);
    assert_int_equal(fault.at, 2);
    assert_int_equal(icmp_read(piece_of("3/"), ipv4, &match, &fault), -EINVAL);
    assert_int_equal(icmp_read(piece_of("/3"), ipv4, &match, &fault), -EINVAL);
    assert_int_equal(icmp_read(piece_of(""), ipv4, &match, &fault), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_protocols),
        cmocka_unit_test(knows_icmp_types),
        cmocka_unit_test(reads_icmp),
    };

    return cmocka_run_group_tests_name("protocols", tests, NULL, NULL);
}
