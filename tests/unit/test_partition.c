/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/compile/partition.h"
#include "../shared/dice.h"

#define SETS_MAX  12
#define SPANS_MAX 6

/* Sets of spans as the compiler gets them: sorted, disjoint, not adjacent. */
struct sets {
    struct address_range spans[SETS_MAX][SPANS_MAX];
    struct span_set sets[SETS_MAX];
    size_t count;
};

static bool holds(const struct span_set *set, u128 number)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->spans[i].first <= number && number <= set->spans[i].last)
            return true;
    return false;
}

static u32 class_of(const struct partition *partition, u128 number)
{
    size_t at = 0;

    while (at + 1 < partition->segment_count && partition->segments[at + 1].first <= number)
        at++;
    return partition->segments[at].class_id;
}

static bool runs_hold(const struct class_runs *runs, u32 class_id)
{
    for (size_t i = 0; i < runs->count; i++)
        if (runs->runs[i].first <= class_id && class_id <= runs->runs[i].last)
            return true;
    return false;
}

static void make_sets(struct dice *dice, u128 base, u128 last, struct sets *sets)
{
    *sets = (struct sets){.count = dice_below(dice, SETS_MAX + 1)};
    for (size_t i = 0; i < sets->count; i++) {
        u128 at = base + dice_below(dice, 20);
        size_t count = dice_below(dice, SPANS_MAX + 1), n = 0;
        while (n < count && at <= last && at >= base) {
            u128 end = dice_chance(dice, 5) ? last : at + dice_below(dice, 30);
            end = end > last || end < at ? last : end;
            sets->spans[i][n++] = (struct address_range){at, end};
            at = end + 2 + dice_below(dice, 20);
            if (at < end || end == last)
                break;
        }
        sets->sets[i] = (struct span_set){sets->spans[i], n};
    }
}

/* Numbers are in one class exactly when the same sets hold them; tries NUMBERS numbers from BASE
 * on. */
static void check(const struct sets *sets, const struct partition *partition, u128 base,
                  u32 numbers)
{
    u64 members[512] = {0};
    bool known[512] = {false};

    assert_true(partition->class_count >= 1 && partition->class_count <= 512);
    assert_true(partition->segments[0].first == 0);
    assert_int_equal(partition->segments[0].class_id, 0);
    for (size_t i = 1; i < partition->segment_count; i++) {
        assert_true(partition->segments[i - 1].first < partition->segments[i].first);
        assert_int_not_equal(partition->segments[i - 1].class_id, partition->segments[i].class_id);
    }
    for (u32 i = 0; i < numbers; i++) {
        u32 class_id = class_of(partition, base + i);
        u64 mine = 0;
        for (size_t set = 0; set < sets->count; set++) {
            bool in = holds(&sets->sets[set], base + i);
            mine |= (u64)in << set;
            assert_int_equal(runs_hold(&partition->sets[set], class_id), in);
        }
        assert_true(class_id < partition->class_count);
        assert_true(!known[class_id] || members[class_id] == mine);
        for (u32 other = 0; other < partition->class_count; other++)
            assert_false(other != class_id && known[other] && members[other] == mine);
        known[class_id] = true;
        members[class_id] = mine;
    }
}

static void check_random(u128 base, u128 last, u32 numbers)
{
    for (u64 seed = 0; seed < 300; seed++) {
        struct dice dice = {.state = seed};
        struct partition partition;
        struct sets sets;

        make_sets(&dice, base, last, &sets);
        assert_int_equal(partition_build(sets.sets, sets.count, last, 512, &partition), 0);
        check(&sets, &partition, base, numbers);
        partition_clear(&partition);
    }
}

static void one_class_for_the_same_sets(void **state)
{
    (void)state;
    check_random(0, 255, 256);
    check_random(0, 0xffffffff, 256);
    check_random(0xffffffff - 199, 0xffffffff, 200);
    check_random(~(u128)0 - 199, ~(u128)0, 200);
    check_random(((u128)1 << 64) - 60, ~(u128)0, 300);
}

static void without_sets_there_is_one_class(void **state)
{
    static const struct span_set empty = {NULL, 0};
    struct partition partition;

    (void)state;
    assert_int_equal(partition_build(NULL, 0, 255, 1, &partition), 0);
    assert_int_equal(partition.class_count, 1);
    assert_int_equal(partition.segment_count, 1);
    partition_clear(&partition);
    assert_int_equal(partition_build(&empty, 1, 255, 1, &partition), 0);
    assert_int_equal(partition.class_count, 1);
    assert_int_equal(partition.sets[0].count, 0);
    partition_clear(&partition);
}

static void a_set_of_everything_is_one_class(void **state)
{
    static const struct address_range all = {0, ~(u128)0};
    static const struct span_set set = {&all, 1};
    struct partition partition;

    (void)state;
    assert_int_equal(partition_build(&set, 1, ~(u128)0, 1, &partition), 0);
    assert_int_equal(partition.class_count, 1);
    assert_int_equal(partition.sets[0].count, 1);
    assert_int_equal(partition.sets[0].runs[0].first, 0);
    assert_int_equal(partition.sets[0].runs[0].last, 0);
    partition_clear(&partition);
}

/* Nine sets of one number each: together with the rest there are ten classes. */
static void says_when_there_are_too_many(void **state)
{
    struct address_range spans[9];
    struct span_set sets[9];
    struct partition partition = {.class_count = 77};

    (void)state;
    for (u32 i = 0; i < 9; i++) {
        spans[i] = (struct address_range){2 * i + 1, 2 * i + 1};
        sets[i] = (struct span_set){&spans[i], 1};
    }
    assert_int_equal(partition_build(sets, 9, 255, 9, &partition), -E2BIG);
    assert_int_equal(partition.class_count, 77);
    assert_int_equal(partition_build(sets, 9, 255, 10, &partition), 0);
    assert_int_equal(partition.class_count, 10);
    partition_clear(&partition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_class_for_the_same_sets),
        cmocka_unit_test(without_sets_there_is_one_class),
        cmocka_unit_test(a_set_of_everything_is_one_class),
        cmocka_unit_test(says_when_there_are_too_many),
    };

    return cmocka_run_group_tests_name("partition", tests, NULL, NULL);
}
