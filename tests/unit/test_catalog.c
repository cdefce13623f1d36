/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/catalog.h"

static void finds_what_was_added(void **state)
{
    struct catalog *catalog = catalog_new();
    char name[32];

    (void)state;
    assert_int_equal(catalog_find(catalog, piece_of("a")), NO_NAME);
    for (size_t i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "name-%zu", i);
        assert_int_equal(catalog_add(catalog, piece_of(name), i), 0);
    }
    for (size_t i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "name-%zu", i);
        assert_int_equal(catalog_find(catalog, piece_of(name)), i);
        assert_int_equal(catalog_add(catalog, piece_of(name), 0), -EEXIST);
    }
    assert_int_equal(catalog_find(catalog, piece_of("Name-1")), NO_NAME);
    assert_int_equal(catalog_find(catalog, piece_of("name-")), NO_NAME);
    catalog_free(catalog);
}

static void tells_apart_names_with_nul_bytes(void **state)
{
    const struct piece strange = {.text = "a\0b", .length = 3};
    struct catalog *catalog = catalog_new();
    char name[32];

    (void)state;
    assert_int_equal(catalog_add(catalog, strange, 1), 0);
    assert_int_equal(catalog_add(catalog, piece_of("a"), 2), 0);
    for (size_t i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "name-%zu", i);
        assert_int_equal(catalog_add(catalog, piece_of(name), i), 0);
    }
    assert_int_equal(catalog_find(catalog, strange), 1);
    assert_int_equal(catalog_find(catalog, piece_of("a")), 2);
    catalog_free(catalog);
}

static void assert_nearest(const char *written, const char *expected)
{
    static const char *const words[] = {"direction",   "protocol",  "from",   "to",  "port",
                                        "source-port", "icmp-type", "action", "log", "note"};
    struct nearest nearest = nearest_to(written, strlen(written));

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        nearest_try(&nearest, words[i]);
    if (!expected)
        assert_null(nearest.word);
    else if (!nearest.word || strcmp(nearest.word, expected))
        fail_msg("%s: %s instead of %s", written, nearest.word ? nearest.word : "-", expected);
}

static void suggests_what_is_near(void **state)
{
    (void)state;
    assert_nearest("Action", "action");
    assert_nearest("acton", "action");
    assert_nearest("atcion", "action");
    assert_nearest("ports", "port");
    assert_nearest("prot", "protocol");
    assert_nearest("dir", "direction");
    assert_nearest("source_port", "source-port");
    assert_nearest("sourceport", "source-port");
    assert_nearest("icmptype", "icmp-type");
    assert_nearest("form", "from");
    assert_nearest("T0", NULL);
    assert_nearest("TO", "to");
    assert_nearest("x", NULL);
    assert_nearest("", NULL);
    assert_nearest("interface", NULL);
    assert_nearest("destination", NULL);
    assert_nearest("a-word-that-is-much-longer-than-any-name-can-be-in-a-policy", NULL);
}

static void hints_at_names(void **state)
{
    struct catalog *catalog = catalog_new();

    (void)state;
    assert_int_equal(catalog_add(catalog, piece_of("access-edge"), 0), 0);
    assert_string_equal(catalog_hint(catalog, piece_of("acces-edge")).text,
                        " (did you mean \"access-edge\"?)");
    assert_string_equal(catalog_hint(catalog, piece_of("core")).text, "");
    for (int i = 0; i < 100; i++)
        catalog_hint(catalog, piece_of("core"));
    assert_string_equal(catalog_hint(catalog, piece_of("acces-edge")).text, "");
    catalog_free(catalog);
}

static void checks_names(void **state)
{
    const struct name_style style = {"name", "-_.", true, 31};
    struct fault fault;

    (void)state;
    assert_int_equal(name_check(piece_of("a"), &style, &fault), 0);
    assert_int_equal(name_check(piece_of("Az09-_."), &style, &fault), 0);
    assert_int_equal(name_check(piece_of("abcdefghijklmnopqrstuvwxyz12345"), &style, &fault), 0);
    assert_int_equal(name_check(piece_of("abcdefghijklmnopqrstuvwxyz123456"), &style, &fault),
                     -EINVAL);
    assert_int_equal(name_check(piece_of(""), &style, &fault), -EINVAL);
    assert_int_equal(name_check(piece_of("2a"), &style, &fault), -EINVAL);
    assert_int_equal(name_check(piece_of("ab c"), &style, &fault), -EINVAL);
    assert_int_equal(fault.at, 2);
    assert_int_equal(name_check(piece_of("ab\xc3\xa4"), &style, &fault), -EINVAL);
    assert_int_equal(fault.at, 2);
    assert_int_equal(fault.length, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),  cmocka_unit_test(tells_apart_names_with_nul_bytes),
        cmocka_unit_test(suggests_what_is_near), cmocka_unit_test(hints_at_names),
        cmocka_unit_test(checks_names),
    };

    return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
