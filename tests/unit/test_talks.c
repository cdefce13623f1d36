/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of talks: bounded, and a flood does not push out what has more packets. */
#include "sightings.h"

static struct talk_key key_of(u32 number)
{
    struct talk_key key = {.family = FAMILY_IPV4, .protocol = 6, .port = 443};

    memcpy(key.opener, &number, sizeof(number));
    return key;
}

static void counted(struct talks *talks, u32 number, u64 packets)
{
    struct talk_key key = key_of(number);

    talks_take(talks, &key)->packets += packets;
}

static void what_is_taken_is_found(void **state)
{
    (void)state;
    struct talks *talks = talks_new(LINES, 1);
    struct talk_key key = key_of(7), other = key_of(8);
    struct talk **list;
    size_t count;

    assert_null(talks_find(talks, &key));
    counted(talks, 7, 2);
    counted(talks, 7, 3);
    assert_int_equal(talks_find(talks, &key)->packets, 5);
    assert_null(talks_find(talks, &other));
    assert_int_equal(talks_list(talks, &list, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(talks_forgotten(talks), 0);
    free(list);
    talks_free(talks);
}

static void a_flood_pushes_nobody_out(void **state)
{
    (void)state;
    struct talks *talks = talks_new(LINES, 1);
    struct talk_key key = key_of(7);
    struct talk **list;
    size_t count;

    counted(talks, 7, 2);
    for (u32 i = 0; i < 100000; i++)
        counted(talks, 1000 + i, 1);
    assert_int_equal(talks_find(talks, &key)->packets, 2);
    assert_int_equal(talks_list(talks, &list, &count), 0);
    assert_int_equal(count, LINES * TALKS_IN_LINE);
    assert_int_equal(talks_forgotten(talks), 100001 - LINES * TALKS_IN_LINE);
    free(list);
    talks_free(talks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_found),
        cmocka_unit_test(a_flood_pushes_nobody_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
