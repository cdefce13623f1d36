// SPDX-License-Identifier: GPL-2.0-or-later
/* Blocks: from text to an image and back, and what is refused. */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/block/block.h"
#include "../../loader/judge/frame_build.h"
#include "../../loader/judge/native.h"
#include "../../loader/policy/notation.h"

#define NOW_NS (1000 * SECOND_NS)

static struct blocks blocks;
static struct image *image;
static struct diag *diag;

static int setup(void **state)
{
    (void)state;
    diag = diag_new();
    image = NULL;
    return diag ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    blocks_clear(&blocks);
    image_free(image);
    diag_free(diag);
    return 0;
}

static struct block block_of(const char *name, const char *pattern, const char *limit)
{
    struct block block = {.patterns = (char *)pattern,
                          .limit = (char *)limit,
                          .since_ns = NOW_NS,
                          .expires_ns = BLOCK_FOREVER};

    strcpy(block.name, name);
    return block;
}

static void add(const char *name, const char *pattern, const char *limit, u64 expires_ns)
{
    struct block block = block_of(name, pattern, limit);

    block.expires_ns = expires_ns;
    assert_int_equal(blocks_add(&blocks, &block), 0);
}

static void compile(void)
{
    blocks_number(&blocks, 1);
    blocks_sort(&blocks);
    if (blocks_compile_list(&blocks, NULL, &image, diag)) {
        diag_print(diag, stderr);
        fail();
    }
}

/* The name of the block that drops PACKET, in the notation of packets; empty: none does. */
static const char *blocked_by(const char *packet)
{
    struct native *native = native_new(image->header);
    _Alignas(16) static u8 frame[FRAME_BUILD_BYTES];
    struct packet_notation read;
    struct fault fault;

    assert_non_null(native);
    assert_int_equal(native_block(native, BLOCK_MANUAL, image->header), 0);
    assert_int_equal(notation_parse(packet, &read, &fault), 0);
    struct outcome outcome =
        native_judge(native, read.direction, frame, frame_build(&read, frame), NOW_NS);
    native_free(native);
    for (size_t i = 0; outcome_is_block(&outcome) && i < blocks.count; i++)
        if (blocks.list[i].number == outcome.rule)
            return blocks.list[i].name;
    assert_false(outcome_is_block(&outcome));
    return "";
}

static void what_matches_a_pattern_is_dropped(void **state)
{
    (void)state;
    add("web", "in tcp 192.0.2.0/24 > :80", NULL, BLOCK_FOREVER);
    add("dns", "both udp > :53\nboth udp :53 >", NULL, BLOCK_FOREVER);
    add("six", "in 2001:db8::/32 >", NULL, BLOCK_FOREVER);
    compile();
    assert_string_equal(blocked_by("in tcp 192.0.2.7:999 > 198.51.100.1:80"), "web");
    assert_string_equal(blocked_by("in tcp 192.0.2.7:999 > 198.51.100.1:80 ack"), "web");
    assert_string_equal(blocked_by("in tcp 192.0.2.7:999 > 198.51.100.1:81"), "");
    assert_string_equal(blocked_by("in tcp 192.0.3.7:999 > 198.51.100.1:80"), "");
    assert_string_equal(blocked_by("out tcp 192.0.2.7:999 > 198.51.100.1:80"), "");
    assert_string_equal(blocked_by("out udp 192.0.2.7:999 > 198.51.100.1:53"), "dns");
    assert_string_equal(blocked_by("in udp 192.0.2.7:53 > 198.51.100.1:999"), "dns");
    assert_string_equal(blocked_by("in icmpv6 2001:db8::1 > 2001:db8::2 echo-request"), "six");
    assert_string_equal(blocked_by("in icmpv6 2001:db9::1 > 2001:db8::2 echo-request"), "");
}

static void one_that_lasts_longer_stands_before_one_that_ends(void **state)
{
    (void)state;
    add("ended", "in udp >", NULL, NOW_NS);
    add("short", "in udp > :53", NULL, NOW_NS + 1);
    add("long", "in udp 192.0.2.1 >", NULL, BLOCK_FOREVER);
    compile();
    assert_string_equal(blocked_by("in udp 192.0.2.1:9 > 198.51.100.1:53"), "long");
    assert_string_equal(blocked_by("in udp 192.0.2.2:9 > 198.51.100.1:53"), "short");
    assert_string_equal(blocked_by("in udp 192.0.2.2:9 > 198.51.100.1:54"), "");
}

static void one_that_drops_stands_before_one_with_a_limit(void **state)
{
    (void)state;
    add("some", "in udp > :53", "5/second", BLOCK_FOREVER);
    add("all", "in udp 192.0.2.1 > :53", NULL, NOW_NS + 1);
    add("none", "in tcp > :80", "1/hour burst 1", BLOCK_FOREVER);
    compile();
    assert_string_equal(blocked_by("in udp 192.0.2.1:9 > 198.51.100.1:53"), "all");
    assert_string_equal(blocked_by("in udp 192.0.2.2:9 > 198.51.100.1:53"), "");
    assert_string_equal(blocked_by("in tcp 192.0.2.2:9 > 198.51.100.1:80"), "");
}

