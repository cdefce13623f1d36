/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a SYN is answered with, byte by byte, and from how many SYNs on. */
#include "check.h"

#include "../../loader/judge/native_frame.h"

#include <edgexdp/cookie.h>

#include "../../loader/base/memory.h"
#include "../../loader/compile/image.h"
#include "../shared/wire.h"

/* The world that these tests need: a clock, and a table of one line. Nothing else is asked. */
#pragma GCC diagnostic ignored "-Wunused-function"

static u64 now_ns;
static struct limit_line line;

static u64 world_limit_ns(const struct world *world)
{
    (void)world;
    return now_ns;
}

static struct limit_line *world_limit_line(struct world *world, const struct tables_limit *limit,
                                           u64 hash)
{
    (void)world;
    (void)limit;
    (void)hash;
    return &line;
}

static u32 world_search6(const struct tables *from, u64 upper, u64 lower)
{
    return tables_search6(from, upper, lower);
}

static u32 world_walk_own(const struct tables *from, u32 edge, const struct packet *packet,
                          bool spoken_of)
{
    return tables_walk_own(from, edge, packet, spoken_of);
}

static u32 world_limits_ask(struct world *world, const struct packet *packet, u32 at, bool takes)
{
    return limits_ask(world, packet, at, takes);
}

static bool world_answers(struct world *world, const struct packet *packet, u32 rule)
{
    return cookie_is_due(world, packet, cookie_protect_of(&world->tables, rule));
}

#define V4 "ip4 203.0.113.7 > 198.51.100.10 "
#define V6 "ip6 2001:db8:9::7 > 2001:db8::10 "

/* With room for 20 bytes of options. */
static const struct frame_sent {
    const char *text;
    u32 network, transport;
} frames[] = {
    {"in " V4 "| tcp 1234 > 80 syn doff 10 | data 20", 14, 34},
    {"in vlan | " V4 "| tcp 1234 > 80 syn doff 10 | data 20", 18, 38},
    {"in qinq | vlan | " V4 "| tcp 1234 > 80 syn ece cwr doff 10 | data 21", 22, 42},
    {"in " V4 "options 01010101 | tcp 1234 > 80 syn doff 10 | data 20", 14, 38},
    {"in " V6 "| tcp 1234 > 80 syn doff 10 | data 20", 14, 54},
    {"in vlan | " V6 "| tcp 1234 > 80 syn psh doff 10 | data 300", 18, 58},
    {"in " V6 "| dst | tcp 1234 > 80 syn doff 10 | data 20", 14, 62},
};

#define COOKIE 0xfffefdfcu

static const struct kind {
    struct cookie_answer answer;
    u32 bytes; /* of its options */
    u8 options[20];
} kinds[] = {
    {{COOKIE, .mss = 1460}, 4, {2, 4, 0x05, 0xb4}},
    {{COOKIE, .mss = 65535}, 4, {2, 4, 0xff, 0xff}},
    {{COOKIE, .mss = 1440, .is_full = true, .stamp = 0x01020304,
      .terms = {.scale = 7, .own_scale = 14, .sack = true}},
     20,
     {2, 4, 0x05, 0xa0, 4, 2, 8, 10, 1, 2, 3, 4, 0xca, 0xfe, 0xba, 0xbe, 1, 3, 3, 14}},
    {{COOKIE, .mss = 536, .is_full = true, .stamp = 0xffffffff,
      .terms = {.scale = 0, .own_scale = 0}},
     20,
     {2, 4, 0x02, 0x18, 1, 1, 8, 10, 255, 255, 255, 255, 0xca, 0xfe, 0xba, 0xbe, 1, 3, 3, 0}},
    {{COOKIE, .mss = 1460, .is_full = true, .stamp = 1,
      .terms = {.scale = TCP_NO_SCALE, .own_scale = 9, .sack = true}},
     16,
     {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0xca, 0xfe, 0xba, 0xbe}},
};

