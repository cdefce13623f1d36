/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/compile/numbers.h"

#define CAPACITY 8

/* A policy and the numbers that its rules get in a table. */
struct numbering {
    struct diag *diag;
    struct policy *policy;
    struct entry *entries;
    size_t count;
    u32 next_identity;
    struct rule_number numbers[CAPACITY + 1];
    bool fresh[CAPACITY + 1];
};

static int number_by(const char *text, const struct rule_entry *table, const bool *in_force,
                     size_t capacity, struct numbering *numbering)
{
    *numbering = (struct numbering){.diag = diag_new(), .next_identity = 100};
    numbering->policy = good_policy(text, numbering->diag);
    assert_int_equal(policy_entries(numbering->policy, &numbering->entries, &numbering->count), 0);
    assert_true(numbering->count <= CAPACITY + 1);
    struct numbered numbered = {table, in_force, capacity};
    return numbers_assign(numbering->policy, numbering->entries, numbering->count, &numbered,
                          &numbering->next_identity, numbering->numbers, numbering->fresh);
}

/* All entries of the table are in force. */
static int number(const char *text, const struct rule_entry *table, size_t capacity,
                  struct numbering *numbering)
{
    bool in_force[CAPACITY];
    memset(in_force, 1, sizeof(in_force));
    return number_by(text, table, in_force, capacity, numbering);
}

static void numbering_clear(struct numbering *numbering)
{
    free(numbering->entries);
    policy_free(numbering->policy);
    diag_free(numbering->diag);
}

static void assert_number(const struct numbering *numbering, size_t i, u32 expected, u32 identity,
                          bool fresh)
{
    assert_int_equal(numbering->numbers[i].number, expected);
    assert_int_equal(numbering->numbers[i].identity, identity);
    assert_int_equal(numbering->fresh[i], fresh);
}

#define RULE(name, direction, action)                                                              \
    "[rule " name "]\ndirection = " direction "\naction = " action "\n"

static void numbers_an_empty_table_in_order(void **state)
{
    static const struct rule_entry table[CAPACITY];
    struct numbering numbering;

    (void)state;
    assert_int_equal(number(HEAD RULE("a", "both", "accept") RULE("b", "in", "drop"), table,
                            CAPACITY, &numbering),
                     0);
    assert_int_equal(numbering.count, 3);
    for (u32 i = 0; i < 3; i++)
        assert_number(&numbering, i, i, 100 + i, true);
    assert_int_equal(numbering.next_identity, 103);
    numbering_clear(&numbering);
}

/* A name keeps its number when the order of the file or other rules change. */
static void keeps_what_is_known_by_name_direction_and_action(void **state)
{
    static const struct rule_entry table[CAPACITY] = {
        [0] = {"gone", DIRECTION_IN, VERDICT_ACCEPT, 1, 1, 1, 0, {0}},
        [2] = {"a", DIRECTION_IN, VERDICT_ACCEPT, 12, 1, 1, 0, {0}},
        [5] = {"a", DIRECTION_OUT, VERDICT_ACCEPT, 15, 1, 1, 0, {0}},
        [6] = {"b", DIRECTION_IN, VERDICT_DROP, 16, 1, 1, 0, {0}},
    };
    struct numbering numbering;

    (void)state;
    assert_int_equal(number(HEAD RULE("new", "in", "drop") RULE("b", "in", "drop")
                                RULE("a", "both", "accept"),
                            table, CAPACITY, &numbering),
                     0);
    assert_number(&numbering, 0, 1, 100, true);
    assert_number(&numbering, 1, 6, 16, false);
    assert_number(&numbering, 2, 2, 12, false);
    assert_number(&numbering, 3, 5, 15, false);
    assert_int_equal(numbering.next_identity, 101);
    numbering_clear(&numbering);
}

static void starts_anew_when_direction_or_action_change(void **state)
{
    static const struct rule_entry table[CAPACITY] = {
        [0] = {"a", DIRECTION_IN, VERDICT_ACCEPT, 10, 1, 1, 0, {0}},
        [1] = {"b", DIRECTION_IN, VERDICT_ACCEPT, 11, 1, 1, 0, {0}},
        [2] = {"c", DIRECTION_IN, VERDICT_ACCEPT, 12, 1, 1, 0, {0}},
    };
    struct numbering numbering;

    (void)state;
    assert_int_equal(number(HEAD RULE("a", "out", "accept") RULE("b", "in", "drop")
                                RULE("C", "in", "accept"),
                            table, CAPACITY, &numbering),
                     0);
    assert_number(&numbering, 0, 3, 100, true);
    assert_number(&numbering, 1, 4, 101, true);
    assert_number(&numbering, 2, 5, 102, true);
    numbering_clear(&numbering);
}

