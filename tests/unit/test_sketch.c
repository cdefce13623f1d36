/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys with the most packets: exact while they are few, and never too much afterwards. */
#include "check.h"

#include "../../loader/top/sketch.h"

#include "../shared/dice.h"

#define CAPACITY 64

static struct sketch_key key_of(u32 number)
{
    return (struct sketch_key){.number = number};
}

static void add(struct sketch *sketch, u32 number, double packets)
{
    struct sketch_key key = key_of(number);
    struct figures figures = {.packets = packets, .bytes = packets * 100};

    sketch_add(sketch, &key, &figures, number & 0xff);
}

static const struct sketch_entry *find(struct sketch *sketch, u32 number)
{
    const struct sketch_entry *const *entries;
    size_t count = sketch_sorted(sketch, &entries);

    for (size_t i = 0; i < count; i++)
        if (entries[i]->key.number == number)
            return entries[i];
    return NULL;
}

static void few_are_exact(void **state)
{
    struct sketch *sketch = sketch_new(CAPACITY, 1);
    const struct sketch_entry *const *entries;

    (void)state;
    for (u32 turn = 0; turn < 10; turn++)
        for (u32 number = 0; number < CAPACITY; number++)
            add(sketch, number, number + 1);
    assert_int_equal(sketch_sorted(sketch, &entries), CAPACITY);
    for (u32 place = 0; place < CAPACITY; place++) {
        u32 number = CAPACITY - 1 - place;
        assert_int_equal(entries[place]->key.number, number);
        assert_true(entries[place]->figures.packets == 10 * (number + 1));
        assert_true(entries[place]->figures.bytes == 1000 * (number + 1));
        assert_true(entries[place]->doubt == 0);
    }
    sketch_free(sketch);
}

/* Random keys, of which low ones are more likely, compared with counting them all. */
static void many_are_bounded(void **state)
{
    enum { KEYS = 5000, PACKETS = 200000 };
    static double exact[KEYS];
    struct sketch *sketch = sketch_new(CAPACITY, 2);
    const struct sketch_entry *const *entries;
    struct dice dice = {1};

    (void)state;
    for (int i = 0; i < PACKETS; i++) {
        u32 number = dice_below(&dice, KEYS);
        number = dice_below(&dice, number + 1);
        number = dice_below(&dice, number + 1);
        exact[number]++;
        add(sketch, number, 1);
    }
    size_t count = sketch_sorted(sketch, &entries);
    assert_int_equal(count, CAPACITY);
    for (size_t i = 0; i < count; i++) {
        double true_packets = exact[entries[i]->key.number];
        assert_true(entries[i]->figures.packets <= true_packets);
        assert_true(entries[i]->figures.packets + entries[i]->doubt >= true_packets);
        assert_true(entries[i]->doubt <= (double)PACKETS / CAPACITY);
    }
    for (u32 number = 0; number < KEYS; number++)
        if (exact[number] > (double)PACKETS / CAPACITY)
            assert_non_null(find(sketch, number));
    sketch_free(sketch);
}

/* What was heavy long ago gives way to what is heavy now. */
static void old_counts_fade(void **state)
{
    struct sketch *sketch = sketch_new(CAPACITY, 3);
    const struct sketch_entry *const *entries;

    (void)state;
    add(sketch, 1, 1000);
    for (int second = 0; second < 20; second++) {
        sketch_age(sketch, 0.5);
        for (u32 number = 100; number < 100 + 2 * CAPACITY; number++)
            add(sketch, number, 1);
        add(sketch, 2, 50);
    }
    sketch_sorted(sketch, &entries);
    assert_int_equal(entries[0]->key.number, 2);
    assert_true(entries[0]->figures.packets > 95 && entries[0]->figures.packets <= 100);
    assert_null(find(sketch, 1));
    sketch_free(sketch);
}

static void members(void **state)
{
    struct sketch *sketch = sketch_new(CAPACITY, 4);
    struct sketch_key key = key_of(7);
    struct figures figures = {.packets = 1};

    (void)state;
    for (unsigned int i = 0; i < 1000; i++)
        sketch_add(sketch, &key, &figures, i * 3 % 256 & ~1u);
    assert_int_equal(sketch_members(find(sketch, 7)), 128);
    sketch_free(sketch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_are_exact),
        cmocka_unit_test(many_are_bounded),
        cmocka_unit_test(old_counts_fade),
        cmocka_unit_test(members),
    };

    return cmocka_run_group_tests_name("sketch", tests, NULL, NULL);
}
