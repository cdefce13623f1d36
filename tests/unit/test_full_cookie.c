/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cookies that carry all options: who can make one, for how long it holds, and what it says. */
#include "check.h"

#include <string.h>

#include <edgexdp/full_cookie.h>

#include "../../loader/base/memory.h"
#include "../shared/dice.h"

static u32 unknown_zero(void)
{
    return 0;
}

/* From the reference implementation: keys and messages are the bytes 0, 1, 2 and so on. */
static void hashes_as_the_reference_does(void **state)
{
    const u64 words[] = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};

    (void)state;
    assert_int_equal(siphash(words, 0, words[0], words[1]), 0x726fdb47dd0e0e31ull);
    assert_int_equal(siphash(words, 1, words[0], words[1]), 0x93f5f5799a932462ull);
    assert_int_equal(siphash(words, 2, words[0], words[1]), 0x3f2acc7f57c29bdbull);
}

#define MINUTE   FULL_COOKIE_MINUTE_NS
#define SEQUENCE 0x12345678u

static const struct full_cookie_key key = {{0x1111111111111111ull, 0x2222222222222222ull}};

static struct packet packet_of(enum family family)
{
    struct packet packet = {.family = family, .source_port = 40000, .destination_port = 443};

    memset(packet.source.bytes, 7, family == FAMILY_IPV6 ? 16 : 4);
    memset(packet.destination.bytes, 9, family == FAMILY_IPV6 ? 16 : 4);
    return packet;
}

static struct full_cookie made_for(const struct packet *packet, u64 now_ns)
{
    const struct full_cookie_terms terms = {.mss = 1460, .scale = 7, .own_scale = 10, .sack = true};
    return full_cookie_make(&key, packet, SEQUENCE, full_cookie_say(&terms), now_ns / MINUTE);
}

static const enum family families[] = {FAMILY_IPV4, FAMILY_IPV6};

static void holds_for_two_minutes_at_most(void **state)
{
    (void)state;
    for (size_t f = 0; f < ARRAY_SIZE(families); f++)
        for (u64 begin = 100 * MINUTE; begin < 102 * MINUTE; begin += MINUTE / 3) {
            struct packet packet = packet_of(families[f]);
            struct full_cookie cookie = made_for(&packet, begin);
            for (u64 age = 0; age < 10 * MINUTE; age += MINUTE / 12) {
                bool right = full_cookie_is_right(&key, &packet, SEQUENCE, &cookie, begin + age);
                assert_int_equal(right, (begin + age) / MINUTE - begin / MINUTE < 2);
            }
        }
}

static void belongs_to_one_connection(void **state)
{
    (void)state;
    for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
        const struct packet packet = packet_of(families[f]);
        const struct full_cookie cookie = made_for(&packet, MINUTE);
        const struct full_cookie_key other_key = {{key.halves[0], key.halves[1] ^ 1}};
        struct packet other = packet;

        assert_true(full_cookie_is_right(&key, &packet, SEQUENCE, &cookie, MINUTE));
        assert_false(full_cookie_is_right(&key, &packet, SEQUENCE + 1, &cookie, MINUTE));
        assert_false(full_cookie_is_right(&other_key, &packet, SEQUENCE, &cookie, MINUTE));
        for (u32 at = 0; at < (families[f] == FAMILY_IPV6 ? 16u : 4u); at++) {
            other.source.bytes[at] ^= 1;
            assert_false(full_cookie_is_right(&key, &other, SEQUENCE, &cookie, MINUTE));
            other = packet;
            other.destination.bytes[at] ^= 1;
            assert_false(full_cookie_is_right(&key, &other, SEQUENCE, &cookie, MINUTE));
            other = packet;
        }
        other.source_port++;
        assert_false(full_cookie_is_right(&key, &other, SEQUENCE, &cookie, MINUTE));
        other = packet;
        other.destination_port++;
        assert_false(full_cookie_is_right(&key, &other, SEQUENCE, &cookie, MINUTE));
    }
}

