/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/ini.h"
#include "../../loader/policy/list.h"
#include "../../loader/policy/source.h"

struct fixture {
    struct diag *diag;
    struct ini ini;
};

static struct fixture read_lines(const char *text)
{
    struct fixture fixture = {.diag = diag_new()};
    const struct source *source = NULL;

    assert_int_equal(source_copy(fixture.diag, "a.ini", text, strlen(text), &source), 0);
    assert_int_equal(ini_read(&fixture.ini, source, source_open_regular, fixture.diag), 0);
    return fixture;
}

static void clear(struct fixture *fixture)
{
    ini_free(&fixture->ini);
    diag_free(fixture->diag);
}

static void assert_piece(struct piece piece, const char *text, unsigned int line,
                         unsigned int column)
{
    assert_true(piece_equals(piece, text));
    assert_int_equal(piece.line, line);
    assert_int_equal(piece.column, column);
}

static void assert_value(const struct ini *ini, size_t entry, const char *expected)
{
    char *text = ini_value_text(ini, &ini->entries[entry]);

    assert_string_equal(text, expected);
    free(text);
}

static void reads_sections_and_entries(void **state)
{
    struct fixture fixture = read_lines("; comment\n[ policy ] # comment\nname=a\n"
                                        " \t\n[rule  b c]\nfrom \t=  x = y  \n");
    const struct ini *ini = &fixture.ini;

    (void)state;
    assert_int_equal(diag_count(fixture.diag, SEVERITY_ERROR), 0);
    assert_int_equal(ini->section_count, 2);
    assert_piece(ini->sections[0].word, "policy", 2, 3);
    assert_int_equal(ini->sections[0].name.length, 0);
    assert_piece(ini->sections[0].header, "[ policy ]", 2, 1);
    assert_ptr_equal(ini->sections[0].grammar, &grammar_sections[SECTION_POLICY]);
    assert_piece(ini->sections[1].word, "rule", 5, 2);
    assert_piece(ini->sections[1].name, "b c", 5, 8);
    assert_int_equal(ini->sections[1].first_entry, 1);
    assert_int_equal(ini->sections[1].entry_count, 1);
    assert_piece(ini->entries[0].key, "name", 3, 1);
    assert_piece(*ini_value(ini, &ini->entries[0]), "a", 3, 6);
    assert_piece(ini->entries[1].key, "from", 6, 1);
    assert_piece(*ini_value(ini, &ini->entries[1]), "x = y", 6, 10);
    clear(&fixture);
}

static void knows_comments(void **state)
{
    struct fixture fixture = read_lines("[sets]\n#x = 1\n;x = 1\n  # x = 1\n\t;x = 1\n"
                                        "a = b#c;d ;e\nf = g\t#h\ni = # j\nk =;l\nm;n = o\n");

    (void)state;
    assert_int_equal(diag_count(fixture.diag, SEVERITY_ERROR), 0);
    assert_int_equal(fixture.ini.entry_count, 5);
    assert_value(&fixture.ini, 0, "b#c;d");
    assert_value(&fixture.ini, 1, "g");
    assert_value(&fixture.ini, 2, "");
    assert_value(&fixture.ini, 3, ";l");
    assert_piece(fixture.ini.entries[4].key, "m;n", 10, 1);
    clear(&fixture);
}

static void continues_values(void **state)
{
    struct fixture fixture = read_lines("[sets]\na = 1,\n  2,\n\n; comment\n  # comment\n\t3\n"
                                        "b =\n 4\nc = 5\n");
    const struct ini *ini = &fixture.ini;

    (void)state;
    assert_int_equal(diag_count(fixture.diag, SEVERITY_ERROR), 0);
    assert_value(ini, 0, "1, 2, 3");
    assert_piece(ini_value(ini, &ini->entries[0])[2], "3", 7, 2);
    assert_value(ini, 1, "4");
    assert_value(ini, 2, "5");
    clear(&fixture);
}

