/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `top` prints: no more lines than there are, and nothing that a terminal or a shell obeys. */
#include "check.h"

#include "../../loader/policy/protocols.h"
#include "../../loader/top/report.h"

static struct census census;
static char names[1][RULE_NAME_BYTES] = {"web"};
static const struct roster roster = {.names = names, .count = 1};
static struct sampled sampled[] = {
    {.interface = "eth0", .policy = "edge", .mode = "enforce"},
    {.interface = "eth1", .policy = "edge", .mode = "enforce", .trouble = "it was detached"},
};
static struct report report = {
    .interface = "eth0",
    .sampled = sampled,
    .count = 1,
    .census = &census,
    .roster = &roster,
    .only = CENSUS_FIELDS_COUNT,
    .rule = "web = accept in tcp > :443",
    .rule_is_tcp = true,
};

static int begin(void **state)
{
    (void)state;
    assert_int_equal(census_init(&census, 1), 0);
    census.seconds = 2;
    for (u32 i = 0; i < 6400; i++) {
        struct packet_sample sample = {
            .stands_for = 3,
            .segments = 1,
            .frame_bytes = 60,
            .family = FAMILY_IPV4,
            .protocol = PROTOCOL_TCP,
            .tcp_flags = 2,
            .source_port = (u16)i,
            .destination_port = (u16)(443 + i % 20),
            .source = {203, 0, 113, (u8)(i % 128)},
            .destination = {198, 51, 100, (u8)(i % 32)},
            .outcome = {.kind = OUTCOME_RULE, .verdict = VERDICT_ACCEPT},
        };
        census_add(&census, &sample, 1);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    census_clear(&census);
    return 0;
}

static char *printed_report(size_t rows, size_t width)
{
    static char *text;
    static size_t size;
    FILE *frame = open_memstream(&text, &size);

    assert_non_null(frame);
    assert_int_equal(report_print(&report, rows, width, frame), 0);
    fclose(frame);
    return text;
}

static size_t lines_of(const char *text, size_t width)
{
    size_t lines = 0;

    for (const char *end; (end = strchr(text, '\n')); text = end + 1, lines++)
        if (width)
            assert_in_range(end - text, 0, width);
    return lines;
}

static void whole(void **state)
{
    (void)state;
    char *text = printed_report(0, 0);
    assert_non_null(strstr(text, "eth0  policy edge (enforce), what came in in 2.0 s, from one of "
                                 "3.0 packets\n"
                                 "in: 9.6k packets/s, 576k bytes/s, 9.6k new connections/s, 0.0% "
                                 "dropped\n"));
    assert_non_null(strstr(text, "\n203.0.113.0/24 (128 seen) "));
    assert_non_null(strstr(text,
                           "\n    edgexdp ban eth0 203.0.113.0/24 --for 10m\n"
                           "    web = accept in tcp > :443  limit 10 new/second per source\n"));
    assert_null(strstr(text, "SOURCE PORT ")); /* no port has a share worth naming */
    free(text);
}

/* A line for each of several interfaces, and no more lines than there are. */
static void several(void **state)
{
    (void)state;
    sampled[1].figures[DIRECTION_IN] = (struct figures){.packets = 400, .bytes = 24000};
    report.count = 2;
    report.interface = "eth0,eth1";
    char *text = printed_report(0, 0);
    assert_non_null(strstr(text, "eth0,eth1  what came in in 2.0 s"));
    assert_non_null(strstr(text, "\neth0: policy edge (enforce), in 0 packets/s"));
    assert_non_null(strstr(text, "\neth1: policy edge (enforce), in 200 packets/s and 12"));
    assert_non_null(strstr(text, "; it was detached\n"));
    assert_non_null(strstr(text, "\n    edgexdp ban eth0,eth1 203.0.113.0/24 "));
    free(text);
    for (size_t height = 12; height < 60; height++) {
        text = printed_report(height, 80);
        assert_in_range(lines_of(text, 0), 3, height);
        free(text);
    }
    report.count = 1;
    report.interface = "eth0";
}

static void terminals(void **state)
{
    static const size_t heights[] = {1, 5, 10, 24, 30, 50, 100};

    (void)state;
    for (size_t i = 0; i < sizeof(heights) / sizeof(*heights); i++) {
        char *text = printed_report(heights[i], 80);
        size_t lines = lines_of(text, 80);
        if (heights[i] >= 10)
            assert_in_range(lines, 3, heights[i]);
        free(text);
    }
}

static void one_table(void **state)
{
    (void)state;
    report.only = BY_SOURCE;
    char *text = printed_report(0, 0);
    assert_non_null(strstr(text, "\nSOURCE "));
    assert_null(strstr(text, "KIND"));
    assert_int_equal(lines_of(text, 0), 3 + 2 + 50 + 4);
    free(text);
    report.only = CENSUS_FIELDS_COUNT;
}

/* Interfaces may have any names. */
static void quoting(void **state)
{
    static const struct {
        const char *interface, *expected;
    } cases[] = {
        {"eth0.7", "edgexdp ban eth0.7 203.0.113.0/24 --for 10m"},
        {"a;b", "edgexdp ban 'a;b' 203.0.113.0/24 --for 10m"},
        {"a'b", "edgexdp ban 'a'\\''b' 203.0.113.0/24 --for 10m"},
        {"a\033b", "edgexdp ban 'a\\x1bb' 203.0.113.0/24 --for 10m"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *lines[ADVICE_LINES];
        report.interface = cases[i].interface;
        assert_int_equal(report_advice(&report, lines), 2);
        assert_string_equal(lines[0], cases[i].expected);
        free(lines[0]);
        free(lines[1]);
    }
    report.interface = "eth0";
}

/* Advice on a limit needs a rule without one. */
static void limits(void **state)
{
    static const struct {
        const char *rule;
        bool is_tcp;
        const char *expected; /* NULL: none */
    } cases[] = {
        {"web = accept in > :443", false, "web = accept in > :443  limit 10/second per source"},
        {"web = accept in tcp > :443 limit 50/second", true, NULL},
        {NULL, false, NULL},
    };
    struct report other = report;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *lines[ADVICE_LINES];
        other.rule = cases[i].rule;
        other.rule_is_tcp = cases[i].is_tcp;
        assert_int_equal(report_advice(&other, lines), cases[i].expected ? 2 : 1);
        if (cases[i].expected)
            assert_string_equal(lines[1], cases[i].expected);
        free(lines[0]);
        free(lines[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole, begin, end),
        cmocka_unit_test_setup_teardown(several, begin, end),
        cmocka_unit_test_setup_teardown(terminals, begin, end),
        cmocka_unit_test_setup_teardown(one_table, begin, end),
        cmocka_unit_test_setup_teardown(quoting, begin, end),
        cmocka_unit_test_setup_teardown(limits, begin, end),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
