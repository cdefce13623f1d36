/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The most frequent dropped packets, and how packets are counted there. */
#include "check.h"

#include "../../loader/replay/replay.h"

static void add(struct tally *tally, u8 last, u64 bytes, int times)
{
    struct tally_key key = {.family = FAMILY_IPV4, .address = {203, 0, 113, last}};
    while (times--)
        assert_int_equal(tally_add(tally, &key, bytes), 0);
}

static void the_most_come_first(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    struct tally_row *rows;
    size_t count;

    add(tally, 5, 100, 2);
    add(tally, 9, 10, 7);
    add(tally, 3, 200, 2);
    add(tally, 4, 1000, 1);
    assert_int_equal(tally_top(tally, 3, &rows, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].key.address[3], 9);
    assert_int_equal(rows[0].packets, 7);
    assert_int_equal(rows[0].bytes, 70);
    assert_int_equal(rows[1].key.address[3], 3);
    assert_int_equal(rows[2].key.address[3], 5);
    free(rows);
    assert_int_equal(tally_top(tally, 10, &rows, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(rows[3].key.address[3], 4);
    free(rows);
    tally_free(tally);
}

static void nothing_has_no_top(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    struct tally_row *rows;
    size_t count = 7;

    assert_int_equal(tally_top(tally, 10, &rows, &count), 0);
    assert_int_equal(count, 0);
    free(rows);
    tally_free(tally);
}

static void assert_target(struct event event, const char *expected)
{
    struct tally_key key;
    char text[TARGET_TEXT_BYTES];

    event.outcome.reason = REASON_DEFAULT;
    assert_true(tally_target(&event, &key));
    assert_string_equal(replay_target(&key, text), expected);
}

static void targets_by_protocol(void **state)
{
    (void)state;
    assert_target((struct event){.family = FAMILY_IPV4, .protocol = 6, .destination_port = 22},
                  "tcp 22");
    assert_target((struct event){.family = FAMILY_IPV6, .protocol = 132, .destination_port = 0},
                  "sctp 0");
    assert_target((struct event){.family = FAMILY_IPV4, .protocol = 17, .fragment = FRAGMENT_LATER},
                  "udp later fragment");
    assert_target((struct event){.family = FAMILY_IPV4, .protocol = 1, .destination_port = 8 << 8},
                  "icmp echo-request");
    assert_target(
        (struct event){.family = FAMILY_IPV6, .protocol = 58, .destination_port = 200 << 8 | 3},
        "icmpv6 200");
    assert_target((struct event){.family = FAMILY_IPV4, .protocol = 47, .destination_port = 9},
                  "gre");
    assert_target((struct event){.family = FAMILY_IPV4, .protocol = 200}, "200");
}

/* Ports of both families are counted together. */
static void families_are_one_target(void **state)
{
    (void)state;
    struct event event = {.family = FAMILY_IPV4, .protocol = 6, .destination_port = 22};
    struct tally_key four, six, source;

    event.outcome.reason = REASON_DEFAULT;
    assert_true(tally_target(&event, &four));
    event.family = FAMILY_IPV6;
    event.source[15] = 1;
    assert_true(tally_target(&event, &six));
    assert_memory_equal(&four, &six, sizeof(four));
    assert_true(tally_source(&event, &source));
    assert_int_equal(source.address[15], 1);
    event.direction = DIRECTION_OUT;
    assert_true(tally_target(&event, &six));
    assert_memory_not_equal(&four, &six, sizeof(four));
}

static void what_was_not_read_went_nowhere(void **state)
{
    (void)state;
    struct event event = {.family = FAMILY_IPV4, .protocol = 6};
    struct tally_key key;

    event.outcome.reason = REASON_MALFORMED;
    assert_false(tally_target(&event, &key));
    assert_true(tally_source(&event, &key));
    event.outcome.kind = OUTCOME_RULE;
    assert_true(tally_target(&event, &key));
    event.family = FAMILY_NONE;
    assert_false(tally_target(&event, &key));
    assert_false(tally_source(&event, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_come_first),
        cmocka_unit_test(nothing_has_no_top),
        cmocka_unit_test(targets_by_protocol),
        cmocka_unit_test(families_are_one_target),
        cmocka_unit_test(what_was_not_read_went_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
