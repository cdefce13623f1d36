/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule or an expectation on one line means the same as the section would. Faults in such lines
 * are in tests/broken. */
#include "../../loader/base/memory.h"
#include "../../loader/policy/read.h"
#include "../shared/same_policy.h"
#include "check.h"

#define SETS                                                                                       \
    "[policy]\nname = short\n"                                                                     \
    "[sets]\nlan = 10.0.0.0/8, 2001:db8::/32\nhosts = 192.0.2.1\nlog = 198.51.100.7\n"             \
    "tcp = 198.51.100.8\nipv4 = 192.0.2.4\necho-request = 192.0.2.5\n"                             \
    "[ports]\nweb = http, alt\nalt = 8443\n"

/* A line, and the keys of the section that it stands for. */
static const struct {
    const char *line, *section;
} rules[] = {
    {"accept in", "action = accept\ndirection = in"},
    {"DROP Both", "action = drop\ndirection = both"},
    {"accept out any", "action = accept\ndirection = out"},
    {"accept in tcp lan > hosts:22",
     "action = accept\ndirection = in\nprotocol = tcp\nfrom = lan\nto = hosts\nport = 22"},
    {"accept in tcp, udp lan, 192.0.2.0/24 > hosts:80, 443, 8000-8100",
     "action = accept\ndirection = in\nprotocol = tcp, udp\nfrom = lan, 192.0.2.0/24\nto = hosts\n"
     "port = 80, 443, 8000-8100"},
    {"accept in udp lan:53,123 > :1024-65535",
     "action = accept\ndirection = in\nprotocol = udp\nfrom = lan\nsource-port = 53, 123\n"
     "port = 1024-65535"},
    {"accept in udp :53 >", "action = accept\ndirection = in\nprotocol = udp\nsource-port = 53"},
    {"accept in tcp>:22", "action = accept\ndirection = in\nprotocol = tcp\nport = 22"},
    {"accept in tcp lan:1>hosts:2",
     "action = accept\ndirection = in\nprotocol = tcp\nfrom = lan\nsource-port = 1\nto = hosts\n"
     "port = 2"},
    {"accept in tcp lan : 1 > hosts : 2 , 3",
     "action = accept\ndirection = in\nprotocol = tcp\nfrom = lan\nsource-port = 1\nto = hosts\n"
     "port = 2, 3"},
    {"drop in lan >", "action = drop\ndirection = in\nfrom = lan"},
    {"drop in any > lan", "action = drop\ndirection = in\nto = lan"},
    {"drop in any any > lan", "action = drop\ndirection = in\nto = lan"},
    {"drop in 47 lan >", "action = drop\ndirection = in\nprotocol = 47\nfrom = lan"},
    {"accept in icmp echo-request",
     "action = accept\ndirection = in\nprotocol = icmp\nicmp-type = echo-request"},
    {"accept in icmp, icmpv6 echo-request, 3/4 lan > hosts",
     "action = accept\ndirection = in\nprotocol = icmp, icmpv6\nicmp-type = echo-request, 3/4\n"
     "from = lan\nto = hosts"},
    {"accept in icmpv6 lan >", "action = accept\ndirection = in\nprotocol = icmpv6\nfrom = lan"},
    {"drop in tcp [2001:db8::1]:5 > [2001:db8::/48]:6, 7",
     "action = drop\ndirection = in\nprotocol = tcp\nfrom = 2001:db8::1\nsource-port = 5\n"
     "to = 2001:db8::/48\nport = 6, 7"},
    {"drop in 2001:db8::1, fe80::/10 > ::1",
     "action = drop\ndirection = in\nfrom = 2001:db8::1, fe80::/10\nto = ::1"},
    {"drop in 2001:db8::1-2001:db8::9 > 10.0.0.1-10.0.0.9",
     "action = drop\ndirection = in\nfrom = 2001:db8::1-2001:db8::9\nto = 10.0.0.1-10.0.0.9"},
    {"drop in \"tcp\" > \"log\":22 protocol tcp",
     "action = drop\ndirection = in\nfrom = tcp\nto = log\nport = 22\nprotocol = tcp"},
    {"drop in tcp from lan to hosts port 22",
     "action = drop\ndirection = in\nprotocol = tcp\nfrom = lan\nto = hosts\nport = 22"},
    {"drop in lan > log", "action = drop\ndirection = in\nfrom = lan\nlog = yes"},
    {"drop in lan > log yes", "action = drop\ndirection = in\nfrom = lan\nlog = yes"},
    {"drop in log no lan", NULL},
    {"drop in note \"a b > c, d: log\" log",
     "action = drop\ndirection = in\nnote = a b > c, d: log\nlog = yes"},
    {"drop in lan > note word", "action = drop\ndirection = in\nfrom = lan\nnote = word"},
    {"accept in udp > :3784 ttl 255, 1-3 log",
     "action = accept\ndirection = in\nprotocol = udp\nport = 3784\nttl = 255, 1-3\nlog = yes"},
    {"accept in ipv6 tcp > :22 length 0-512, 1400",
     "action = accept\ndirection = in\nfamily = ipv6\nprotocol = tcp\nport = 22\n"
     "length = 0-512, 1400"},
    /* A line may be continued anywhere. */
    {"reject\n with\n tcp-reset in\n tcp >\n :\n 22",
     "action = reject\n with\n tcp-reset\ndirection = in\nprotocol = tcp\nport = 22"},
    {"drop in any\n but\n lan >", "action = drop\ndirection = in\nfrom = any\n but\n lan"},
    {"drop in any but lan >", "action = drop\ndirection = in\nfrom = any\n but lan"},
    {"accept in tcp limit 5\n new/second per\n source,\n 6/minute burst\n 7 log",
     "action = accept\ndirection = in\nprotocol = tcp\nlog = yes\nlimit = 5\n new/second\n per "
     "source, 6/minute\n burst 7"},
    {"drop in ipv4 > ", "action = drop\ndirection = in\nfamily = ipv4"},
    {"drop in IPv4 lan >", "action = drop\ndirection = in\nfamily = ipv4\nfrom = lan"},
    {"drop in ipv4, ipv6 47", "action = drop\ndirection = in\nprotocol = 47"},
    {"drop in ipv4 41 > lan family any", NULL},
    {"drop in udp > lan family ipv4",
     "action = drop\ndirection = in\nprotocol = udp\nto = lan\nfamily = ipv4"},
    {"drop in > fragment Yes", "action = drop\ndirection = in\nfragment = first, later"},
    {"drop in tcp > :443 fragment any but yes",
     "action = drop\ndirection = in\nprotocol = tcp\nport = 443\nfragment = no"},
    {"accept in udp > :5060 dscp EF, af31 - af43",
     "action = accept\ndirection = in\nprotocol = udp\nport = 5060\ndscp = 46, 26-38"},
    {"accept in tcp any but lan, hosts > any but lan:any but https, 8000-8100",
     "action = accept\ndirection = in\nprotocol = tcp\nfrom = any but lan, hosts\n"
     "to = any but lan\nport = any but 443, 8000-8100"},
    {"accept in tcp > :web, ssh",
     "action = accept\ndirection = in\nprotocol = tcp\nport = 80, 8443, 22"},
    {"accept in ospf, ipv6-icmp lan >",
     "action = accept\ndirection = in\nprotocol = 89, icmpv6\nfrom = lan"},
    {"drop in icmp destination-unreachable/port-unreachable, 3/13",
     "action = drop\ndirection = in\nprotocol = icmp\nicmp-type = 3/3, 3/admin-prohibited"},
    {"drop in lan,\n  hosts >\n  :22,\n  80 protocol tcp # why\n",
     "action = drop\ndirection = in\nfrom = lan, hosts\nport = 22, 80\nprotocol = tcp"},
};

