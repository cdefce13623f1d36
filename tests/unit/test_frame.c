// SPDX-License-Identifier: GPL-2.0-or-later
/* The output of `stats --watch`: at most 80 columns wide, and only the rows that fit. */
#include "check.h"

#include <locale.h>

#include "../../loader/watch/frame.h"

/* The columns that LINE takes: each character that we print is one column wide. */
static size_t columns(const char *line, size_t bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += (line[i] & 0xc0) != 0x80;
    return count;
}

static bool is_audit;

static char *frame(const struct screen *screen, const struct rates *rates, size_t rows)
{
    static struct snapshot snapshot; /* static because it is large */
    static char *text;
    static size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    snprintf(snapshot.status.interface, sizeof(snapshot.status.interface), "enp175s0f1np1.x");
    memset(snapshot.tables.name, 'p', NAME_BYTES - 1);
    snapshot.tables.switches.audit = is_audit;
    snapshot.status.flows = snapshot.status.flows_max = 67108864;
    assert_int_equal(frame_add(file, screen, &snapshot, rates, rows, false), 0);
    fclose(file);
    return text;
}

static struct rates longest(struct rate list[3])
{
    static char name[RULE_NAME_BYTES];

    memset(name, 'n', RULE_NAME_BYTES - 1);
    for (int i = 0; i < 3; i++)
        list[i] = (struct rate){.name = name,
                                .direction = DIRECTION_OUT,
                                .verdict = VERDICT_ACCEPT,
                                .total = 1,
                                .packets = 12.3e6,
                                .replies = 12.3e6,
                                .bits = 12.3e6};
    return (struct rates){.list = list, .count = 3, .seen = {12.3e6, 12.3e6}};
}

static void test_width(void **state)
{
    const struct screen screen = {.width = 80, .has_blocks = true};
    struct rate list[3];
    struct rates rates = longest(list);
    size_t lines = 0;

    (void)state;
    char *text = frame(&screen, &rates, 0);
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, lines++)
        assert_true(columns(line, (size_t)(end - line)) <= 80);
    assert_int_equal(lines, 6); /* two lines, a heading and three rows */
    const char *name = strstr(text, "\nnnn") + 1;
    size_t shown = strspn(name, "n"); /* how much is cut depends on libsmartcols */
    assert_in_range(shown, 24, RULE_NAME_BYTES - 2);
    assert_memory_equal(name + shown, " out accept ", 12);
    assert_null(strchr(text, '\033'));
    free(text);
}

static void test_rows(void **state)
{
    const struct screen screen = {.width = 80, .has_colours = true};
    struct rate list[3];
    struct rates rates = longest(list);

    (void)state;
    list[2].verdict = VERDICT_DROP;
    char *text = frame(&screen, &rates, 2);
    assert_non_null(strstr(text, "\n1 more\n"));
    assert_non_null(strstr(text, "\033[32m########\033[0m\n"));
    assert_null(strstr(text, "\033[31m"));
    free(text);
    list[0].total = 0; /* never counted, so not shown */
    text = frame(&screen, &rates, 2);
    assert_null(strstr(text, "more"));
    assert_non_null(strstr(text, "\033[31m########\033[0m\n"));
    free(text);
}

/* What is rejected is not said to be dropped, and what audit mode lets pass is not said to end. */
static void test_words(void **state)
{
    const struct screen screen = {.width = 80};
    struct rate list[3];
    struct rates rates = longest(list);

    (void)state;
    list[0].verdict = list[1].verdict = VERDICT_DROP;
    list[1].refusal = REFUSAL_DEFAULT;
    char *text = frame(&screen, &rates, 0);
    assert_non_null(strstr(text, "ppp (enforce)\n"));
    assert_non_null(strstr(text, " out drop "));
    assert_non_null(strstr(text, " out reject "));
    free(text);
    is_audit = true;
    text = frame(&screen, &rates, 0);
    assert_non_null(strstr(text, "ppp (audit: all pass)\n"));
    assert_true(strcspn(text, "\n") <= 80);
    free(text);
    is_audit = false;
}

/* What limits drop has a column where they ever dropped anything, within the same width. */
static void test_limited(void **state)
{
    const struct screen screen = {.width = 80};
    struct rate list[3];
    struct rates rates = longest(list);

    (void)state;
    char *text = frame(&screen, &rates, 0);
    assert_null(strstr(text, "LIMITED/S"));
    free(text);
    rates.are_limited = true;
    list[0].limited = 12.3e6;
    text = frame(&screen, &rates, 0);
    assert_non_null(strstr(text, "LIMITED/S\n"));
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
        assert_true(columns(line, (size_t)(end - line)) <= 80);
    const char *first = strstr(text, "\nnnn");
    assert_memory_equal(strchr(first + 1, '\n') - strlen("12.3M"), "12.3M", strlen("12.3M"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_width), cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_words),
                                       cmocka_unit_test(test_limited)};

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
