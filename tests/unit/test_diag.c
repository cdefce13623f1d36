/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/source.h"

static const struct source *source_of(struct diag *diag, const char *path, const char *text)
{
    const struct source *source = NULL;

    assert_int_equal(source_copy(diag, path, text, strlen(text), &source), 0);
    return source;
}

static void prints_line_and_caret(void **state)
{
    struct diag *diag = diag_new();
    const struct source *source = source_of(diag, "edge.ini", "one\ntwo\nport = 70000\nfour\n");

    (void)state;
    diag_add(diag, SEVERITY_ERROR, (struct place){source, 3, 8, 5}, "port %d is above 65535",
             70000);
    diag_add(diag, SEVERITY_WARNING, (struct place){source, 4, 1, 4}, "four");
    diag_add(diag, SEVERITY_NOTE, (struct place){source, 1, 1, 1}, "one");
    assert_printed(diag, "edge.ini:3:8: error: port 70000 is above 65535\n"
                         "    3 | port = 70000\n"
                         "      |        ^~~~~\n"
                         "edge.ini:4:1: warning: four\n"
                         "    4 | four\n"
                         "      | ^~~~\n"
                         "edge.ini:1:1: note: one\n"
                         "    1 | one\n"
                         "      | ^\n");
    assert_int_equal(diag_count(diag, SEVERITY_ERROR), 1);
    assert_int_equal(diag_count(diag, SEVERITY_WARNING), 1);
    assert_int_equal(diag_count(diag, SEVERITY_NOTE), 1);
    diag_free(diag);
}

static void prints_without_a_place(void **state)
{
    struct diag *diag = diag_new();
    const struct source *source = source_of(diag, "edge.ini", "");

    (void)state;
    diag_add(diag, SEVERITY_ERROR, (struct place){0}, "nowhere");
    diag_add(diag, SEVERITY_ERROR, (struct place){source, 0, 0, 0}, "the whole file");
    diag_add(diag, SEVERITY_ERROR, (struct place){source, 1, 1, 1}, "an empty line");
    diag_add(diag, SEVERITY_ERROR, (struct place){source, 99, 7, 9}, "beyond the end");
    assert_printed(diag, "error: nowhere\n"
                         "edge.ini: error: the whole file\n"
                         "edge.ini:1:1: error: an empty line\n"
                         "    1 | \n"
                         "      | ^\n"
                         "edge.ini:99:7: error: beyond the end\n"
                         "   99 | \n"
                         "      | ^\n");
    diag_free(diag);
}

static void keeps_the_caret_below_its_place(void **state)
{
    struct diag *diag = diag_new();
    const struct source *source = source_of(diag, "t.ini",
                                            "a\t=\tb\xc3\xa4\xc3\xb6 cd\xff"
                                            "e\x1b\n");

    (void)state;
    diag_add(diag, SEVERITY_ERROR, (struct place){source, 1, 5, 5}, "behind tabs");
    diag_add(diag, SEVERITY_ERROR, (struct place){source, 1, 11, 99}, "behind umlauts");
    assert_printed(diag, "t.ini:1:5: error: behind tabs\n"
                         "    1 | a\t=\tb\xc3\xa4\xc3\xb6 cd?e?\n"
                         "      |  \t \t^~~\n"
                         "t.ini:1:11: error: behind umlauts\n"
                         "    1 | a\t=\tb\xc3\xa4\xc3\xb6 cd?e?\n"
                         "      |  \t \t    ^~~~~\n");
    diag_free(diag);
}

static void makes_text_harmless(void **state)
{
    struct diag *diag = diag_new();
    const struct source *source = source_of(diag, "\x1b]0;x\x07.ini", "a\n");

    (void)state;
    diag_add(diag, SEVERITY_ERROR, (struct place){source, 0, 0, 0}, "%s", "\x1b[31m\xc2\x9b\xff\n");
    assert_printed(diag, "\\x1b]0;x\\x07.ini: error: \\x1b[31m\\xc2\\x9b\\xff\\x0a\n");
    diag_free(diag);
}

