/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/address.h"

/* Reads TEXT as a range and writes it again. */
static void assert_range(const char *text, enum family family, const char *expected)
{
    struct address_range range;
    enum family found = FAMILY_NONE;
    struct fault fault;
    char buffer[RANGE_TEXT_BYTES];

    if (address_read_range(piece_of(text), &found, &range, &fault))
        fail_msg("%s: %s", text, fault.text);
    assert_int_equal(found, family);
    assert_string_equal(address_range_print(family, range, buffer), expected);
}

static void reads_ipv4(void **state)
{
    (void)state;
    assert_range("0.0.0.0", FAMILY_IPV4, "0.0.0.0");
    assert_range("255.255.255.255", FAMILY_IPV4, "255.255.255.255");
    assert_range("192.0.2.1/32", FAMILY_IPV4, "192.0.2.1");
    assert_range("10.0.0.0/8", FAMILY_IPV4, "10.0.0.0/8");
    assert_range("0.0.0.0/0", FAMILY_IPV4, "0.0.0.0/0");
    assert_range("128.0.0.0/1", FAMILY_IPV4, "128.0.0.0/1");
    assert_range("10.0.0.0-10.255.255.255", FAMILY_IPV4, "10.0.0.0/8");
    assert_range("10.0.0.1 - 10.0.0.9", FAMILY_IPV4, "10.0.0.1-10.0.0.9");
    assert_range("10.0.0.1-10.0.0.1", FAMILY_IPV4, "10.0.0.1");
    assert_range("10.0.0.1-10.0.0.2", FAMILY_IPV4, "10.0.0.1-10.0.0.2");
}

static void reads_ipv6(void **state)
{
    (void)state;
    assert_range("::", FAMILY_IPV6, "::");
    assert_range("::/0", FAMILY_IPV6, "::/0");
    assert_range("2001:DB8::1", FAMILY_IPV6, "2001:db8::1");
    assert_range("2001:db8::/32", FAMILY_IPV6, "2001:db8::/32");
    assert_range("2001:db8::1/128", FAMILY_IPV6, "2001:db8::1");
    assert_range("fe80::1-fe80::ffff", FAMILY_IPV6, "fe80::1-fe80::ffff");
    assert_range("fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", FAMILY_IPV6, "fe80::/10");
    assert_range("::ffff:192.0.2.1", FAMILY_IPV6, "::ffff:192.0.2.1");
    assert_range("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", FAMILY_IPV6,
                 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void refuses(void **state)
{
    /* The messages are in tests/broken/addresses.expected; these are the texts that must not be
     * accepted. */
    static const char *const bad[] = {
        "",
        ".",
        "1",
        "1.2.3",
        "1.2.3.4.",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.256",
        "1.2.3.0256",
        "01.2.3.4",
        "1.2.3.-4",
        "+1.2.3.4",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/032",
        "1.2.3.4/-1",
        "1.2.3.4/ 32",
        "1.2.3.0/255",
        "1.2.3.4/24",
        "0x1.2.3.4",
        "1.2.3.4-",
        "-1.2.3.4",
        "2.0.0.0-1.0.0.0",
        "1.2.3.4-::1",
        ":",
        ":::",
        "::1%lo",
        "[::1]",
        "::1/129",
        "::1/127",
        "12345::",
        "1:2:3:4:5:6:7:8:9",
        "g::",
        "::1.2.3.256",
        "1.2.3.4/99999999999",
        "1.2.3.0/24-1.2.4.0/24",
    };
    struct address_range range;
    enum family family = FAMILY_NONE;
    struct fault fault;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (!address_read_range(piece_of(bad[i]), &family, &range, &fault))
            fail_msg("\"%s\" is taken for an address", bad[i]);
        assert_int_equal(family, FAMILY_NONE);
        assert_true(fault.at <= strlen(bad[i]));
        assert_true(fault.at + fault.length <= strlen(bad[i]) + 1);
    }
    /* A NUL byte does not end an address. */
    assert_int_equal(
        address_read_range((struct piece){.text = "::1\0", .length = 4}, &family, &range, &fault),
        -EINVAL);
}

static void tells_the_prefix_meant(void **state)
{
    struct address_range range;
    enum family family;
    struct fault fault;

    (void)state;
    assert_int_equal(address_read_range(piece_of("192.168.7.9/22"), &family, &range, &fault),
                     -EINVAL);
    assert_string_equal(fault.text,
                        "192.168.7.9/22 has host bits set: the prefix is 192.168.4.0/22");
    assert_int_equal(address_read_range(piece_of("2001:db8::1/64"), &family, &range, &fault),
                     -EINVAL);
    assert_string_equal(fault.text,
                        "2001:db8::1/64 has host bits set: the prefix is 2001:db8::/64");
}

static void converts_bytes(void **state)
{
    static const u8 ipv4[16] = {192, 0, 2, 1};
    static const u8 ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    enum family family;
    struct fault fault;
    u128 address;
    u8 bytes[16];

    (void)state;
    assert_int_equal(address_read(piece_of("192.0.2.1"), &family, &address, &fault), 0);
    assert_true(address == 0xc0000201u);
    address_to_bytes(family, address, bytes);
    assert_memory_equal(bytes, ipv4, 16);
    assert_true(address_from_bytes(FAMILY_IPV4, ipv4) == address);
    assert_int_equal(address_read(piece_of("2001:db8::1"), &family, &address, &fault), 0);
    address_to_bytes(family, address, bytes);
    assert_memory_equal(bytes, ipv6, 16);
    assert_true(address_from_bytes(FAMILY_IPV6, ipv6) == address);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_ipv4),     cmocka_unit_test(reads_ipv6),
        cmocka_unit_test(refuses),        cmocka_unit_test(tells_the_prefix_meant),
        cmocka_unit_test(converts_bytes),
    };

    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