static struct policy *read_text(const char *text, struct diag *diag)
{
    struct policy *policy = NULL;

    if (policy_read_text("short.ini", text, strlen(text), &policy, diag))
        policy = NULL;
    return policy;
}

static void rules_mean_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        struct diag *diag = diag_new();
        char text[1024];
        struct policy *one, *other;

        snprintf(text, sizeof(text), SETS "[rules]\nr = %s\n", rules[i].line);
        one = read_text(text, diag);
        if (!rules[i].section) {
            assert_null(one);
            diag_free(diag);
            continue;
        }
        if (!one) {
            diag_print(diag, stderr);
            fail_msg("%s", rules[i].line);
        }
        snprintf(text, sizeof(text), SETS "[rule r]\n%s\n", rules[i].section);
        other = read_text(text, diag);
        assert_non_null(other);
        assert_int_equal(one->rule_count, 1);
        assert_int_equal(other->rule_count, 1);
        assert_null(same_rule(&one->rules[0], &other->rules[0]));
        policy_free(one);
        policy_free(other);
        diag_free(diag);
    }
}

#define PACKET       "in tcp 192.0.2.9:1 > 10.0.0.1:2 syn"
#define OTHER_PACKET "out tcp 10.0.0.1:2 > 192.0.2.9:1 syn-ack"
#define RULE         "[rules]\nr = accept in\n"