static u32 number(const u8 *at, u32 bytes)
{
    u32 value = 0;

    for (u32 i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* Adds what RFC 1071 sums up; a sum that holds its own checksum is 0xffff. */
static u32 sum_up(u32 sum, const u8 *at, u32 bytes)
{
    for (u32 i = 0; i < bytes; i += 2)
        sum += (u32)at[i] << 8 | (i + 1 < bytes ? at[i + 1] : 0);
    return (sum & 0xffff) + (sum >> 16);
}

static struct frame frame_of(const struct wire *wire)
{
    return (struct frame){
        .data = wire->bytes, .end = wire->bytes + wire->length, .length = (u32)wire->length};
}

/* The frame that answers WIRE by ANSWER, as the packet path puts it together. */
static u32 answer_to(const struct wire *wire, const struct cookie_answer *answer, u8 *bytes)
{
    struct frame frame = {
        .data = wire->bytes, .end = wire->bytes + wire->length, .length = (u32)wire->length};
    struct refusal_packet made = {0};
    struct packet packet = {0};
    struct tcphdr tcp;

    assert_int_equal(parse_frame(&frame, &packet), PARSED);
    assert_true(frame_copy(&frame, packet.transport, sizeof(tcp), &tcp));
    cookie_make(&packet, &tcp, refuse_find_network(&frame), frame.length, answer, &made);
    memcpy(bytes, wire->bytes, made.kept);
    memcpy(bytes + made.network, made.bytes, made.length);
    assert_int_equal(made.inserted, 0);
    return made.kept;
}

/* Returns the length of the TCP header behind. */
static u32 check_ip(const u8 *ip, const u8 *asked, bool six)
{
    static const u8 head4[] = {0x45, 0}, rest4[] = {0, 0, 0x40, 0, 64, 6};
    static const u8 head6[] = {0x60, 0, 0, 0}, rest6[] = {6, 64};
    u32 size = six ? 16 : 4, at = six ? 8 : 12;

    assert_memory_equal(ip, six ? head6 : head4, six ? sizeof(head6) : sizeof(head4));
    assert_memory_equal(ip + (six ? 6 : 4), six ? rest6 : rest4,
                        six ? sizeof(rest6) : sizeof(rest4));
    assert_memory_equal(ip + at, asked + at + size, size);
    assert_memory_equal(ip + at + size, asked + at, size);
    if (six)
        return number(ip + 4, 2);
    assert_int_equal(sum_up(sum_up(0, ip, 20), NULL, 0), 0xffff);
    return number(ip + 2, 2) - 20;
}

static void check_tcp(const u8 *ip, u32 length, bool six, const u8 *asked, const u8 *options,
                      u32 options_bytes)
{
    const u8 *tcp = ip + (six ? 40 : 20);
    u32 sum = sum_up(6 + length, ip + (six ? 8 : 12), six ? 32 : 8);

    assert_int_equal(length, 20 + options_bytes);
    assert_int_equal(number(tcp, 2), number(asked + 2, 2));
    assert_int_equal(number(tcp + 2, 2), number(asked, 2));
    assert_int_equal(number(tcp + 4, 4), COOKIE);
    assert_int_equal(number(tcp + 8, 4), number(asked + 4, 4) + 1);
    assert_int_equal(number(tcp + 12, 2), length / 4 << 12 | 0x12);
    assert_int_equal(number(tcp + 14, 2), 64240);
    assert_int_equal(number(tcp + 18, 2), 0);
    assert_memory_equal(tcp + 20, options, options_bytes);
    assert_int_equal(sum_up(sum_up(sum, tcp, length), NULL, 0), 0xffff);
}

static void check_answer(const struct frame_sent *sent, const struct wire *wire,
                         const struct cookie_answer *answer, const u8 *options, u32 options_bytes)
{
    u8 bytes[600];
    bool six = wire->bytes[sent->network] >> 4 == 6;
    u32 length = answer_to(wire, answer, bytes);
    const u8 *ip = bytes + sent->network;
    u32 tcp = check_ip(ip, wire->bytes + sent->network, six);

    check_tcp(ip, tcp, six, wire->bytes + sent->transport, options, options_bytes);
    assert_memory_equal(bytes, wire->bytes, sent->network); /* tags are kept */
    assert_in_range(length, sent->network + (six ? 40 : 20) + tcp, wire->length);
}

static void answers_byte_by_byte(void **state)
{
    static const u32 sequences[] = {0, 1, 0x7fffffff, 0xffffffff, 0xffff0000};
    struct wire wire;

    (void)state;
    for (size_t f = 0; f < ARRAY_SIZE(frames); f++)
        for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
            for (size_t s = 0; s < ARRAY_SIZE(sequences); s++) {
                struct cookie_answer answer = kinds[k].answer;
                u32 sequence_be = to_be32(sequences[s]);

                answer.echoed_be = to_be32(0xcafebabe);
                wire_read(frames[f].text, &wire);
                memcpy(wire.bytes + frames[f].transport + 4, &sequence_be, 4);
                check_answer(&frames[f], &wire, &answer, kinds[k].options, kinds[k].bytes);
            }
}

/* A frame is not made longer: where the option does not fit, it is left out. */
static void leaves_out_what_has_no_room(void **state)
{
    static const struct frame_sent small[] = {
        {"in " V4 "| tcp 1234 > 80 syn", 14, 34},
        {"in " V6 "| tcp 1234 > 80 syn", 14, 54},
        {"in vlan | " V4 "| tcp 1234 > 80 syn | data 3", 18, 38},
    };
    static const struct frame_sent enough = {"in " V6 "| tcp 1234 > 80 syn | data 4", 14, 54};
    struct wire wire;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
        wire_read(small[i].text, &wire);
        check_answer(&small[i], &wire, &kinds[0].answer, NULL, 0);
    }
    wire_read(enough.text, &wire);
    check_answer(&enough, &wire, &kinds[0].answer, kinds[0].options, 4);
}

static void says_what_the_mtu_has_room_for(void **state)
{
    (void)state;
    assert_int_equal(cookie_mss(1500, false, 0), 1460);
    assert_int_equal(cookie_mss(1500, true, 0), 1440);
    assert_int_equal(cookie_mss(1500, true, 1000), 1000);
    assert_int_equal(cookie_mss(0, false, 0), 536);
    assert_int_equal(cookie_mss(576, false, 0), 536);
    assert_int_equal(cookie_mss(577, false, 0), 537);
    assert_int_equal(cookie_mss(1280, true, 0), 1220);
    assert_int_equal(cookie_mss(~0u, false, 0), 65495);
}

struct siege {
    struct diag *diag;
    struct policy *policy;
    struct image *image;
    struct world world;
    struct packet syn;
};

static void siege_begin(struct siege *siege, const char *over)
{
    char text[200];
    struct wire wire;

    snprintf(text, sizeof(text),
             HEAD "[rules]\nweb = accept in tcp > :80  protect syn-cookies over %s\n", over);
    siege->diag = diag_new();
    siege->policy = good_policy(text, siege->diag);
    assert_int_equal(policy_compile(siege->policy, &BOUNDS_DEFAULT, &siege->image, siege->diag), 0);
    const struct tables_header *header = siege->image->header;
    siege->world = (struct world){{.header = header, .words = (const u32 *)(const void *)header},
                                  .packets = 1};
    wire_read(frames[0].text, &wire);
    struct frame frame = frame_of(&wire);
    siege->syn = (struct packet){0};
    assert_int_equal(parse_frame(&frame, &siege->syn), PARSED);
    now_ns = 1000 * SECOND_NS;
    line = (struct limit_line){0};
}

static void siege_end(struct siege *siege)
{
    image_free(siege->image);
    policy_free(siege->policy);
    diag_free(siege->diag);
}

/* RATE SYNs a second, evenly, for so many SECONDS: how many are answered by a cookie? */
static u32 siege_go_on(struct siege *siege, u32 rate, u32 seconds)
{
    u32 answered = 0;

    for (u32 i = 0; i < rate * seconds; i++) {
        answered += world_answers(&siege->world, &siege->syn, 0);
        now_ns += SECOND_NS / rate;
    }
    return answered;
}

/* Cookies come while there are more SYNs than that, not a part of them, and end soon after. */
static void over_a_rate_all_are_answered(void **state)
{
    struct siege siege;

    (void)state;
    siege_begin(&siege, "100/second");
    assert_int_equal(siege_go_on(&siege, 99, 600), 0);
    assert_in_range(siege_go_on(&siege, 200, 2), 190, 300); /* a second's worth is let in first */
    assert_int_equal(siege_go_on(&siege, 200, 60), 200 * 60);
    assert_int_equal(siege_go_on(&siege, 50000, 20), 50000 * 20);
    assert_in_range(siege_go_on(&siege, 110, 60), 110 * 60 - 10, 110 * 60);
    assert_in_range(siege_go_on(&siege, 50, 2), 0, 60); /* until the burst has room again */
    assert_int_equal(siege_go_on(&siege, 90, 600), 0);
    now_ns += 3600 * SECOND_NS;
    assert_int_equal(siege_go_on(&siege, 100, 1), 0);
    siege_end(&siege);
}

/* To ask what would become of a SYN changes nothing. */
static void asking_charges_nothing(void **state)
{
    struct siege siege;

    (void)state;
    siege_begin(&siege, "1/hour");
    siege.world.packets = 0;
    assert_int_equal(siege_go_on(&siege, 1000, 1), 0);
    siege.world.packets = 1;
    assert_int_equal(siege_go_on(&siege, 1000, 1), 1000 - 5); /* the least burst */
    siege_end(&siege);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_byte_by_byte),
        cmocka_unit_test(leaves_out_what_has_no_room),
        cmocka_unit_test(says_what_the_mtu_has_room_for),
        cmocka_unit_test(over_a_rate_all_are_answered),
        cmocka_unit_test(asking_charges_nothing),
    };

    return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
