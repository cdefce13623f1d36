/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/ban/banned.h"
#include "../../loader/base/memory.h"

static struct banned read_good(const char *text)
{
    struct banned banned = {0};
    struct fault fault;

    if (banned_read(piece_of(text), &banned, &fault))
        fail_msg("%s: %s", text, fault.text);
    return banned;
}

static void reads_and_prints(void **state)
{
    static const char *const texts[] = {"203.0.113.7",    "203.0.113.0/24", "0.0.0.0/0",
                                        "203.0.113.6/31", "2001:db8::7",    "2001:db8::/32",
                                        "::/0",           "2001:db8::6/127"};
    char text[RANGE_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct banned banned = read_good(texts[i]);
        assert_string_equal(banned_print(&banned, text), texts[i]);
        assert_int_equal(banned_is_prefix(&banned), !!strchr(texts[i], '/'));
    }
    struct banned whole = read_good("203.0.113.7/32");
    assert_string_equal(banned_print(&whole, text), "203.0.113.7");
}

static void refuses(void **state)
{
    static const char *const texts[] = {
        "",        "any",        "203.0.113.7/24", "::1/64", "203.0.113.", "1.1.1.1-2.2.2.2",
        "::1-::2", "1.1.1.0/33", "::/129",         "@file"};
    struct banned banned = {.bits = 77};
    struct fault fault;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_int_not_equal(banned_read(piece_of(texts[i]), &banned, &fault), 0);
    assert_int_equal(banned.bits, 77);
}

static bool covers(const char *outer, const char *inner)
{
    struct banned a = read_good(outer), b = read_good(inner);

    return banned_covers(&a, &b);
}

static void knows_what_covers_what(void **state)
{
    (void)state;
    assert_true(covers("203.0.113.0/24", "203.0.113.255"));
    assert_false(covers("203.0.113.0/24", "203.0.114.0"));
    assert_true(covers("203.0.113.8/29", "203.0.113.15"));
    assert_false(covers("203.0.113.8/29", "203.0.113.16"));
    assert_false(covers("203.0.113.8/29", "203.0.113.7"));
    assert_true(covers("203.0.113.7", "203.0.113.7"));
    assert_false(covers("203.0.113.7", "203.0.113.6"));
    assert_false(covers("203.0.113.0/25", "203.0.113.0/24"));
    assert_true(covers("203.0.113.0/24", "203.0.113.0/24"));
    assert_true(covers("0.0.0.0/0", "255.255.255.255"));
    assert_false(covers("0.0.0.0/0", "::"));
    assert_true(covers("::/0", "ffff::/16"));
    assert_true(covers("2001:db8::/33", "2001:db8:7fff::"));
    assert_false(covers("2001:db8::/33", "2001:db8:8000::"));
}

static void add(struct bans *bans, const char *text, u64 expires_ns)
{
    struct banned banned = read_good(text);

    banned.expires_ns = expires_ns;
    assert_int_equal(bans_add(bans, &banned), 0);
}

/* A ban stands after all bans around it; of two bans of the same addresses the later expiry
 * counts. */
static void sorts(void **state)
{
    static const char *const sorted[] = {"10.0.0.0/8", "10.0.0.0/16", "10.0.0.0", "10.1.0.0/16",
                                         "11.0.0.1",   "a00::/8",     "a00::"};
    struct bans bans = {0};
    char text[RANGE_TEXT_BYTES];

    (void)state;
    for (size_t i = ARRAY_SIZE(sorted); i--;)
        add(&bans, sorted[i], 5);
    add(&bans, "11.0.0.1", 9);
    add(&bans, "10.0.0.0/8", 3);
    bans_sort(&bans);
    assert_int_equal(bans.count, ARRAY_SIZE(sorted));
    for (size_t i = 0; i < bans.count; i++)
        assert_string_equal(banned_print(&bans.list[i], text), sorted[i]);
    assert_int_equal(bans.list[4].expires_ns, 9);
    assert_int_equal(bans.list[0].expires_ns, 5);

    struct banned there = read_good("10.1.0.0/16"), nowhere = read_good("10.1.0.0/17");
    assert_ptr_equal(bans_find(&bans, &there), &bans.list[3]);
    assert_null(bans_find(&bans, &nowhere));
    bans_clear(&bans);
    assert_null(bans_find(&bans, &there));
    bans_sort(&bans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints),
        cmocka_unit_test(refuses),
        cmocka_unit_test(knows_what_covers_what),
        cmocka_unit_test(sorts),
    };

    return cmocka_run_group_tests_name("banned", tests, NULL, NULL);
}
