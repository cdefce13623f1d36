// SPDX-License-Identifier: GPL-2.0-or-later
/* The page as it is served: whole, with the host's name, which may be anything. */
#include "check.h"

#include "../../loader/exporter/status_page.h"

static char *served(const char *host)
{
    struct status_page page;

    assert_int_equal(status_page_make(host, &page), 0);
    assert_int_equal(strlen(page.text), page.length);
    assert_non_null(strstr(page.policy, "default-src 'none'"));
    free(page.policy);
    return page.text;
}

static void test_whole(void **state)
{
    (void)state;
    char *page = served("edge-1.example.net");
    assert_non_null(strstr(page, "<title>edge-1.example.net \xc2\xb7 edgexdp</title>"));
    assert_non_null(strstr(page, "<span id=\"host\">edge-1.example.net</span>"));
    assert_non_null(strstr(page, "\"use strict\""));
    assert_non_null(strstr(page, "color-scheme"));
    assert_null(strstr(page, "@host@"));
    assert_null(strstr(page, "@script@"));
    assert_string_equal(page + strlen(page) - strlen("</html>\n"), "</html>\n");
    free(page);
}

/* Markup in it is text, a mark in it is none, and what no browser can read is made readable. */
static void test_hostile(void **state)
{
    (void)state;
    char *page = served("<b>\"&'@script@\xff\n");
    assert_non_null(strstr(page, "<title>&#60;b&#62;&#34;&#38;&#39;@script@\\xff\\x0a "));
    assert_null(strstr(page, "<b>"));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole),
                                       cmocka_unit_test(test_hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