static void cuts_long_lines(void **state)
{
    struct diag *diag = diag_new();
    char text[1001], *shown;

    (void)state;
    memset(text, 'x', 1000);
    text[1000] = '\0';
    memcpy(text + 500, "HERE", 4);
    diag_add(diag, SEVERITY_ERROR, (struct place){source_of(diag, "long.ini", text), 1, 501, 4},
             "in the middle");
    shown = printed(diag);
    assert_non_null(strstr(shown, "    1 | ...xxx"));
    assert_non_null(strstr(shown, "xHEREx"));
    assert_non_null(strstr(shown, "xxx...\n      |    "));
    assert_non_null(strstr(shown, " ^~~~\n"));
    assert_int_equal(strstr(shown, "HERE") - strstr(shown, "    1 | "),
                     strstr(shown, "^~~~") - strstr(shown, "      | "));
    assert_true(strlen(shown) < 400);
    free(shown);
    diag_free(diag);
}

static void widens_the_gutter(void **state)
{
    struct diag *diag = diag_new();
    char text[200002];

    (void)state;
    memset(text, '\n', 200000);
    memcpy(text + 199999, "x\n", 3);
    diag_add(diag, SEVERITY_ERROR, (struct place){source_of(diag, "big.txt", text), 200000, 1, 1},
             "far down");
    assert_printed(diag, "big.txt:200000:1: error: far down\n"
                         "200000 | x\n"
                         "       | ^\n");
    diag_free(diag);
}

static void sorts_by_source_and_place(void **state)
{
    struct diag *diag = diag_new();
    const struct source *first = source_of(diag, "first", "\n\n");
    const struct source *second = source_of(diag, "second", "\n\n");
    char *text;

    (void)state;
    diag_add(diag, SEVERITY_ERROR, (struct place){first, 9, 9, 1}, "not to be sorted");
    diag_add(diag, SEVERITY_ERROR, (struct place){second, 1, 1, 1}, "f");
    diag_add(diag, SEVERITY_ERROR, (struct place){first, 2, 2, 1}, "d");
    diag_add(diag, SEVERITY_ERROR, (struct place){first, 2, 2, 1}, "e");
    diag_add(diag, SEVERITY_ERROR, (struct place){first, 2, 1, 1}, "c");
    diag_add(diag, SEVERITY_ERROR, (struct place){first, 1, 5, 1}, "b");
    diag_add(diag, SEVERITY_ERROR, (struct place){0}, "a");
    diag_sort(diag, 1);
    text = printed(diag);
    for (const char *at = text, *next = "nabcdef"; *next; next++) {
        at = strstr(at, "error: ");
        assert_non_null(at);
        at += strlen("error: ");
        assert_int_equal(*at, *next);
    }
    free(text);
    diag_free(diag);
}

static void keeps_a_thousand_messages(void **state)
{
    struct diag *diag = diag_new();
    char *text;

    (void)state;
    for (int i = 0; i < 100000; i++)
        diag_add(diag, SEVERITY_ERROR, (struct place){0}, "%d", i);
    assert_int_equal(diag_count(diag, SEVERITY_ERROR), 100000);
    assert_int_equal(diag_messages(diag), 1000);
    text = printed(diag);
    assert_string_equal(strstr(text, "error: 999\n"), "error: 999\n(and 99000 more messages)\n");
    free(text);
    diag_free(diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_line_and_caret),
        cmocka_unit_test(prints_without_a_place),
        cmocka_unit_test(keeps_the_caret_below_its_place),
        cmocka_unit_test(makes_text_harmless),
        cmocka_unit_test(cuts_long_lines),
        cmocka_unit_test(widens_the_gutter),
        cmocka_unit_test(sorts_by_source_and_place),
        cmocka_unit_test(keeps_a_thousand_messages),
    };

    return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
