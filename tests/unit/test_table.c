/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands: each is found by its name, and suggested for a similar one. */
#include "../../loader/command/command.h"

#include "check.h"

static void finds_each_by_name(void **state)
{
    (void)state;
    for (const struct command *c = commands; c->name; c++) {
        assert_ptr_equal(command_find(c->name), c);
        assert_non_null(c->run);
        assert_true(strlen(c->name) <= 8); /* the column that --help has for it */
        assert_string_not_equal(c->summary, "");
    }
    assert_null(command_find("chekc"));
    assert_null(command_find(""));
}

static void hints_at_what_was_meant(void **state)
{
    static const struct {
        const char *written, *hint;
    } cases[] = {
        {"chekc", " (did you mean \"check\"?)"},
        {"Reload", " (did you mean \"reload\"?)"},
        {"stat", " (did you mean \"status\"?)"},
        {"guard", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(command_hint(cases[i].written).text, cases[i].hint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_by_name),
        cmocka_unit_test(hints_at_what_was_meant),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
