/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../shared/court.h"
#include "../shared/dice.h"

/* Text that grows as it is written. */
struct text {
    FILE *stream;
    char *bytes;
    size_t size;
};

static void text_open(struct text *text)
{
    text->stream = open_memstream(&text->bytes, &text->size);
    assert_non_null(text->stream);
    fputs(HEAD, text->stream);
}

/* Both judges in user space must agree on PACKET. */
static void agree(struct court *court, const char *packet)
{
    struct wire wire;
    char native[SAID_BYTES];

    wire_read(packet, &wire);
    struct said said = court_brute(court, &wire, 1);
    court_native(court, &wire, 1, native);
    if (!said_matches(&said, native))
        fail_msg("%s\n    the manual says \"%s\", native_judge says \"%s\"", packet, said.text,
                 native);
}

static void describes_the_policy(void **state)
{
    static const char text[] = "[policy]\nname = edge\nmode = audit\noutbound = accept\n"
                               "[baseline]\narp = drop\nigmp = accept\n"
                               "[rule a]\ndirection = both\naction = accept\n\n"
                               "[rule b]\ndirection = out\naction = drop\nlog = yes\n";
    struct court court;

    (void)state;
    court_open(&court, text);
    const struct tables_header *header = court.image->header;
    const u32 *words = (const u32 *)header;
    const struct tables_rule *rules = (const struct tables_rule *)(words + header->rules);

    assert_int_equal((uintptr_t)header % 128, 0);
    assert_int_equal(header->magic, TABLES_MAGIC);
    assert_int_equal(header->schema, EDGEXDP_SCHEMA);
    assert_string_equal((const char *)header->name, "edge");
    assert_string_equal((const char *)(words + header->path), "court.ini");
    assert_memory_equal(header->sha256, court.policy->sha256, 32);
    assert_int_equal(header->switches.audit, 1);
    assert_int_equal(header->switches.otherwise[DIRECTION_IN], VERDICT_DROP);
    assert_int_equal(header->switches.otherwise[DIRECTION_OUT], VERDICT_ACCEPT);
    assert_int_equal(header->switches.arp, 0);
    assert_int_equal(header->switches.igmp, 1);
    assert_int_equal(header->switches.link_control, 1);
    assert_int_equal(header->rules_count, 3);
    for (u32 i = 0; i < 3; i++)
        assert_int_equal(rules[i].number, i);
    assert_int_equal(rules[1].file, 0);
    assert_int_equal(rules[1].position, 1);
    assert_int_equal(rules[1].line, 8);
    assert_int_equal(rules[2].position, 2);
    assert_int_equal(rules[2].line, 12);
    /* Only rules that accept outbound own flows. */
    assert_int_equal(header->owners_count, 3);
    assert_int_equal(words[header->owners], 0);
    assert_int_not_equal(words[header->owners + 1], 0);
    assert_int_equal(words[header->owners + 2], 0);
    court_close(&court);
}

/* Only where a rule names later fragments is there anything to ask about them. */
static void has_later_diagrams_where_rules_need_them(void **state)
{
    static const struct {
        const char *rule;
        u8 later;
    } samples[] = {
        {"accept both tcp > :22", 0},         {"accept both udp > fragment first", 0},
        {"accept both udp > fragment no", 0}, {"drop in > fragment yes", 1},
        {"drop out > fragment later", 2},     {"drop both > fragment later, no", 3},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
        CLEANUP_FREE char *text = NULL;
        struct court court;

        assert_true(asprintf(&text, HEAD "[rules]\na = %s\n", samples[i].rule) > 0);
        court_open(&court, text);
        const struct tables_header *header = court.image->header;
        assert_int_equal(header->switches.later, samples[i].later);
        for (enum direction d = DIRECTION_IN; d < DIRECTIONS; d++)
            for (int family = 0; family < 2; family++)
                assert_int_equal(!!header->later_roots[d][family], samples[i].later >> d & 1);
        court_close(&court);
    }
}

static void lists_an_entry_for_each_direction(void **state)
{
    static const char text[] = HEAD "[rule a]\ndirection = both\naction = accept\n"
                                    "[rule b]\ndirection = in\naction = drop\n"
                                    "[rule c]\ndirection = out\naction = drop\nprotocol = tcp\n";
    static const struct entry expected[] = {{0, DIRECTION_IN, true},
                                            {0, DIRECTION_OUT, true},
                                            {1, DIRECTION_IN, false},
                                            {2, DIRECTION_OUT, false}};
    struct court court;

    (void)state;
    court_open(&court, text);
    assert_int_equal(court.image->entry_count, ARRAY_SIZE(expected));
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_int_equal(court.image->entries[i].rule, expected[i].rule);
        assert_int_equal(court.image->entries[i].direction, expected[i].direction);
        assert_int_equal(court.image->entries[i].reachable, expected[i].reachable);
    }
    court_close(&court);
}

