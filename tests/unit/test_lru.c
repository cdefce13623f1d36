/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table that forgets the oldest entry, compared with one that searches an array. */
#include "check.h"

#include "../../loader/judge/lru.h"
#include "../shared/dice.h"

#define MOST 200u

struct key {
    u64 one, two;
};

/* From the oldest to the youngest. */
struct model {
    struct key keys[MOST];
    u64 values[MOST];
    u32 count;
};

static u32 model_place(const struct model *model, const struct key *key)
{
    u32 at = 0;
    while (at < model->count && memcmp(&model->keys[at], key, sizeof(*key)) != 0)
        at++;
    return at;
}

static void model_remove(struct model *model, u32 at)
{
    memmove(&model->keys[at], &model->keys[at + 1], (model->count - at - 1) * sizeof(struct key));
    memmove(&model->values[at], &model->values[at + 1], (model->count - at - 1) * sizeof(u64));
    model->count--;
}

static void model_put(struct model *model, const struct key *key, u64 value)
{
    u32 at = model_place(model, key);
    if (at < model->count)
        model_remove(model, at);
    else if (model->count == MOST)
        model_remove(model, 0);
    model->keys[model->count] = *key;
    model->values[model->count++] = value;
}

static void visit(const void *key, void *value, void *context)
{
    struct model *seen = context;
    memcpy(&seen->keys[seen->count], key, sizeof(struct key));
    memcpy(&seen->values[seen->count++], value, sizeof(u64));
}

static void assert_same(const struct lru *lru, const struct model *model)
{
    struct model seen = {.count = 0};
    lru_each(lru, visit, &seen);
    assert_int_equal(lru_count(lru), model->count);
    assert_int_equal(seen.count, model->count);
    assert_memory_equal(seen.keys, model->keys, model->count * sizeof(struct key));
    assert_memory_equal(seen.values, model->values, model->count * sizeof(u64));
}

/* Few different keys: found about as often as not, and more of them than there is room for. */
static void does_as_an_array_does(void **state)
{
    (void)state;
    struct lru *lru = lru_new(sizeof(struct key), sizeof(u64), MOST);
    struct model model = {.count = 0};
    struct dice dice = {.state = 6};

    for (u64 i = 0; i < 60000; i++) {
        struct key key = {.one = dice_below(&dice, 20), .two = (u64)dice_below(&dice, 20) << 40};
        u32 at = model_place(&model, &key);
        if (dice_below(&dice, 2)) {
            assert_int_equal(*(u64 *)lru_add(lru, &key, &i), i);
            model_put(&model, &key, i);
            continue;
        }
        u64 *found = lru_find(lru, &key);
        assert_int_equal(!found, at == model.count);
        if (found) {
            assert_int_equal(*found, model.values[at]);
            *found = i;
            model_put(&model, &key, i);
        }
        if (i % 1000 < 3)
            assert_same(lru, &model);
    }
    assert_int_equal(model.count, MOST);
    assert_same(lru, &model);
    lru_free(lru);
}

static void begins_anew(void **state)
{
    (void)state;
    struct lru *lru = lru_new(sizeof(struct key), sizeof(u64), 2);
    struct model empty = {.count = 0};
    u64 value = 7;

    assert_same(lru, &empty);
    for (u64 i = 0; i < 3; i++)
        assert_non_null(lru_add(lru, &(struct key){i, i}, &value));
    assert_null(lru_find(lru, &(struct key){0, 0}));
    assert_non_null(lru_find(lru, &(struct key){1, 1}));
    lru_clear(lru);
    assert_same(lru, &empty);
    assert_null(lru_find(lru, &(struct key){1, 1}));
    assert_non_null(lru_add(lru, &(struct key){1, 1}, &value));
    assert_int_equal(lru_count(lru), 1);
    lru_free(lru);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_as_an_array_does),
        cmocka_unit_test(begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
