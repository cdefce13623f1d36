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

/* A second copy of the list, from `nft describe icmp type` and `nft describe icmpv6 type`. */
static void knows_the_numbers_of_nftables(void **state)
{
    static const struct {
        enum family family;
        int type;
        const char *name;
    } rows[] = {
        {FAMILY_IPV4, 0, "echo-reply"},
        {FAMILY_IPV4, 3, "destination-unreachable"},
        {FAMILY_IPV4, 4, "source-quench"},
        {FAMILY_IPV4, 5, "redirect"},
        {FAMILY_IPV4, 8, "echo-request"},
        {FAMILY_IPV4, 9, "router-advertisement"},
        {FAMILY_IPV4, 10, "router-solicitation"},
        {FAMILY_IPV4, 11, "time-exceeded"},
        {FAMILY_IPV4, 12, "parameter-problem"},
        {FAMILY_IPV4, 13, "timestamp-request"},
        {FAMILY_IPV4, 14, "timestamp-reply"},
        {FAMILY_IPV4, 15, "info-request"},
        {FAMILY_IPV4, 16, "info-reply"},
        {FAMILY_IPV4, 17, "address-mask-request"},
        {FAMILY_IPV4, 18, "address-mask-reply"},
        {FAMILY_IPV6, 1, "destination-unreachable"},
        {FAMILY_IPV6, 2, "packet-too-big"},
        {FAMILY_IPV6, 3, "time-exceeded"},
        {FAMILY_IPV6, 4, "parameter-problem"},
        {FAMILY_IPV6, 128, "echo-request"},
        {FAMILY_IPV6, 129, "echo-reply"},
        {FAMILY_IPV6, 130, "mld-listener-query"},
        {FAMILY_IPV6, 131, "mld-listener-report"},
        {FAMILY_IPV6, 132, "mld-listener-done"},
        {FAMILY_IPV6, 132, "mld-listener-reduction"},
        {FAMILY_IPV6, 133, "nd-router-solicit"},
        {FAMILY_IPV6, 134, "nd-router-advert"},
        {FAMILY_IPV6, 135, "nd-neighbor-solicit"},
        {FAMILY_IPV6, 136, "nd-neighbor-advert"},
        {FAMILY_IPV6, 137, "nd-redirect"},
        {FAMILY_IPV6, 138, "router-renumbering"},
        {FAMILY_IPV6, 141, "ind-neighbor-solicit"},
        {FAMILY_IPV6, 142, "ind-neighbor-advert"},
        {FAMILY_IPV6, 143, "mld2-listener-report"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_int_equal(icmp_type_find(rows[i].family, piece_of(rows[i].name)), rows[i].type);
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
    assert_int_equal(match.code[0], 4);
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

static void reads_ranges_of_icmp(void **state)
{
    static const bool both[2] = {true, true};
    struct icmp_match match;
    struct fault fault;

    (void)state;
    assert_int_equal(icmp_read(piece_of("3-5/0-15"), both, &match, &fault), 0);
    assert_true(match.known[0] && match.known[1] && match.has_code);
    assert_int_equal(match.type[1], 3);
    assert_int_equal(match.last_type[1], 5);
    assert_int_equal(match.code[0], 0);
    assert_int_equal(match.last_code[0], 15);
    assert_int_equal(icmp_read(piece_of("echo-request/1-255"), both, &match, &fault), 0);
    assert_int_equal(match.last_type[0], 8);
    assert_int_equal(match.last_type[1], 128);
    assert_int_equal(icmp_read(piece_of("5-3"), both, &match, &fault), -EINVAL);
    assert_string_equal(fault.text, "the range is reversed: write 3-5");
    assert_int_equal(icmp_read(piece_of("3/4-256"), both, &match, &fault), -EINVAL);
    assert_int_equal(fault.at, 4);
    assert_int_equal(icmp_read(piece_of("3-"), both, &match, &fault), -EINVAL);
}

/* Except `ip`, which is in no header. */
static void knows_the_names_of_the_system(void **state)
{
    FILE *file = fopen("/etc/protocols", "r");
    char line[256], name[64], alias[64];
    unsigned int number;

    (void)state;
    if (!file)
        skip();
    while (fgets(line, sizeof(line), file)) {
        const char *names[] = {name, alias};

        if (sscanf(line, "%63[^#\t ] %u %63[^#\t \n]", name, &number, alias) != 3 || number > 255 ||
            !strcmp(name, "ip"))
            continue;
        for (size_t i = 0; i < 2; i++) {
            struct fault fault;
            bool named;
            u8 protocol;

            if (protocol_read(piece_of(names[i]), &protocol, &named, &fault))
                fail_msg("%s", fault.text);
            assert_int_equal(protocol, number);
        }
    }
    fclose(file);
}

static void reads_names_of_codes(void **state)
{
    static const bool both[2] = {true, true}, six[2] = {false, true};
    struct icmp_match match;
    struct fault fault;

    (void)state;
    assert_int_equal(
        icmp_read(piece_of("destination-unreachable/port-unreachable"), both, &match, &fault), 0);
    assert_true(match.known[0] && match.known[1] && match.has_code);
    assert_int_equal(match.code[0], 3);
    assert_int_equal(match.code[1], 4);
    /* Only one of the two families knows the code. */
    assert_int_equal(
        icmp_read(piece_of("destination-unreachable/Host-Unreachable"), both, &match, &fault), 0);
    assert_true(match.known[0] && !match.known[1]);
    assert_int_equal(match.code[0], 1);
    assert_int_equal(icmp_read(piece_of("1/no-route"), six, &match, &fault), 0);
    assert_int_equal(match.code[1], 0);
    assert_int_equal(icmp_read(piece_of("8/no-route"), both, &match, &fault), -EINVAL);
    assert_int_equal(fault.at, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_protocols),
        cmocka_unit_test(knows_icmp_types),
        cmocka_unit_test(knows_the_numbers_of_nftables),
        cmocka_unit_test(reads_icmp),
        cmocka_unit_test(reads_ranges_of_icmp),
        cmocka_unit_test(knows_the_names_of_the_system),
        cmocka_unit_test(reads_names_of_codes),
    };

    return cmocka_run_group_tests_name("protocols", tests, NULL, NULL);
}
