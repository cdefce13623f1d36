/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/compile/overlay.h"
#include "../shared/dice.h"

#define RULES 12

static const u32 classes[TESTS] = {4, 3, 5, 2, [4 ... TESTS - 1] = 1};
static const struct budget plenty = {1000000, 1000000};

/* A rule's wishes: for each level one bit for each class that it wants; all bits set: it does not
 * ask. */
struct wish {
    u32 wants[TESTS];
};

static struct class_runs runs_of(u32 wants, u32 count, struct class_run *runs)
{
    struct class_runs list = {runs, 0};

    for (u32 class_id = 0; class_id < count; class_id++) {
        if (!(wants >> class_id & 1))
            continue;
        if (list.count && runs[list.count - 1].last + 1 == class_id)
            runs[list.count - 1].last = class_id;
        else
            runs[list.count++] = (struct class_run){class_id, class_id};
    }
    return list;
}

static u32 chain(struct overlay *overlay, const struct wish *wish, u32 rule)
{
    struct class_run runs[8];
    u32 diagram = OVERLAY_RULE | rule;

    for (u32 level = TESTS; level-- > 0;) {
        struct class_runs wants = runs_of(wish->wants[level], classes[level], runs);
        if (wish->wants[level] != (1u << classes[level]) - 1)
            assert_int_equal(overlay_where(overlay, level, &wants, diagram, &diagram), 0);
    }
    return diagram;
}

static u32 ask(const struct overlay *overlay, u32 diagram, const u32 at[TESTS])
{
    const struct overlay_node *node;

    while ((node = overlay_node(overlay, diagram))) {
        u32 run = node->count - 1;
        while (node->runs[run] > at[node->level])
            run--;
        diagram = node->runs[node->count + run];
    }
    return diagram;
}

static u32 first_wish(const struct wish *wishes, const u32 at[TESTS])
{
    for (u32 rule = 0; rule < RULES; rule++) {
        bool matches = true;
        for (u32 level = 0; level < TESTS; level++)
            matches &= wishes[rule].wants[level] >> at[level] & 1;
        if (matches)
            return OVERLAY_RULE | rule;
    }
    return NOTHING;
}

static void assert_says(const struct overlay *overlay, u32 diagram, const struct wish *wishes)
{
    u32 at[TESTS] = {0};

    for (at[0] = 0; at[0] < classes[0]; at[0]++)
        for (at[1] = 0; at[1] < classes[1]; at[1]++)
            for (at[2] = 0; at[2] < classes[2]; at[2]++)
                for (at[3] = 0; at[3] < classes[3]; at[3]++)
                    assert_int_equal(ask(overlay, diagram, at), first_wish(wishes, at));
}

/* Whatever the order in which rules are overlaid, the earliest rule wins, and the diagram is the
 * same. */
static void says_the_first_rule(void **state)
{
    struct dice dice = {.state = 7};

    (void)state;
    for (int round = 0; round < 500; round++) {
        struct budget budget = plenty;
        struct overlay *overlay = overlay_new(classes, &budget);
        struct wish wishes[RULES];
        u32 up = NOTHING, down = NOTHING, parts[RULES];

        for (u32 rule = 0; rule < RULES; rule++) {
            for (u32 level = 0; level < TESTS; level++) {
                u32 all = (1u << classes[level]) - 1;
                wishes[rule].wants[level] =
                    dice_chance(&dice, 40) ? all : dice_below(&dice, all + 1);
            }
            parts[rule] = chain(overlay, &wishes[rule], rule);
        }
        for (u32 rule = 0; rule < RULES; rule++) {
            assert_int_equal(overlay_join(overlay, up, parts[rule], &up), 0);
            assert_int_equal(overlay_join(overlay, parts[RULES - 1 - rule], down, &down), 0);
        }
        assert_says(overlay, up, wishes);
        assert_int_equal(up, down);
        overlay_free(overlay);
    }
}

static void asks_no_more_than_it_must(void **state)
{
    struct budget budget = plenty;
    struct overlay *overlay = overlay_new(classes, &budget);
    struct class_run low = {0, 1}, high = {2, 3};
    u32 first, second, both;

    (void)state;
    assert_int_equal(
        overlay_where(overlay, 0, &(struct class_runs){&low, 1}, OVERLAY_RULE | 1, &first), 0);
    assert_int_equal(
        overlay_where(overlay, 0, &(struct class_runs){&high, 1}, OVERLAY_RULE | 1, &second), 0);
    assert_int_not_equal(first, second);
    assert_int_equal(overlay_join(overlay, first, second, &both), 0);
    assert_int_equal(both, OVERLAY_RULE | 1);
    /* An earlier rule that takes everything hides the rest. */
    assert_int_equal(overlay_join(overlay, OVERLAY_RULE | 0, second, &both), 0);
    assert_int_equal(both, OVERLAY_RULE | 0);
    assert_int_equal(overlay_join(overlay, NOTHING, second, &both), 0);
    assert_int_equal(both, second);
    overlay_free(overlay);
}

static void stops_when_it_costs_too_much(void **state)
{
    static const struct budget budgets[] = {{3, 1000}, {1000, 20}};
    struct class_run some[] = {{0, 0}, {2, 2}}, others[] = {{1, 1}, {3, 3}};
    struct class_runs odd = {some, 2}, even = {others, 2};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(budgets); i++) {
        struct budget budget = budgets[i];
        struct overlay *overlay = overlay_new(classes, &budget);
        u32 a, b, both;
        u64 pieces[2] = {0, 0};

        assert_int_equal(overlay_where(overlay, 0, &odd, OVERLAY_RULE | 0, &a), 0);
        int error = overlay_where(overlay, 0, &even, OVERLAY_RULE | 1, &b);
        if (!error)
            error = overlay_join(overlay, a, b, &both);
        assert_int_equal(error, -E2BIG);
        assert_true(!budget.steps || !budget.words);
        overlay_count_pieces(overlay, pieces);
        assert_int_equal(pieces[0], 2);
        overlay_free(overlay);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_the_first_rule),
        cmocka_unit_test(asks_no_more_than_it_must),
        cmocka_unit_test(stops_when_it_costs_too_much),
    };

    return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}