static void parts_of_addresses_are_asked_for(void **state)
{
    (void)state;
    add("host", "in udp > [::1/64-128]:53", NULL, BLOCK_FOREVER);
    add("site", "in 0:0:50:2000::/41-51 >", NULL, BLOCK_FOREVER);
    add("both", "in [::7:0:0:0/64-80] > ::8:0:0/80-96", NULL, BLOCK_FOREVER);
    compile();
    assert_string_equal(blocked_by("in udp [fe80::7]:9 > [2001:db8::1]:53"), "host");
    assert_string_equal(blocked_by("in udp [fe80::7]:9 > [2001:db8:1:2::1]:53"), "host");
    assert_string_equal(blocked_by("in udp [fe80::7]:9 > [2001:db8::1:0:0:1]:53"), "");
    assert_string_equal(blocked_by("in udp [fe80::7]:9 > [2001:db8::2]:53"), "");
    assert_string_equal(blocked_by("in udp 192.0.2.1:9 > 192.0.2.2:53"), "");
    /* from the middle of the third word into the fourth */
    assert_string_equal(blocked_by("in udp [2001:db8:ffd0:3fff::7]:9 > [::9]:9"), "site");
    assert_string_equal(blocked_by("in udp [2001:db8:50:2000::]:9 > [::9]:9"), "site");
    assert_string_equal(blocked_by("in udp [2001:db8:ffd0:4000::7]:9 > [::9]:9"), "");
    assert_string_equal(blocked_by("in udp [2001:db8:ffd0:1fff::7]:9 > [::9]:9"), "");
    assert_string_equal(blocked_by("in udp [2001:db8:ffd1:3fff::7]:9 > [::9]:9"), "");
    assert_string_equal(blocked_by("in gre 1::7:1:2:3 > 2::8:1:2"), "both");
    assert_string_equal(blocked_by("in gre 1::7:1:2:3 > 2::9:1:2"), "");
    assert_string_equal(blocked_by("in gre 1::8:1:2:3 > 2::8:1:2"), "");
}

static void patterns_without_ports_are_about_later_fragments_too(void **state)
{
    (void)state;
    add("host", "in udp 192.0.2.1 >", NULL, BLOCK_FOREVER);
    add("port", "in udp 192.0.2.2 > :53", NULL, BLOCK_FOREVER);
    add("first", "in udp 192.0.2.3 > fragment first", NULL, BLOCK_FOREVER);
    add("label", "in ipv6 2001:db8::5 > flow-label-low 7", NULL, BLOCK_FOREVER);
    add("later", "in udp 192.0.2.4 > fragment later", NULL, BLOCK_FOREVER);
    compile();
    assert_string_equal(blocked_by("in udp 192.0.2.1 > 198.51.100.1 fragment"), "host");
    assert_string_equal(blocked_by("in udp 192.0.2.1:9 > 198.51.100.1:53"), "host");
    assert_string_equal(blocked_by("in udp 192.0.2.2 > 198.51.100.1 fragment"), "");
    assert_string_equal(blocked_by("in udp 192.0.2.3 > 198.51.100.1 fragment"), "");
    assert_string_equal(blocked_by("in udp 192.0.2.4 > 198.51.100.1 fragment"), "later");
    /* what only one family has is no matter of the transport header */
    assert_string_equal(blocked_by("in udp 2001:db8::5 > 2001:db8::1 fragment flow-label-low 7"),
                        "label");
    assert_string_equal(blocked_by("in udp 192.0.2.4:9 > 198.51.100.1:53"), "");
}

