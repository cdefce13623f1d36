/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/address.h"
#include "../../loader/policy/ranges.h"

static void add(struct address_list *list, u128 first, u128 last)
{
    assert_int_equal(address_list_add(list, (struct address_range){first, last}), 0);
}

static void assert_ranges(const struct address_ranges *ranges, size_t index, u128 first, u128 last)
{
    assert_true(index < ranges->count);
    assert_true(ranges->ranges[index].first == first);
    assert_true(ranges->ranges[index].last == last);
}

static void merges(void **state)
{
    struct address_list list = {0};
    struct address_ranges ranges;

    (void)state;
    add(&list, 50, 60);
    add(&list, 10, 20);
    add(&list, 12, 13); /* nested */
    add(&list, 21, 30); /* adjacent */
    add(&list, 55, 70); /* overlapping */
    add(&list, 10, 20); /* the same */
    add(&list, 72, 72); /* adjacent but for one address */
    address_list_finish(&list, FAMILY_IPV4, &ranges);
    assert_null(list.ranges);
    assert_int_equal(ranges.count, 3);
    assert_ranges(&ranges, 0, 10, 30);
    assert_ranges(&ranges, 1, 50, 70);
    assert_ranges(&ranges, 2, 72, 72);
    free(ranges.ranges);
}

static void merges_at_the_ends(void **state)
{
    struct address_range all = address_any(FAMILY_IPV6);
    struct address_list list = {0};
    struct address_ranges ranges;

    (void)state;
    add(&list, all.last, all.last);
    add(&list, 0, 0);
    add(&list, 1, all.last - 1);
    address_list_finish(&list, FAMILY_IPV6, &ranges);
    assert_int_equal(ranges.count, 1);
    assert_ranges(&ranges, 0, 0, all.last);
    free(ranges.ranges);
    assert_true(all.last == ~(u128)0);
    assert_true(address_any(FAMILY_IPV4).last == 0xffffffffu);
}

static void keeps_nothing_of_nothing(void **state)
{
    struct address_list list = {0};
    struct address_ranges ranges = {(struct address_range *)&list, 1};
    struct number_list numbers = {0};
    struct number_ranges number_ranges;

    (void)state;
    address_list_finish(&list, FAMILY_IPV4, &ranges);
    assert_null(ranges.ranges);
    assert_int_equal(ranges.count, 0);
    number_list_finish(&numbers, &number_ranges);
    assert_int_equal(number_ranges.count, 0);
}

static u64 random_state = 1;

static u64 next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Sorts by radix, and checks that the ranges are as they must be afterwards. */
static void sorts(enum family family, size_t count)
{
    struct address_list list = {0};
    struct address_ranges ranges;

    for (size_t i = 0; i < count; i++) {
        u128 first = (u128)next_random() << 64 | next_random();

        if (family == FAMILY_IPV4)
            first &= 0xffffffffu;
        else if (i % 2) /* many share their first bytes */
            first = (u128)0x20010db8u << 96 | (u16)first;
        add(&list, first, first);
    }
    address_list_finish(&list, family, &ranges);
    assert_true(ranges.count > count / 3);
    for (size_t i = 1; i < ranges.count; i++)
        assert_true(ranges.ranges[i - 1].last + 1 < ranges.ranges[i].first);
    free(ranges.ranges);
}

static void sorts_many(void **state)
{
    (void)state;
    sorts(FAMILY_IPV4, 100000);
    sorts(FAMILY_IPV6, 100000);
    sorts(FAMILY_IPV4, 31);
    sorts(FAMILY_IPV6, 33);
}

static void merges_numbers(void **state)
{
    struct number_list list = {0};
    struct number_ranges ranges;

    (void)state;
    assert_int_equal(number_list_add(&list, (struct number_range){65535, 65535}), 0);
    assert_int_equal(number_list_add(&list, (struct number_range){80, 90}), 0);
    assert_int_equal(number_list_add(&list, (struct number_range){91, 91}), 0);
    assert_int_equal(number_list_add(&list, (struct number_range){0, 5}), 0);
    assert_int_equal(number_list_add(&list, (struct number_range){3, 65534}), 0);
    number_list_finish(&list, &ranges);
    assert_int_equal(ranges.count, 1);
    assert_int_equal(ranges.ranges[0].first, 0);
    assert_int_equal(ranges.ranges[0].last, 65535);
    free(ranges.ranges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges),
        cmocka_unit_test(merges_at_the_ends),
        cmocka_unit_test(keeps_nothing_of_nothing),
        cmocka_unit_test(sorts_many),
        cmocka_unit_test(merges_numbers),
    };

    return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
