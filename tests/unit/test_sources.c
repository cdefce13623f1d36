// SPDX-License-Identifier: GPL-2.0-or-later
/* Who sends most, by samples: in which of the tables, how much, and for how long it is remembered.
 */
#include "check.h"

#include "../../loader/exporter/sources.h"

#define BEGIN (5 * SECOND_NS)

static const struct outcome accepted = {.kind = OUTCOME_RULE, .verdict = VERDICT_ACCEPT, .rule = 3};
static const struct outcome dropped = {.kind = OUTCOME_REASON, .reason = REASON_DEFAULT};
static const struct outcome banned = {.kind = OUTCOME_REASON, .reason = REASON_BANNED};

static struct packet_sample sample(u8 source, struct outcome outcome, u32 stands_for)
{
    return (struct packet_sample){.stands_for = stands_for,
                                  .outcome = outcome,
                                  .frame_bytes = 100,
                                  .segments = 1,
                                  .family = FAMILY_IPV4,
                                  .protocol = 17,
                                  .destination_port = source,
                                  .source = {192, 0, 2, source},
                                  .destination = {198, 51, 100, source}};
}

static void add(struct sources *sources, u8 source, struct outcome outcome, u32 stands_for)
{
    struct packet_sample one = sample(source, outcome, stands_for);
    sources_add(sources, &one, BEGIN);
}

static struct sources begun(void)
{
    struct sources sources;

    assert_int_equal(sources_init(&sources, 1, BEGIN), 0);
    return sources;
}

/* Each kind by itself, the most packets first, with what was sampled last. */
static void test_kinds(void **state)
{
    struct sources sources = begun();
    struct source_row rows[SOURCES_SHOWN];

    (void)state;
    add(&sources, 1, accepted, 4);
    add(&sources, 2, accepted, 64);
    add(&sources, 1, dropped, 1);
    add(&sources, 3, banned, 1000);
    struct packet_sample last = sample(1, accepted, 100);
    last.destination_port = 53;
    last.segments = 3;
    sources_add(&sources, &last, BEGIN + 7);
    assert_int_equal(sources_most(&sources, SOURCES_ACCEPTED, rows), 2);
    assert_int_equal(rows[0].address[3], 1);
    assert_int_equal(rows[0].packets, 304);
    assert_int_equal(rows[0].bytes, 10400);
    assert_int_equal(rows[0].last.sample.destination_port, 53);
    assert_int_equal(rows[0].last.time_ns, BEGIN + 7);
    assert_int_equal(rows[1].packets, 64);
    assert_int_equal(sources_most(&sources, SOURCES_DROPPED, rows), 1);
    assert_int_equal(rows[0].packets, 1);
    assert_int_equal(sources_most(&sources, SOURCES_BANNED, rows), 1);
    assert_int_equal(rows[0].address[3], 3);
    assert_true(sources.packets[SOURCES_ACCEPTED] == 368);
    sources_clear(&sources);
}

/* This host is no source that it accepts; but it is one that it drops, and those that are banned
 * are told by their own address in either direction. What is no IP packet has no source. */
static void test_directions(void **state)
{
    struct sources sources = begun();
    struct source_row rows[SOURCES_SHOWN];

    (void)state;
    struct packet_sample out[] = {sample(1, accepted, 1), sample(1, dropped, 1),
                                  sample(1, banned, 1)};
    for (size_t i = 0; i < 3; i++) {
        out[i].direction = DIRECTION_OUT;
        sources_add(&sources, &out[i], BEGIN);
    }
    assert_int_equal(sources_most(&sources, SOURCES_ACCEPTED, rows), 0);
    assert_int_equal(sources_most(&sources, SOURCES_DROPPED, rows), 1);
    assert_int_equal(rows[0].address[0], 192);
    assert_int_equal(sources_most(&sources, SOURCES_BANNED, rows), 1);
    assert_int_equal(rows[0].address[0], 198);
    out[0] = sample(9, dropped, 5);
    out[0].family = FAMILY_NONE;
    sources_add(&sources, &out[0], BEGIN);
    assert_int_equal(sources_most(&sources, SOURCES_DROPPED, rows), 1);
    assert_true(sources.packets[SOURCES_DROPPED] == 6);
    sources_clear(&sources);
}

/* What is older counts for half, then for a quarter, and at last not at all; rates stay the same.
 */
static void test_age(void **state)
{
    struct sources sources = begun();
    struct source_row rows[SOURCES_SHOWN];

    (void)state;
    add(&sources, 1, dropped, 1200);
    add(&sources, 2, dropped, 1);
    sources_age(&sources, BEGIN + 119 * SECOND_NS);
    assert_int_equal(sources_most(&sources, SOURCES_DROPPED, rows), 2);
    assert_int_equal(rows[0].packets, 1200);
    sources_age(&sources, BEGIN + 120 * SECOND_NS);
    sources_age(&sources, BEGIN + 121 * SECOND_NS);
    assert_int_equal(sources.since_ns, BEGIN + 60 * SECOND_NS);
    assert_int_equal(sources_most(&sources, SOURCES_DROPPED, rows), 2);
    assert_int_equal(rows[0].packets, 600);
    assert_int_equal(rows[0].bytes, 60000);
    sources_age(&sources, BEGIN + 180 * SECOND_NS);
    assert_int_equal(sources_most(&sources, SOURCES_DROPPED, rows), 1);
    sources_restart(&sources, BEGIN + 200 * SECOND_NS);
    assert_int_equal(sources_most(&sources, SOURCES_DROPPED, rows), 0);
    assert_int_equal(sources.since_ns, BEGIN + 200 * SECOND_NS);
    sources_clear(&sources);
}

/* A flood of forged sources hides nobody who sends more than a 512th of it, and claims nothing that
 * may not be true. */
static void test_flood(void **state)
{
    struct sources sources = begun();
    struct source_row rows[SOURCES_SHOWN];

    (void)state;
    for (u32 i = 0; i < 200000; i++) {
        struct packet_sample forged = sample(0, dropped, 1);
        memcpy(forged.source, &i, sizeof(i));
        forged.source[3] = 10;
        if (i % 100 == 0)
            forged = sample(7, dropped, 1);
        sources_add(&sources, &forged, BEGIN);
    }
    assert_int_equal(sources_most(&sources, SOURCES_DROPPED, rows), SOURCES_SHOWN);
    assert_int_equal(rows[0].address[3], 7);
    assert_in_range(rows[0].packets, 1900, 2000);
    assert_in_range(rows[1].packets, 1, 2);
    sources_clear(&sources);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds),
                                       cmocka_unit_test(test_directions),
                                       cmocka_unit_test(test_age), cmocka_unit_test(test_flood)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
