/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names under which the exporter answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../loader/exporter/host.h"

static const char resolv_conf[] = "# nobody.example\nnameserver 192.0.2.1\n"
                                  "search lan.example\texample.org. # comment.example\n"
                                  "options search\n";
static const char etc_hosts[] = "127.0.0.1\tlocalhost local.example\n"
                                "127.0.1.1\tweb.example.net WEB web-alias # no.example\n"
                                "# 192.0.2.7 commented.example web\n"
                                "192.0.2.8 other.example webs";

static struct hosts *hosts;

static int read_hosts(void **state)
{
    (void)state;
    return hosts_parse("web", resolv_conf, etc_hosts, "proxy.example,status", &hosts);
}

static int free_hosts(void **state)
{
    (void)state;
    hosts_free(hosts);
    return 0;
}

static void test_ours(void **state)
{
    static const char *const ours[] = {"127.0.0.1",          "127.0.0.1:9469",
                                       "198.51.100.1:80",    "[::1]",
                                       "[2001:db8::1]:9469", "[fe80::1%25eth0]:9469",
                                       "localhost",          "LocalHost:9469",
                                       "localhost.",         "web",
                                       "web:9469",           "WEB.lan.example",
                                       "web.example.org.:1", "web.example.net",
                                       "web-alias:9469",     "proxy.example",
                                       "status:65535"};

    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (!host_is_ours(hosts, ours[i]))
            fail_msg("%s is ours", ours[i]);
    assert_true(host_is_ours(hosts, NULL));
}

static void test_not_ours(void **state)
{
    static const char *const others[] = {"",
                                         ".",
                                         ":",
                                         ":9469",
                                         "attacker.example",
                                         "attacker.example:9469",
                                         "web.attacker.example",
                                         "localhost.attacker.example",
                                         "127.0.0.1.attacker.example",
                                         "127.1",
                                         "0x7f000001",
                                         "2130706433",
                                         "127.0.0.1:9469:1",
                                         "::1",
                                         "[::1",
                                         "[]",
                                         "[127.0.0.1]",
                                         "[::1]x",
                                         "webs",
                                         "web.lan",
                                         "web.comment.example",
                                         "no.example",
                                         "commented.example",
                                         "other.example",
                                         "local.example",
                                         "proxy.example.org",
                                         "user@web",
                                         "web web",
                                         "localhost\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (host_is_ours(hosts, others[i]))
            fail_msg("%s is not ours", others[i]);
}

/* A host name that is fully qualified gets no search domain; without a host name there is no
 * name. */
static void test_whole_and_none(void **state)
{
    struct hosts *made;

    (void)state;
    assert_int_equal(hosts_parse("web.example.net", resolv_conf, etc_hosts, NULL, &made), 0);
    assert_true(host_is_ours(made, "web-alias"));
    assert_false(host_is_ours(made, "web.example.net.lan.example"));
    hosts_free(made);
    assert_int_equal(hosts_parse("", resolv_conf, etc_hosts, NULL, &made), 0);
    assert_false(host_is_ours(made, ".lan.example"));
    assert_false(host_is_ours(made, "lan.example"));
    assert_false(host_is_ours(made, ""));
    hosts_free(made);
}

static void test_names(void **state)
{
    (void)state;
    assert_true(hosts_are_names("a"));
    assert_true(hosts_are_names("a.example,b-c_d.example."));
    assert_false(hosts_are_names(""));
    assert_false(hosts_are_names("a,"));
    assert_false(hosts_are_names(",a"));
    assert_false(hosts_are_names("a b"));
    assert_false(hosts_are_names("*"));
    assert_false(hosts_are_names("a:9469"));
}

static void test_own(void **state)
{
    struct hosts *nameless;

    (void)state;
    assert_string_equal(hosts_own(hosts), "web");
    assert_int_equal(hosts_parse("", "", "", "proxy.example", &nameless), 0);
    assert_string_equal(hosts_own(nameless), "localhost");
    hosts_free(nameless);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ours),
        cmocka_unit_test(test_not_ours),
        cmocka_unit_test(test_whole_and_none),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_own),
    };
    return cmocka_run_group_tests(tests, read_hosts, free_hosts);
}
