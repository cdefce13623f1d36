/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sample of sources: exact while they are few, never wrong about who sends most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/exporter/top.h"

static struct event event_from(u32 source, u64 time_ns)
{
    struct event event = {.family = FAMILY_IPV4, .time_ns = time_ns};
    memcpy(event.source, &source, sizeof(source));
    return event;
}

static void add(struct top *top, u32 source, int times)
{
    struct event event = event_from(source, 1);
    while (times--)
        top_add(top, &event);
}

static const struct top_source *find(const struct top_source *sources, size_t count, u32 source)
{
    for (size_t i = 0; i < count; i++)
        if (!memcmp(sources[i].last.source, &source, sizeof(source)))
            return &sources[i];
    return NULL;
}

static void test_few(void **state)
{
    struct top top = {0}, none = {0};
    struct top_source merged[2 * TOP_SOURCES];

    (void)state;
    for (u32 source = 0; source < TOP_SOURCES; source++)
        add(&top, source, (int)source + 1);
    assert_int_equal(top_merge(&top, &none, merged), TOP_SOURCES);
    for (u32 place = 0; place < TOP_SOURCES; place++) {
        u32 expected = TOP_SOURCES - 1 - place;
        assert_ptr_equal(find(&merged[place], 1, expected), &merged[place]);
        assert_int_equal(top_sure(&merged[place]), expected + 1);
    }
}

/* A flood from forged sources, each seen once, around two real ones. */
static void test_flood(void **state)
{
    struct top top = {0}, none = {0};
    struct top_source merged[2 * TOP_SOURCES];

    (void)state;
    for (u32 forged = 0; forged < 20000; forged++) {
        add(&top, 1000 + forged, 1);
        if (forged % 10 == 0)
            add(&top, 1, 1);
        if (forged % 20 == 0)
            add(&top, 2, 1);
    }
    assert_int_equal(top.events, 23000);
    assert_int_equal(top_merge(&top, &none, merged), TOP_SOURCES);
    assert_ptr_equal(find(merged, 2, 1), &merged[0]);
    assert_ptr_equal(find(merged, 2, 2), &merged[1]);
    /* Never more than there were. */
    assert_true(top_sure(&merged[0]) >= 1500 && top_sure(&merged[0]) <= 2000);
    assert_true(top_sure(&merged[1]) >= 500 && top_sure(&merged[1]) <= 1000);
    assert_int_equal(top_sure(&merged[2]), 1);
}

static void test_merge(void **state)
{
    struct top one = {0}, other = {0};
    struct top_source merged[2 * TOP_SOURCES];
    struct event late = event_from(7, 99);

    (void)state;
    add(&one, 7, 3);
    add(&one, 8, 5);
    add(&other, 7, 3);
    top_add(&other, &late);
    add(&other, 9, 1);
    assert_int_equal(top_merge(&one, &other, merged), 3);
    assert_int_equal(top_sure(find(merged, 1, 7)), 7);
    assert_int_equal(merged[0].last.time_ns, 99);
    assert_int_equal(top_sure(find(merged, 3, 8)), 5);
    assert_int_equal(top_sure(find(merged, 3, 9)), 1);
}

/* The same address in another direction or family is another source; a frame without IP has
 * none. */
static void test_apart(void **state)
{
    struct top top = {0};
    struct event event = event_from(7, 1);

    (void)state;
    top_add(&top, &event);
    event.direction = DIRECTION_OUT;
    top_add(&top, &event);
    event.family = FAMILY_IPV6;
    top_add(&top, &event);
    event.family = FAMILY_NONE;
    top_add(&top, &event);
    assert_int_equal(top.count, 3);
    assert_int_equal(top.events, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