static void continues_text_that_looks_like_more(void **state)
{
    struct fixture fixture =
        read_lines("[rule a]\nnote = see\n  x = y\n  [RFC 4890]\n  = z\n"
                   "[expect a]\npacket = in tcp\n  [2001:db8::1]:1 > [2001:db8::2]:2\n");

    (void)state;
    assert_int_equal(diag_count(fixture.diag, SEVERITY_ERROR), 0);
    assert_value(&fixture.ini, 0, "see x = y [RFC 4890] = z");
    assert_value(&fixture.ini, 1, "in tcp [2001:db8::1]:1 > [2001:db8::2]:2");
    clear(&fixture);
}

static void finds_places_across_lines(void **state)
{
    struct fixture fixture = read_lines("[sets]\na = one\n   two\n three\n");
    const struct ini *ini = &fixture.ini;

    (void)state;
    assert_piece(ini_value_part(ini, &ini->entries[0], 0, 3), "one", 2, 5);
    assert_piece(ini_value_part(ini, &ini->entries[0], 3, 1), "", 2, 8);
    assert_piece(ini_value_part(ini, &ini->entries[0], 4, 3), "two", 3, 4);
    assert_piece(ini_value_part(ini, &ini->entries[0], 5, 99), "wo", 3, 5);
    assert_piece(ini_value_part(ini, &ini->entries[0], 8, 5), "three", 4, 2);
    assert_piece(ini_value_part(ini, &ini->entries[0], 99, 1), "", 4, 7);
    clear(&fixture);
}

static void reads_lines_of_any_length(void **state)
{
    const size_t length = 1 << 20;
    char *text = malloc(length + 32);
    struct fixture fixture;

    (void)state;
    assert_non_null(text);
    memcpy(text, "[sets]\na = ", 11);
    memset(text + 11, 'x', length);
    memcpy(text + 11 + length, "\nb = 1\n", 8);
    fixture = read_lines(text);
    assert_int_equal(ini_value(&fixture.ini, &fixture.ini.entries[0])->length, length);
    assert_value(&fixture.ini, 1, "1");
    clear(&fixture);
    free(text);
}

static void splits_lists(void **state)
{
    static const char *const expected[] = {"a", "1 - 2", "3", "4-  5", "@two words", "6", "7"};
    struct fixture good =
        read_lines("[sets]\na = a,1 - 2\n , 3, 4-  5, @two words,\n  6,\n\n 7,\n");
    struct list list = list_of(&good.ini, &good.ini.entries[0], good.diag);
    struct piece item;
    size_t count = 0;

    (void)state;
    while (list_next(&list, &item))
        assert_true(count < 7 && piece_equals(item, expected[count++]));
    assert_int_equal(count, 7);
    assert_int_equal(diag_count(good.diag, SEVERITY_ERROR), 0);
    clear(&good);
}

static void tells_missing_commas(void **state)
{
    static const char *const expected[] = {"a", "b", "c", "d", "e"};
    struct fixture fixture = read_lines("[sets]\na = a b\n c,, d\n e\n");
    struct list list = list_of(&fixture.ini, &fixture.ini.entries[0], fixture.diag);
    struct piece item;
    size_t count = 0;

    (void)state;
    while (list_next(&list, &item))
        assert_true(count < 5 && piece_equals(item, expected[count++]));
    assert_int_equal(count, 5);
    assert_printed(fixture.diag, "a.ini:2:7: error: a comma is missing before \"b\"\n"
                                 "    2 | a = a b\n"
                                 "      |       ^\n"
                                 "a.ini:3:2: error: a comma is missing before \"c\"\n"
                                 "    3 |  c,, d\n"
                                 "      |  ^\n"
                                 "a.ini:3:4: error: an item is missing before this comma\n"
                                 "    3 |  c,, d\n"
                                 "      |    ^\n"
                                 "a.ini:4:2: error: a comma is missing before \"e\"\n"
                                 "    4 |  e\n"
                                 "      |  ^\n");
    clear(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_sections_and_entries),
        cmocka_unit_test(knows_comments),
        cmocka_unit_test(continues_values),
        cmocka_unit_test(continues_text_that_looks_like_more),
        cmocka_unit_test(finds_places_across_lines),
        cmocka_unit_test(reads_lines_of_any_length),
        cmocka_unit_test(splits_lists),
        cmocka_unit_test(tells_missing_commas),
    };

    return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
