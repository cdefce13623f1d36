// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters: by rules, by reasons, by both, and names that nobody has. */
#include "check.h"

#include "../../loader/event/filter.h"

static const struct rule_entry entries[] = {{.name = "telnet"}, {.name = ""}, {.name = "web"}};

static struct event by_rule(void)
{
    return (struct event){.outcome = {.kind = OUTCOME_RULE, .verdict = VERDICT_DROP}};
}

static struct event by_reason(u8 reason)
{
    return (struct event){.outcome = {.kind = OUTCOME_REASON, .reason = reason}};
}

static void test_without(void **state)
{
    const struct filter filter = {0};
    const struct event rule = by_rule(), reason = by_reason(REASON_DEFAULT);

    (void)state;
    assert_true(filter_admits(&filter, &rule, "telnet"));
    assert_true(filter_admits(&filter, &rule, NULL));
    assert_true(filter_admits(&filter, &reason, NULL));
}

static void test_rules(void **state)
{
    struct filter filter = {0};
    struct event event = by_rule();

    (void)state;
    assert_int_equal(filter_add_rule(&filter, "telnet"), 0);
    assert_true(filter_admits(&filter, &event, "telnet"));
    assert_false(filter_admits(&filter, &event, "web"));
    assert_false(filter_admits(&filter, &event, NULL));
    assert_int_equal(filter_add_rule(&filter, "web"), 0);
    assert_true(filter_admits(&filter, &event, "web"));
    event.outcome.kind = OUTCOME_REPLY;
    assert_true(filter_admits(&filter, &event, "web"));
    event = by_reason(0);
    assert_false(filter_admits(&filter, &event, NULL));
    filter_clear(&filter);
}

static void test_reasons(void **state)
{
    struct filter filter = {0};
    struct event event = by_reason(REASON_UNGUARDED);
    struct hint hint;

    (void)state;
    assert_int_equal(filter_add_reason(&filter, "unguarded", &hint), 0);
    assert_int_equal(filter_add_reason(&filter, "malformed", &hint), 0);
    assert_true(filter_admits(&filter, &event, NULL));
    event = by_reason(REASON_MALFORMED);
    assert_true(filter_admits(&filter, &event, NULL));
    event = by_reason(REASON_ARP);
    assert_false(filter_admits(&filter, &event, NULL));
    event = by_reason(REASONS);
    assert_false(filter_admits(&filter, &event, NULL));
    event = by_rule();
    assert_false(filter_admits(&filter, &event, "malformed"));
    filter_clear(&filter);
}

static void test_names(void **state)
{
    struct filter filter = {0};
    struct hint hint;

    (void)state;
    assert_int_equal(filter_add_reason(&filter, "defualt", &hint), -ENOENT);
    assert_string_equal(hint.text, " (did you mean \"default\"?)");
    assert_int_equal(filter_add_reason(&filter, "", &hint), -ENOENT);
    assert_string_equal(hint.text, "");
    assert_int_equal(filter.reasons, 0);
    filter_add_rule(&filter, "web");
    filter_add_rule(&filter, "telnet");
    assert_null(filter_unknown_rule(&filter, entries, 3, &hint));
    assert_string_equal(filter_unknown_rule(&filter, entries, 2, &hint), "web");
    assert_string_equal(hint.text, "");
    filter_add_rule(&filter, "telnte");
    assert_string_equal(filter_unknown_rule(&filter, entries, 3, &hint), "telnte");
    assert_string_equal(hint.text, " (did you mean \"telnet\"?)");
    filter_clear(&filter);
    filter_add_rule(&filter, "");
    assert_string_equal(filter_unknown_rule(&filter, entries, 3, &hint), "");
    filter_clear(&filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without), cmocka_unit_test(test_rules),
                                       cmocka_unit_test(test_reasons),
                                       cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