static void uses_the_numbers_given(void **state)
{
    static const char text[] = HEAD "[rule a]\ndirection = out\naction = accept\nprotocol = udp\n"
                                    "[rule b]\ndirection = in\naction = accept\nlog = yes\n";
    static const struct rule_number numbers[] = {{70, 7}, {3, 9}};
    struct image *image;
    struct court court;
    struct wire wire;

    (void)state;
    court_open(&court, text);
    assert_int_equal(image_number(court.image, court.policy, numbers, &image), 0);
    const u32 *words = (const u32 *)image->header;
    assert_int_equal(image->header->owners_count, 71);
    assert_int_equal(words[image->header->owners + 70], 7);
    assert_int_equal(words[image->header->owners + 3], 0);
    struct native *native = native_new(image->header);
    assert_non_null(native);
    wire_read("out ip4 10.0.0.1 > 10.0.0.2 | udp 1 > 2", &wire);
    struct outcome outcome = native_judge(native, DIRECTION_OUT, wire.bytes, wire.length, 1);
    assert_int_equal(outcome.kind, OUTCOME_REPLY); /* packets that b lets in may be answered */
    assert_int_equal(outcome.rule, 3);
    wire_read("in ip4 10.0.0.2 > 10.0.0.1 | tcp 1 > 2 syn", &wire);
    outcome = native_judge(native, DIRECTION_IN, wire.bytes, wire.length, 1);
    assert_int_equal(outcome.kind, OUTCOME_RULE);
    assert_int_equal(outcome.rule, 3);
    assert_int_equal(outcome.log, 1);
    native_free(native);
    image_free(image);
    court_close(&court);
}

static void unguarded_accepts_everything(void **state)
{
    static const u8 frame[3] = {0};
    struct image *image = NULL;

    (void)state;
    assert_int_equal(image_unguarded(&image), 0);
    struct native *native = native_new(image->header);
    assert_non_null(native);
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        struct outcome outcome = native_judge(native, direction, frame, sizeof(frame), 1);
        assert_int_equal(outcome.verdict, VERDICT_ACCEPT);
        assert_int_equal(outcome.kind, OUTCOME_REASON);
        assert_int_equal(outcome.reason, REASON_UNGUARDED);
    }
    native_free(native);
    image_free(image);
}

static void says_when_it_is_too_big(void **state)
{
    static const char text[] = HEAD "[sets]\nthem = 192.0.2.0/24, 10.0.0.1, 2001:db8::/32\n"
                                    "[rule a]\ndirection = in\naction = accept\nfrom = them\n";
    struct bounds bounds = BOUNDS_DEFAULT;
    struct image *image = NULL;
    struct court court;

    (void)state;
    bounds.bytes = 64 << 10;
    court_open(&court, text);
    assert_int_equal(policy_compile(court.policy, &bounds, &image, court.diag), -E2BIG);
    assert_null(image);
    char *said = printed(court.diag);
    assert_non_null(strstr(said, "the compiled tables would exceed 0 MiB"));
    assert_non_null(strstr(said, "largest set: them, 3 ranges"));
    free(said);
    court_close(&court);
}

#define NESTED 1000
#define STEP   28

/* Do port classes share a root, and therefore its first edge? */
static bool ports_are_asked_late(const struct image *image)
{
    const u32 *words = (const u32 *)image->header;
    const u32 *edges = words + image->header->roots[DIRECTION_IN][0];

    return edges[NESTED / 4] == edges[NESTED / 2];
}

/* So many nested ranges of ports that the ports are asked after the addresses. */
static void nests_ports_deeply(void **state)
{
    struct dice dice = {.state = 1};
    struct court court;
    struct text text;
    char packet[128];

    (void)state;
    text_open(&text);
    for (unsigned int i = NESTED; i > 0; i--)
        fprintf(text.stream,
                "[rule r%u]\ndirection = in\naction = %s\nprotocol = %s\nport = %u-%u\n"
                "from = 10.%u.0.0/15\n",
                i, i % 2 ? "accept" : "drop", i % 5 ? "tcp" : "udp, sctp", 30000 - i * STEP,
                30000 + i * STEP, i % 8 * 2);
    fclose(text.stream);
    court_open(&court, text.bytes);
    assert_true(ports_are_asked_late(court.image));
    for (unsigned int i = 0; i < 4000; i++) {
        unsigned int edge =
            30000 + (dice_below(&dice, 2 * NESTED) - NESTED) * STEP + dice_below(&dice, 3) - 1;
        snprintf(packet, sizeof(packet), "in ip4 10.%u.0.%u > 192.0.2.1 | %s 9 > %u",
                 dice_below(&dice, 18), dice_below(&dice, 256),
                 dice_chance(&dice, 50) ? "tcp" : "sctp", edge & 0xffff);
        agree(&court, packet);
    }
    court_close(&court);
    free(text.bytes);
}

/* A policy of the promised size, with a rule for each address and port. */
static void holds_sixteen_thousand_rules(void **state)
{
    struct dice dice = {.state = 1};
    struct court court;
    struct text text;
    char packet[128];

    (void)state;
    text_open(&text);
    for (unsigned int i = 0; i < 16000; i++)
        fprintf(text.stream,
                "[rule r%u]\ndirection = %s\naction = accept\nprotocol = tcp\nport = %u\n"
                "from = %s%x:%x\n",
                i, i % 3 ? "in" : "both", 1000 + i % 500, "2001:db8::", i % 256, i);
    fclose(text.stream);
    court_open(&court, text.bytes);
    for (unsigned int i = 0; i < 500; i++) {
        unsigned int rule = dice_below(&dice, 16000);
        snprintf(packet, sizeof(packet), "%s ip6 2001:db8::%x:%x > 2001:db8:1:: | tcp 9 > %u syn",
                 dice_chance(&dice, 50) ? "in" : "out", rule % 256,
                 rule + (dice_chance(&dice, 20) ? 1 : 0), 1000 + rule % 500);
        agree(&court, packet);
    }
    court_close(&court);
    free(text.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_the_policy),
        cmocka_unit_test(has_later_diagrams_where_rules_need_them),
        cmocka_unit_test(lists_an_entry_for_each_direction),
        cmocka_unit_test(uses_the_numbers_given),
        cmocka_unit_test(unguarded_accepts_everything),
        cmocka_unit_test(says_when_it_is_too_big),
        cmocka_unit_test(nests_ports_deeply),
        cmocka_unit_test(holds_sixteen_thousand_rules),
    };

    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