static void expectations_mean_the_same(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = read_text(SETS RULE "[expectations]\n"
                                                "a = accept " PACKET "\n"
                                                "b = accept by r " PACKET "\n"
                                                "c = drop " OTHER_PACKET " after " PACKET "\n"
                                                "d = accept by \"r\" in tcp\n"
                                                "  192.0.2.9:1 >10.0.0.1:2\n"
                                                "  after " OTHER_PACKET "\n",
                                      diag);
    struct policy *other = read_text(
        SETS RULE "[expect a]\nverdict = accept\npacket = " PACKET "\n"
                  "[expect b]\nverdict = accept\nrule = r\npacket = " PACKET "\n"
                  "[expect c]\nverdict = drop\npacket = " OTHER_PACKET "\nreply-to = " PACKET "\n"
                  "[expect d]\nverdict = accept\nrule = r\npacket = " PACKET
                  "\nreply-to = " OTHER_PACKET "\n",
        diag);

    (void)state;
    if (!policy || !other)
        diag_print(diag, stderr);
    assert_non_null(policy);
    assert_non_null(other);
    assert_int_equal(policy->expectation_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_null(same_expectation(&policy->expectations[i], &other->expectations[i]));
    policy_free(policy);
    policy_free(other);
    diag_free(diag);
}

/* Sections have no quotes. */
static void quotes_protect_comments(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy =
        read_text(SETS "[rules]\na = drop in note \"one # two ; three\" # four\n", diag);

    (void)state;
    assert_non_null(policy);
    assert_string_equal(policy->rules[0].note, "one # two ; three");
    policy_free(policy);
    diag_free(diag);
}

/* Rules keep the order in which they are written, in either form. */
static void keeps_the_order(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy =
        read_text(SETS "[rules]\na = drop in\nb = drop out\n[rule c]\naction = drop\n"
                       "direction = in\n[rules]\nd = drop in\n",
                  diag);

    (void)state;
    assert_non_null(policy);
    assert_int_equal(policy->rule_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const char name[2] = {(char)('a' + i), '\0'};
        assert_string_equal(policy->rules[i].name, name);
    }
    assert_int_equal(policy->rules[1].place.line, 15);
    policy_free(policy);
    diag_free(diag);
}

static int open_part(struct diag *diag, const char *path, const struct source **source)
{
    static const char part[] = "[sets]\nwan = 192.0.2.0/24\n[rules]\nb = drop in wan >\n";

    assert_string_equal(path, "folder/part.ini");
    return source_copy(diag, path, part, strlen(part), source);
}

/* A set may be called like a keyword, which wins; the note stands where somebody could have meant
 * the set. */
static void notes_keywords_that_are_sets(void **state)
{
    static const struct {
        const char *line, *note; /* NULL: none */
    } lines[] = {
        {"drop in tcp > hosts:22", "tcp"},
        {"drop in TCP > hosts:22", NULL}, /* names are case-sensitive */
        {"drop in udp, tcp:22 >", "tcp"},
        {"drop in tcp, udp >", NULL},
        {"drop in tcp", "tcp"},
        {"drop in ipv4 > hosts", "ipv4"},
        {"drop in tcp lan > hosts", NULL},
        {"drop in tcp \"tcp\" > \"log\" log", NULL},
        {"drop in tcp from lan", NULL},
        {"drop in lan > log", "log"},
        {"drop in lan > log yes", NULL},
        {"drop in tcp lan > :22 log", NULL},
        {"drop in lan > ttl 1 log", NULL},
        {"drop in lan > log to hosts", NULL},
        {"drop in icmp echo-request > hosts", "echo-request"},
        {"drop in any > hosts", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        char text[1000], want[200];
        struct diag *diag = diag_new();
        struct policy *policy = NULL;

        snprintf(text, sizeof(text), SETS "[rules]\nrule = %s\n", lines[i].line);
        assert_int_equal(policy_read_text("t", text, strlen(text), &policy, diag), 0);
        char *told = printed(diag);
        snprintf(want, sizeof(want),
                 "note: \"%s\" is a keyword here, not the set of that name: the "
                 "set stands in double quotes\n",
                 lines[i].note);
        if (lines[i].note ? !strstr(told, want) : *told != 0)
            fail_msg("%s\n%s", lines[i].line, told);
        assert_int_equal(diag_count(diag, SEVERITY_NOTE), lines[i].note != NULL);
        free(told);
        policy_free(policy);
        diag_free(diag);
    }
}

/* Included rules stand between the rules before and after them; messages about their lines name the
 * file. */
static void included_rules_stand_in_place(void **state)
{
    static const char text[] = "[policy]\nname = outer\n[rules]\na = drop in\n"
                               "[include part.ini]\n[rules]\nc = drop out wan >\n";
    struct diag *diag = diag_new();
    const struct source *source = NULL;
    struct policy *policy = NULL;

    (void)state;
    assert_int_equal(source_copy(diag, "folder/outer.ini", text, strlen(text), &source), 0);
    assert_int_equal(policy_read_source(source, open_part, NULL, &policy, diag), 0);
    assert_int_equal(policy->rule_count, 3);
    assert_string_equal(policy->rules[1].name, "b");
    assert_string_equal(rule_place(policy, &policy->rules[1]).text, "folder/part.ini:4");
    assert_string_equal(rule_file(policy, &policy->rules[1]), "folder/part.ini");
    assert_string_equal(rule_place(policy, &policy->rules[2]).text, "line 7");
    assert_string_equal(rule_file(policy, &policy->rules[2]), "folder/outer.ini");
    policy_free(policy);
    diag_free(diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_mean_the_same),
        cmocka_unit_test(expectations_mean_the_same),
        cmocka_unit_test(quotes_protect_comments),
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(notes_keywords_that_are_sets),
        cmocka_unit_test(included_rules_stand_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
