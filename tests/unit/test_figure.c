// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers and bars of every size. */
#include "check.h"

#include "../../loader/show/figure.h"

static void test_rates(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},          {0.001, "0.1"},   {0.5, "0.5"},     {9.94, "9.9"},
                 {9.96, "10"},      {999.4, "999"},   {999.6, "1.0k"},  {1234, "1.2k"},
                 {12345, "12.3k"},  {123456, "123k"}, {999600, "1.0M"}, {12.3e6, "12.3M"},
                 {99.96e6, "100M"}, {100e9, "100G"},  {1.5e12, "1.5T"}, {999e15, "999P"}};
    char text[RATE_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(figure_rate(cases[i].value, text), cases[i].text);
        assert_true(strlen(text) <= 5);
    }
}

static void test_bars(void **state)
{
    char text[BAR_TEXT_BYTES];

    (void)state;
    assert_string_equal(figure_bar(0, true, text), "");
    assert_string_equal(figure_bar(0.0001, true, text), "▏");
    assert_string_equal(figure_bar(0.5, true, text), "████");
    assert_string_equal(figure_bar(0.55, true, text), "████▍");
    assert_string_equal(figure_bar(1, true, text), "████████");
    assert_string_equal(figure_bar(0, false, text), "");
    assert_string_equal(figure_bar(0.0001, false, text), "#");
    assert_string_equal(figure_bar(0.55, false, text), "#####");
    assert_string_equal(figure_bar(1, false, text), "########");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rates), cmocka_unit_test(test_bars)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
