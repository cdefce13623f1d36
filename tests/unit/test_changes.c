/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that two policies judge differently: sums and examples. */
#include "check.h"

#include "../../loader/replay/changes.h"

static const struct outcome by_default = {.verdict = VERDICT_DROP, .reason = REASON_DEFAULT};

static void add(struct changes *changes, u32 rule, u16 port, bool log)
{
    struct event event = {.family = FAMILY_IPV4,
                          .protocol = 6,
                          .tcp_flags = 2,
                          .source = {203, 0, 113, 7},
                          .destination = {198, 51, 100, 10},
                          .source_port = 40000,
                          .destination_port = port,
                          .frame_bytes = 60};

    event.outcome =
        (struct outcome){.kind = OUTCOME_RULE, .verdict = VERDICT_ACCEPT, .rule = rule, .log = log};
    assert_int_equal(changes_add(changes, &event, &by_default), 0);
}

static void sums_by_both_outcomes(void **state)
{
    (void)state;
    struct changes *changes = changes_new();
    struct change *list;
    size_t count;

    add(changes, 1, 22, false);
    for (u16 i = 0; i < 8; i++)
        add(changes, 2, (u16)(80 + i), i % 2);
    assert_int_equal(changes_list(changes, &list, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].packets, 8);
    assert_int_equal(list[0].bytes, 480);
    assert_int_equal(list[0].after.rule, 2);
    assert_int_equal(list[0].before.reason, REASON_DEFAULT);
    assert_int_equal(list[1].packets, 1);
    assert_int_equal(list[1].example_count, 1);
    assert_string_equal(list[1].examples[0], "in tcp 203.0.113.7:40000 > 198.51.100.10:22 syn");
    free(list);
    changes_free(changes);
}

/* Of many examples, the first, second and fourth are kept. */
static void examples_differ(void **state)
{
    (void)state;
    struct changes *changes = changes_new();
    struct change *list;
    size_t count;

    add(changes, 1, 1, false);
    add(changes, 1, 1, false);
    for (u16 i = 3; i < 40; i++)
        add(changes, 1, i, false);
    assert_int_equal(changes_list(changes, &list, &count), 0);
    assert_int_equal(list[0].example_count, CHANGE_EXAMPLES);
    assert_string_equal(list[0].examples[0], "in tcp 203.0.113.7:40000 > 198.51.100.10:1 syn");
    assert_string_equal(list[0].examples[1], "in tcp 203.0.113.7:40000 > 198.51.100.10:4 syn");
    assert_string_equal(list[0].examples[2], "in tcp 203.0.113.7:40000 > 198.51.100.10:8 syn");
    free(list);
    changes_free(changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_by_both_outcomes),
        cmocka_unit_test(examples_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
