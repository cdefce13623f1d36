/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom limits held: counts by key. */
#include "check.h"

#include "../../loader/replay/limited.h"

static struct limited *limited;

static int begin(void **state)
{
    (void)state;
    limited = limited_new(4);
    return !limited;
}

static int end(void **state)
{
    (void)state;
    limited_free(limited);
    return 0;
}

static void add(u32 rule, u8 source, u64 bytes, u64 time_ns, bool refused)
{
    struct limited_key key = {
        .address = {203, 0, 113, source}, .rule = rule, .family = FAMILY_IPV4};
    assert_int_equal(limited_add(limited, &key, bytes, time_ns, refused), 0);
}

static void assert_row(const struct limited_row *row, u32 rule, u8 source, struct limited_sums sums)
{
    assert_int_equal(row->key.rule, rule);
    assert_int_equal(row->key.address[3], source);
    assert_memory_equal(&row->sums, &sums, sizeof(sums));
}

/* What passed before somebody was first held counts as theirs. */
static void counts_all_of_theirs(void **state)
{
    (void)state;
    add(0, 7, 100, 50, false);
    add(0, 7, 200, 60, true);
    add(0, 7, 300, 40, true); /* captures need not be in order */
    add(0, 7, 400, 90, false);
    add(0, 8, 1000, 95, false);
    struct limited_sums total = limited_total(limited);
    assert_memory_equal(&total, (&(struct limited_sums){5, 2000, 2, 500, 40, 60}), sizeof(total));
    assert_int_equal(limited_keys(limited), 1);
    struct limited_row worst = limited_worst(limited);
    assert_row(&worst, 0, 7, (struct limited_sums){4, 1000, 2, 500, 40, 60});
}

static void the_most_of_each_rule_come_first(void **state)
{
    struct limited_row *rows;
    size_t count;

    (void)state;
    add(3, 1, 10, 1, true);
    add(3, 2, 10, 1, true);
    add(3, 2, 10, 2, true);
    for (u64 time = 1; time <= 5; time++)
        add(9, 1, 10, time, true);
    add(9, 4, 10, 1, true);
    assert_int_equal(limited_top(limited, 1, &rows, &count), 0);
    assert_int_equal(count, 2);
    assert_row(&rows[0], 3, 2, (struct limited_sums){2, 20, 2, 20, 1, 2});
    assert_row(&rows[1], 9, 1, (struct limited_sums){5, 50, 5, 50, 1, 5});
    free(rows);
    assert_int_equal(limited_top(limited, 0, &rows, &count), 0);
    assert_int_equal(count, 0);
    free(rows);
    assert_int_equal(limited_top(limited, 9, &rows, &count), 0);
    assert_int_equal(count, 4);
    free(rows);
    struct limited_row worst = limited_worst(limited);
    assert_row(&worst, 9, 1, (struct limited_sums){5, 50, 5, 50, 1, 5});
}

/* Many others, who were never held, displace nobody who was. */
static void remembers_who_was_held(void **state)
{
    struct limited_row worst;

    (void)state;
    add(0, 1, 10, 1, true);
    for (u8 source = 2; source < 200; source++)
        add(0, source, 10, 2, false);
    add(0, 1, 10, 3, false);
    worst = limited_worst(limited);
    assert_row(&worst, 0, 1, (struct limited_sums){2, 20, 1, 10, 1, 1});
    assert_int_equal(limited_total(limited).packets, 200);
}

static void nobody_was_held(void **state)
{
    struct limited_row *rows, worst = limited_worst(limited);
    size_t count;

    (void)state;
    assert_int_equal(worst.sums.limited_packets, 0);
    assert_int_equal(limited_top(limited, 10, &rows, &count), 0);
    assert_int_equal(count, 0);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_all_of_theirs, begin, end),
        cmocka_unit_test_setup_teardown(the_most_of_each_rule_come_first, begin, end),
        cmocka_unit_test_setup_teardown(remembers_who_was_held, begin, end),
        cmocka_unit_test_setup_teardown(nobody_was_held, begin, end)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
