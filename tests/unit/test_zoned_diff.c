/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences of policies that are for several interfaces. */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/diff/zoned.h"
#include "../../loader/policy/host.h"
#include "../../loader/policy/read.h"

static struct policy *read_as(const char *path, const char *text, struct diag *diag)
{
    struct host *host = host_new();
    struct policy *policy = NULL;
    const struct source *source;
    struct fault fault;

    assert_int_equal(host_read_self(host, "192.0.2.1", &fault), 0);
    assert_int_equal(source_copy(diag, path, text, strlen(text), &source), 0);
    int error = policy_read_source(source, source_open_regular, host, &policy, diag);
    if (error)
        diag_print(diag, stderr);
    assert_int_equal(error, 0);
    host_free(host);
    return policy;
}

static void assert_difference(const char *before, const char *after, const char *expected)
{
    static char *text; /* gcc takes a local one for dangling once the stream is closed */
    static size_t size;
    struct diag *diag = diag_new();
    struct policy *old = read_as("old.ini", before, diag), *now = read_as("new.ini", after, diag);
    struct zoned_difference difference;
    FILE *stream = open_memstream(&text, &size);

    assert_int_equal(diff_zones(old, now, &difference, diag), 0);
    assert_int_equal(zoned_difference_is_some(&difference), *expected != '\0');
    zoned_difference_print(&difference, stream);
    fclose(stream);
    assert_string_equal(text, expected);
    free(text);
    zoned_difference_clear(&difference);
    policy_free(old);
    policy_free(now);
    diag_free(diag);
}

#define EDGE                                                                                       \
    HEAD "[interfaces]\nwan = eth0, ppp*\nlan = br0\ndmz = dmz0\n[rules]\n"                        \
         "ping = accept in ipv4 icmp echo-request\n"                                               \
         "ssh  = accept in on lan tcp > 10.0.0.1:22\n"                                             \
         "web  = accept forward wan to dmz tcp > 10.9.0.80:443\n"                                  \
         "dns  = accept forward any but lan to wan udp > 203.0.113.53:53\n"                        \
         "own  = accept out on wan udp self > 203.0.113.54:53\n"

/* However they are written, and numbered. */
static void the_same_is_no_difference(void **state)
{
    (void)state;
    assert_difference(EDGE, EDGE, "");
    assert_difference(EDGE,
                      HEAD "[interfaces]\ndmz = dmz0\nlan = br0\nwan = ppp*, eth0\n[rules]\n"
                           "own  = accept out on wan udp self > 203.0.113.54:53\n"
                           "dns1 = accept forward wan to wan udp > 203.0.113.53:53\n"
                           "web  = accept forward wan to dmz tcp > 10.9.0.80:443\n"
                           "dns2 = accept forward any but lan, wan to wan udp > 203.0.113.53:53\n"
                           "ssh  = accept in on any but dmz, wan tcp > 10.0.0.1:22\n"
                           "ping = accept in icmp echo-request\n",
                      "");
}

static void says_what_differs_where(void **state)
{
    (void)state;
    assert_difference(EDGE, EDGE "all = accept in udp > 10.0.0.1:7\n",
                      "in udp any > 10.0.0.1 : 7  drop (default) -> accept (rule all, "
                      "new.ini:13)\n");
    assert_difference(
        EDGE, EDGE "all = accept in on lan udp > 10.0.0.1:7\n",
        "on lan: in udp any > 10.0.0.1 : 7  drop (default) -> accept (rule all, new.ini:13)\n");
    /* Where a packet came in, and whether it did. */
    assert_difference(
        EDGE, EDGE "all = accept forward lan to dmz udp > 10.9.0.80:7\n",
        "on lan: in udp any > 10.9.0.80 : 7  drop (default) -> accept (rule all, new.ini:13)\n"
        "on dmz: out udp any > 10.9.0.80 : 7 (via lan)  drop (default) -> accept (rule all, "
        "new.ini:13)\n");
    assert_difference(EDGE, EDGE "all = accept out on dmz udp self > 10.9.0.80:7\n",
                      "on dmz: out udp self > 10.9.0.80 : 7 (sent by this host)  drop (default) -> "
                      "accept (rule all, new.ini:13)\n");
    assert_difference(EDGE, EDGE "all = accept out on dmz udp > 10.9.0.80:7\n",
                      "on dmz: out udp any > 10.9.0.80 : 7  drop (default) -> accept (rule all, "
                      "new.ini:13)\n");
}

static void interfaces_are_switches(void **state)
{
    (void)state;
    assert_difference(
        HEAD "[interfaces]\nwan = eth0, eth1\nlan = br0\n",
        HEAD "[interfaces]\nvpn = wg0\nwan = eth1, eth2\n[rules]\na = accept in on vpn tcp > :22\n",
        "interfaces wan: eth0, eth1 -> eth1, eth2\n"
        "interfaces lan: br0 -> none\n"
        "interfaces vpn: none -> wg0\n");
}

/* A policy without zones says the same in all; without [interfaces], some are elsewhere. */
static void one_may_have_no_zones(void **state)
{
    (void)state;
    assert_difference(
        HEAD "[rules]\nssh = accept in tcp > :22\n",
        HEAD "[interfaces]\nwan = eth0\nlan = br0\n[rules]\nssh = accept in on lan tcp > :22\n",
        "interfaces wan: none -> eth0\ninterfaces lan: none -> br0\n"
        "on wan: in tcp any > any : 22  accept (rule ssh, old.ini:4) -> drop (default)\n");
    assert_difference(
        HEAD "[rules]\nssh = accept in on br0 tcp > :22\n"
             "a = accept forward any but br0 to eth0 tcp > 203.0.113.1:22\n",
        HEAD "[rules]\nssh = accept in tcp > :22\n",
        "on eth0: in tcp any > any : 22 (IPv6)  drop (default) -> accept (rule ssh, new.ini:4)\n"
        "on eth0: in tcp any > any but 203.0.113.1 : 22 (IPv4)  drop (default) -> accept (rule "
        "ssh, "
        "new.ini:4)\n"
        "on eth0: out tcp any > 203.0.113.1 : 22 (forwarded, not via br0)  accept (rule a, "
        "old.ini:5) -> drop (default)\n"
        "elsewhere: in tcp any > any : 22 (IPv6)  drop (default) -> accept (rule ssh, "
        "new.ini:4)\n"
        "elsewhere: in tcp any > any but 203.0.113.1 : 22 (IPv4)  drop (default) -> accept (rule "
        "ssh, new.ini:4)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_no_difference),
        cmocka_unit_test(says_what_differs_where),
        cmocka_unit_test(interfaces_are_switches),
        cmocka_unit_test(one_may_have_no_zones),
    };

    return cmocka_run_group_tests_name("zoned_diff", tests, NULL, NULL);
}
