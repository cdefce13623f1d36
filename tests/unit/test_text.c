/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from others, made safe to show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/base/text.h"

static const struct {
    const char *text, *harmless, *utf8;
} cases[] = {
    {"", "", ""},
    {"/etc/edgexdp/eth0.ini", "/etc/edgexdp/eth0.ini", "/etc/edgexdp/eth0.ini"},
    {"b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x98\x80", "b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x98\x80",
     "b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"\x1b]0;x\a", "\\x1b]0;x\\x07", "\x1b]0;x\a"},
    {"a\nb\rc\td\x7f", "a\\x0ab\\x0dc\\x09d\\x7f", "a\nb\rc\td\x7f"},
    {"\302\2332J", "\\xc2\\x9b2J", "\357\277\2752J"}, /* CSI as a single character */
    {"\2332J", "\\x9b2J", "\357\277\2752J"},
    {"\xff", "\\xff", "\xef\xbf\xbd"},
    {"a\xe2\x82", "a\\xe2\\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},                   /* cut off */
    {"\xc0\xaf", "\\xc0\\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                      /* overlong */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* surrogate */
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static void test_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        char *printed;
        size_t length;
        FILE *stream = open_memstream(&printed, &length);

        assert_string_equal(HARMLESS(cases[i].text), cases[i].harmless);
        text_print_harmless(stream, cases[i].text, strlen(cases[i].text));
        fclose(stream);
        assert_string_equal(printed, cases[i].harmless);
        free(printed);
    }
}

/* Neither a character nor an escape is written in part. */
static void test_no_room(void **state)
{
    char room[8];

    (void)state;
    assert_string_equal(text_harmless("abcdefghij", room, sizeof(room)), "abcdefg");
    assert_string_equal(text_harmless("abcd\x1bz", room, sizeof(room)), "abcd");
    assert_string_equal(text_harmless("abcde\xe2\x82\xacz", room, sizeof(room)), "abcde");
    assert_string_equal(text_harmless("abc", room, 1), "");
}

static void test_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        char *made = text_utf8(cases[i].text);

        assert_string_equal(made, cases[i].utf8);
        free(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