/* As one diagram these would be as large as the product of their numbers. */
static void thousands_that_have_nothing_in_common(void **state)
{
    char name[16], pattern[96];

    (void)state;
    for (unsigned int i = 0; i < 10000; i++) {
        unsigned int a = i >> 8 & 255, b = i & 255;
        switch (i % 5) {
        case 0:
            snprintf(pattern, sizeof(pattern), "in 10.%u.%u.0/24 >", a, b);
            break;
        case 1:
            snprintf(pattern, sizeof(pattern), "in tcp > :%u", 1024 + i);
            break;
        case 2:
            snprintf(pattern, sizeof(pattern), "in udp :%u > 198.51.100.%u", 1024 + i, b);
            break;
        case 3:
            snprintf(pattern, sizeof(pattern), "in 2001:db8:%x::/48 > 2001:db8:ffff::%x", i, b);
            break;
        default:
            snprintf(pattern, sizeof(pattern), "in tcp 172.16.%u.%u > :80 length 40-60", a, b);
        }
        snprintf(name, sizeof(name), "b%u", i);
        add(name, pattern, NULL, BLOCK_FOREVER);
    }
    compile();
    assert_in_range(image->header->words, 1, BLOCK_IMAGE_WORDS);
    assert_string_equal(blocked_by("in udp 10.39.11.9:5 > 203.0.113.1:53"), "b9995");
    assert_string_equal(blocked_by("in udp 10.39.12.9:5 > 203.0.113.1:53"), "");
    assert_string_equal(blocked_by("in tcp 203.0.113.9:5 > 203.0.113.1:1025"), "b1");
    assert_string_equal(blocked_by("in tcp 203.0.113.9:5 > 203.0.113.1:1026"), "");
    assert_string_equal(blocked_by("in udp 203.0.113.9:1026 > 198.51.100.2:99"), "b2");
    assert_string_equal(blocked_by("in tcp [2001:db8:3::1]:5 > [2001:db8:ffff::3]:9"), "b3");
    assert_string_equal(blocked_by("in tcp [2001:db8:3::1]:5 > [2001:db8:ffff::4]:9"), "");
    assert_string_equal(blocked_by("in tcp 172.16.39.15:5 > 203.0.113.1:80"), "b9999");
    assert_string_equal(blocked_by("in tcp 172.16.39.15:5 > 203.0.113.1:80 length 61"), "");
}

static void an_image_holds_what_it_was_made_of(void **state)
{
    struct blocks back = {0};

    (void)state;
    add("a", "in tcp > :80 note \"x; y\"", NULL, NOW_NS);
    add("b", "in udp > :1\nin udp > :2", "5/second burst 7", BLOCK_FOREVER);
    compile();
    assert_int_equal(blocks_of_image(image->header, &back), 0);
    assert_int_equal(back.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(back.list[i].name, blocks.list[i].name);
        assert_string_equal(back.list[i].patterns, blocks.list[i].patterns);
        assert_int_equal(back.list[i].number, blocks.list[i].number);
        assert_int_equal(back.list[i].since_ns, NOW_NS);
        assert_int_equal(back.list[i].expires_ns, blocks.list[i].expires_ns);
        assert_int_equal(!back.list[i].limit, !blocks.list[i].limit);
    }
    assert_string_equal(blocks_find(&back, "b")->limit, "5/second burst 7");
    blocks_clear(&back);
}

static void refuses(const char *name, const char *pattern, const char *limit, const char *why)
{
    struct block block = block_of(name, pattern, limit);
    char text[1024] = "";

    assert_int_equal(block_check(&block, NULL, diag), -EINVAL);
    assert_true(diag_first(diag, SEVERITY_ERROR, text, sizeof(text)));
    if (!strstr(text, why))
        fail_msg("\"%s\": %s", pattern, text);
    diag_free(diag);
    diag = diag_new();
}

static void patterns_that_are_none(void **state)
{
    (void)state;
    refuses("x", "tcp > :80", NULL, "direction is missing");
    refuses("x", "in tcp > :80 log", NULL, "leave \"log\" out");
    refuses("x", "in tcp > :80 limit 5/second", NULL, "--limit");
    refuses("x", "in tcp > :80", "5/second per source then ban 5m", "then ban");
    refuses("x", "in ::1:0:0/64-80 >", NULL, "bits are set before 64 or from 80 on");
    refuses("x", "in 10.0.0.0/8-16 >", NULL, "only of IPv6");
    refuses("x", "in ::/80-80 >", NULL, "the bits from OFFSET up to LENGTH");
    refuses("x", "in ::/64-129 >", NULL, "the bits from OFFSET up to LENGTH");
    refuses("x", "in ::1, ::/64-80 >", NULL, "alone on its side");
    refuses("x", "in any but ::/64-80 >", NULL, "alone on its side");
    refuses("x", "in tcp > :80", "5/second, 6/minute", "one limit");
    refuses("x", "in tcp > :80 protect syn-cookies", NULL, "protect");
    refuses("x", "in tcp # > :80", NULL, "comments");
    refuses("x", "in tcp ; > :80", NULL, "comments");
    refuses("x", "in tcp > :80 note \"", NULL, "quotes");
    refuses("x", "in tcp\r> :80", NULL, "one line");
    refuses("x", "in friends >", NULL, "friends");
    refuses("x", "in @/etc/passwd >", NULL, "/etc/passwd");
    refuses("x y", "in tcp > :80", NULL, "name");
    refuses("", "in tcp > :80", NULL, "name");
    refuses(".x", "in tcp > :80", NULL, "name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_matches_a_pattern_is_dropped),
        TEST(one_that_lasts_longer_stands_before_one_that_ends),
        TEST(one_that_drops_stands_before_one_with_a_limit),
        TEST(parts_of_addresses_are_asked_for),
        TEST(patterns_without_ports_are_about_later_fragments_too),
        TEST(thousands_that_have_nothing_in_common),
        TEST(an_image_holds_what_it_was_made_of),
        TEST(patterns_that_are_none),
    };

    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
