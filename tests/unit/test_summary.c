/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was dropped by default, put together for people. */
#include "check.h"

#include "../../loader/dropped/dropped.h"
#include "../../loader/dropped/summary.h"

static struct dropped rows[1000];
static size_t count;

static int clear(void **state)
{
    (void)state;
    count = 0;
    return 0;
}

static struct dropped *add(u32 source, u16 port, u64 packets)
{
    struct dropped *row = &rows[count++];

    *row = (struct dropped){
        .remote = {(u8)(source >> 24), (u8)(source >> 16), (u8)(source >> 8), (u8)source},
        .port = port,
        .protocol = 6,
        .family = FAMILY_IPV4,
        .packets = packets,
        .bytes = packets * 60,
        .last_seen_ns = packets};
    return row;
}

/* ROWS[PLACE] in words. */
static const char *row(size_t place)
{
    static char text[200];
    struct dropped_fields fields;

    assert_true(place < count);
    dropped_fields(&rows[place], &fields);
    snprintf(text, sizeof(text), "%s %s %s%s %llu", fields.protocol, fields.port, fields.remote,
             rows[place].scope == DROPPED_ANYWHERE ? " anywhere" : "",
             (unsigned long long)rows[place].packets);
    return text;
}

static void rows_of_all_cpus_are_added(void **state)
{
    (void)state;
    add(0x0a000001, 22, 5);
    add(0x0b000001, 22, 6);
    add(0x0a000002, 22, 4);
    add(0x0a000001, 23, 7);
    add(0, 0, 100)->scope = DROPPED_ANYTHING;
    count = summary_join(rows, count);
    assert_int_equal(count, 4);
    assert_string_equal(row(0), "tcp 22 10.0.0.0/30 9");
    assert_int_equal(rows[0].bytes, 540);
    assert_int_equal(rows[0].last_seen_ns, 5);
    assert_string_equal(row(1), "tcp 23 10.0.0.1 7");
    assert_string_equal(row(2), "tcp 22 11.0.0.1 6");
    assert_int_equal(rows[3].scope, DROPPED_ANYTHING);
}

static void modes_are_shown_apart(void **state)
{
    (void)state;
    add(0x0a000001, 22, 5);
    add(0x0a000001, 22, 6)->audit = 1;
    count = summary_join(rows, count);
    assert_int_equal(count, 2);
    count = summary_of_mode(rows, count, true);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].packets, 6);
}

static void few_networks_stay(void **state)
{
    (void)state;
    for (u32 i = 0; i < SUMMARY_NETWORKS; i++)
        add(0x0a000001 + (i << 16), 22, 1);
    add(0xc0000201, 22, 1000);
    assert_int_equal(summary_merge(rows, count), SUMMARY_NETWORKS + 1);
}

static void many_networks_are_merged(void **state)
{
    (void)state;
    add(0xc0000207, 22, 900);
    add(0xc0000307, 22, 800);
    for (u32 i = 0; i < 30; i++)
        add(0x0a010001 + (i << 8), 22, 2);
    add(0xcb007105, 22, 3);
    add(0x0a010001, 23, 1);
    count = summary_merge(rows, count);
    assert_int_equal(count, 6);
    assert_string_equal(row(0), "tcp 22 192.0.2.7 900");
    assert_string_equal(row(1), "tcp 22 192.0.3.7 800");
    assert_string_equal(row(2), "tcp 22 10.1.0.0/20 32");
    assert_string_equal(row(3), "tcp 22 10.1.16.0/20 28");
    assert_string_equal(row(4), "tcp 22 203.0.113.5 3");
    assert_string_equal(row(5), "tcp 23 10.1.0.1 1");
}

static void what_is_everywhere_is_one_row(void **state)
{
    (void)state;
    for (u32 i = 0; i < 100; i++)
        add(0x01010101 * (i + 1), 22, 1);
    add(0x01010101, 22, 50)->scope = DROPPED_ANYWHERE;
    count = summary_merge(rows, count);
    assert_int_equal(count, 1);
    assert_string_equal(row(0), "tcp 22 0.0.0.0/1 anywhere 150");
}

static void the_other_family_is_merged_by_itself(void **state)
{
    (void)state;
    for (u32 i = 0; i < 12; i++) {
        struct dropped *row = add(0x20010db8, 22, 1);
        row->family = FAMILY_IPV6;
        row->remote[7] = (u8)i;
        row->remote[15] = 1;
        add(0x0a000001 + (i << 8), 22, 2);
    }
    count = summary_merge(rows, count);
    assert_string_equal(row(0), "tcp 22 10.0.0.0/22 8");
    assert_int_equal(count, 6);
    assert_string_equal(row(5), "tcp 22 2001:db8:0:8::/62 4");
}

static void services_have_names(void **state)
{
    (void)state;
    *add(0x0a000001, 0x0800, 9) =
        (struct dropped){.family = FAMILY_IPV4, .protocol = 1, .port = 0x0800, .packets = 9};
    *add(0, 0, 8) = (struct dropped){.family = FAMILY_IPV6,
                                     .protocol = 58,
                                     .port = 0x0104,
                                     .remote = {0xfe, 0x80},
                                     .packets = 8};
    add(0x0a000001, 443, 7)->answer = 1;
    add(0x0a000001, 0, 6)->protocol = 47;
    add(0x0a000001, 0, 5)->protocol = 99;
    assert_string_equal(row(0), "icmp echo-request 0.0.0.0 9");
    assert_string_equal(row(1), "icmpv6 destination-unreachable/4 fe80:: 8");
    assert_string_equal(row(2), "tcp from 443 10.0.0.1 7");
    assert_string_equal(row(3), "gre  10.0.0.1 6");
    assert_string_equal(row(4), "99  10.0.0.1 5");
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(summary_join(rows, 0), 0);
    assert_int_equal(summary_merge(rows, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rows_of_all_cpus_are_added, clear),
        cmocka_unit_test_setup(modes_are_shown_apart, clear),
        cmocka_unit_test_setup(few_networks_stay, clear),
        cmocka_unit_test_setup(many_networks_are_merged, clear),
        cmocka_unit_test_setup(what_is_everywhere_is_one_row, clear),
        cmocka_unit_test_setup(the_other_family_is_merged_by_itself, clear),
        cmocka_unit_test_setup(services_have_names, clear),
        cmocka_unit_test_setup(nothing_is_nothing, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