/* Nor can what it says be changed. */
static void no_bit_can_be_guessed(void **state)
{
    const struct packet packet = packet_of(FAMILY_IPV4);
    const struct full_cookie cookie = made_for(&packet, MINUTE);
    struct dice dice = {.state = 1};

    (void)state;
    for (u32 bit = 0; bit < 64; bit++) {
        struct full_cookie wrong = cookie;
        if (bit < 32)
            wrong.sequence ^= 1u << bit;
        else
            wrong.stamp ^= 1u << (bit - 32);
        assert_false(full_cookie_is_right(&key, &packet, SEQUENCE, &wrong, MINUTE));
    }
    for (u32 i = 0; i < 100000; i++) {
        struct full_cookie wrong = {(u32)dice_roll(&dice), (u32)dice_roll(&dice)};
        assert_false(full_cookie_is_right(&key, &packet, SEQUENCE, &wrong, MINUTE));
    }
}

static void says_what_was_agreed(void **state)
{
    (void)state;
    for (u32 mss = 536; mss <= 65535; mss += 7)
        for (u8 scale = 0; scale <= TCP_NO_SCALE; scale++) {
            struct full_cookie_terms terms = {
                .mss = (u16)mss, .scale = scale, .own_scale = 14, .sack = scale & 1};
            u32 said = full_cookie_say(&terms);
            struct full_cookie_terms read = full_cookie_terms(said);
            assert_int_equal(said & ~FULL_COOKIE_SAID, 0);
            assert_in_range(read.mss, 536, mss);
            assert_int_equal(read.scale, scale);
            assert_int_equal(read.own_scale, 14);
            assert_int_equal(read.sack, scale & 1);
        }
    assert_int_equal(full_cookie_mss(full_cookie_place(1460)), 1460);
    assert_int_equal(full_cookie_mss(full_cookie_place(1459)), 1440);
    assert_int_equal(full_cookie_mss(full_cookie_place(1220)), 1220);
}

struct header {
    const char *from;
    u32 length; /* of the options */
    u8 bytes[40];
    struct tcp_options options;
};

static void reads_what_systems_send(void **state)
{
    static const struct header headers[] = {
        {"Linux",
         20,
         {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7},
         {.sack = true, .scale = 7, .mss = 1460, .stamp_at = 28}},
        {"Windows",
         12,
         {2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2},
         {.sack = true, .scale = 8, .mss = 1460}},
        {"macOS",
         24,
         {2, 4, 5, 180, 1, 3, 3, 6, 1, 1, 8, 10, 9, 9, 9, 9, 0, 0, 0, 0, 4, 2, 0, 0},
         {.sack = true, .scale = 6, .mss = 1460, .stamp_at = 32}},
        {"nobody in particular", 0, {0}, {.scale = TCP_NO_SCALE}},
        {"a scale beyond what there is", 4, {3, 3, 200, 1}, {.scale = 14}},
        {"a signature", 20, {1, 1, 19, 18}, {.scale = TCP_NO_SCALE, .is_signed = true}},
        {"another signature", 16, {29, 16}, {.scale = TCP_NO_SCALE, .is_signed = true}},
        {"an option that does not end",
         8,
         {2, 4, 5, 180, 8, 10, 1, 1},
         {.scale = TCP_NO_SCALE, .mss = 1460}},
        {"an option of no size", 8, {8, 0, 2, 4, 5, 180, 1, 1}, {.scale = TCP_NO_SCALE}},
        {"an end before its time", 8, {0, 1, 2, 4, 5, 180, 1, 1}, {.scale = TCP_NO_SCALE}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        u8 bytes[64] = {0};
        struct tcp_options options;
        memcpy(bytes + TCP_HEADER_MIN, headers[i].bytes, headers[i].length);
        tcp_options_read(bytes, TCP_HEADER_MIN + headers[i].length, &options);
        if (options.is_signed != headers[i].options.is_signed ||
            options.sack != headers[i].options.sack || options.scale != headers[i].options.scale ||
            options.mss != headers[i].options.mss ||
            options.stamp_at != headers[i].options.stamp_at)
            fail_msg("%s: %d %d %u %u %u", headers[i].from, options.is_signed, options.sack,
                     options.scale, options.mss, options.stamp_at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_the_reference_does),
        cmocka_unit_test(holds_for_two_minutes_at_most),
        cmocka_unit_test(belongs_to_one_connection),
        cmocka_unit_test(no_bit_can_be_guessed),
        cmocka_unit_test(says_what_was_agreed),
        cmocka_unit_test(reads_what_systems_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