/* A name keeps the number that it had in the previous policy only if the policy in force has not
 * changed it. */
static void starts_anew_when_it_changed_and_came_back(void **state)
{
    static const struct rule_entry table[CAPACITY] = {
        [0] = {"changed", DIRECTION_IN, VERDICT_ACCEPT, 10, 1, 1, 0, {0}},
        [1] = {"changed", DIRECTION_IN, VERDICT_DROP, 11, 1, 1, 0, {0}},
        [2] = {"away", DIRECTION_IN, VERDICT_ACCEPT, 12, 1, 1, 0, {0}},
    };
    static const bool in_force[CAPACITY] = {[1] = true};
    struct numbering numbering;

    (void)state;
    assert_int_equal(number_by(HEAD RULE("changed", "in", "accept") RULE("away", "in", "accept"),
                               table, in_force, CAPACITY, &numbering),
                     0);
    assert_number(&numbering, 0, 3, 100, true);
    assert_number(&numbering, 1, 2, 12, false);
    numbering_clear(&numbering);
}

/* To reject is another action than to drop; what the sender is told is not. */
static void starts_anew_when_it_rejects_or_no_longer_does(void **state)
{
    static const struct rule_entry table[CAPACITY] = {
        [0] = {"drops", DIRECTION_IN, VERDICT_DROP, 10, 1, 1, REFUSAL_NONE, {0}},
        [1] = {"rejects", DIRECTION_IN, VERDICT_DROP, 11, 1, 1, REFUSAL_DEFAULT, {0}},
        [2] = {"tells", DIRECTION_IN, VERDICT_DROP, 12, 1, 1, REFUSAL_DEFAULT, {0}},
    };
    struct numbering numbering;

    (void)state;
    assert_int_equal(number(HEAD RULE("drops", "in", "reject") RULE("rejects", "in", "drop")
                                RULE("tells", "in", "reject with port-unreachable"),
                            table, CAPACITY, &numbering),
                     0);
    assert_number(&numbering, 0, 3, 100, true);
    assert_number(&numbering, 1, 4, 101, true);
    assert_number(&numbering, 2, 2, 12, false);
    numbering_clear(&numbering);
}

static void says_when_there_is_no_room(void **state)
{
    static const struct rule_entry table[2] = {
        [0] = {"a", DIRECTION_IN, VERDICT_ACCEPT, 10, 1, 1, 0, {0}},
    };
    struct numbering numbering;

    (void)state;
    assert_int_equal(
        number(HEAD RULE("a", "in", "accept") RULE("b", "both", "drop"), table, 2, &numbering),
        -ENOSPC);
    assert_int_equal(numbering.next_identity, 100);
    numbering_clear(&numbering);
    assert_int_equal(
        number(HEAD RULE("a", "in", "accept") RULE("b", "out", "drop"), table, 2, &numbering), 0);
    assert_number(&numbering, 1, 1, 100, true);
    numbering_clear(&numbering);
}

static void says_what_a_number_stands_for(void **state)
{
    static const struct rule_entry table[CAPACITY];
    struct numbering numbering;

    (void)state;
    assert_int_equal(number(HEAD RULE("a", "in", "drop") RULE("b", "both", "accept"), table,
                            CAPACITY, &numbering),
                     0);
    struct rule_entry entry = numbers_entry(numbering.policy, &numbering.entries[2], 77, 5);
    assert_string_equal(entry.name, "b");
    assert_int_equal(entry.direction, DIRECTION_OUT);
    assert_int_equal(entry.action, VERDICT_ACCEPT);
    assert_int_equal(entry.identity, 77);
    assert_int_equal(entry.position, 2);
    assert_int_equal(entry.line, 6);
    assert_int_equal(entry.since_ns, 5);
    numbering_clear(&numbering);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_an_empty_table_in_order),
        cmocka_unit_test(keeps_what_is_known_by_name_direction_and_action),
        cmocka_unit_test(starts_anew_when_direction_or_action_change),
        cmocka_unit_test(starts_anew_when_it_changed_and_came_back),
        cmocka_unit_test(starts_anew_when_it_rejects_or_no_longer_does),
        cmocka_unit_test(says_when_there_is_no_room),
        cmocka_unit_test(says_what_a_number_stands_for),
    };

    return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
