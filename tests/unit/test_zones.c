/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies for several interfaces: what each zone gets of them, and who judges what passes two. */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/judge/expect.h"
#include "../../loader/policy/format.h"
#include "../../loader/policy/match.h"
#include "../../loader/policy/notation.h"
#include "../../loader/policy/read.h"
#include "../shared/same_policy.h"

static const char edge[] = HEAD "[interfaces]\n"
                                "wan = wan0, ppp*\n"
                                "lan = lan0\n"
                                "dial = ppp-in*\n"
                                "[rules]\n"
                                "ssh  = accept in on lan tcp > self:22\n"
                                "ping = accept in icmp echo-request\n"
                                "surf = accept forward lan to wan\n"
                                "web  = accept forward wan to lan tcp > 10.0.0.80:443\n"
                                "any  = drop forward udp > :9\n"
                                "own  = accept out self >\n"
                                "rest = accept out on any but wan udp > :53\n";

/* 10.0.0.1 and 192.0.2.1, of lan0 (2), wan0 (3), which is called uplink too, and ppp7 (70000). */
static struct host *make_host(const char *guarded)
{
    struct host *host = host_new();
    struct fault fault;

    assert_non_null(host);
    assert_int_equal(host_read_self(host, "10.0.0.1,192.0.2.1", &fault), 0);
    assert_int_equal(links_add(host_links(host), "lan0", 2), 0);
    assert_int_equal(links_add(host_links(host), "wan0", 3), 0);
    assert_int_equal(links_add(host_links(host), "uplink", 3), 0);
    assert_int_equal(links_add(host_links(host), "ppp7", 70000), 0);
    assert_int_equal(links_add(host_links(host), "other0", 9), 0);
    if (guarded)
        assert_int_equal(links_guard(host_links(host), guarded), 0);
    return host;
}

static struct policy *read_for(const char *text, const char *guarded, struct diag *diag)
{
    struct host *host = make_host(guarded);
    struct policy *policy = NULL;
    const struct source *source;

    assert_int_equal(source_copy(diag, "zones.ini", text, strlen(text), &source), 0);
    int error = policy_read_source(source, source_open_regular, host, &policy, diag);
    if (error)
        diag_print(diag, stderr);
    assert_int_equal(error, 0);
    host_free(host);
    return policy;
}

static void an_interface_is_in_one_zone(void **state)
{
    static const struct {
        const char *name;
        unsigned int zone;
    } cases[] = {{"wan0", 1}, {"ppp7", 1},    {"ppp", 1},   {"ppp-in3", 3}, {"uplink", 1},
                 {"lan0", 2}, {"lan01", 255}, {"wan", 255}, {"other0", 255}};
    struct diag *diag = diag_new();
    struct policy *policy = read_for(edge, NULL, diag);
    struct host *host = make_host(NULL);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(zone_of(policy, host, cases[i].name), cases[i].zone);
    assert_int_equal(zone_of(policy, NULL, "uplink"), ZONE_ELSEWHERE);
    assert_int_equal(zone_said(policy, "wan"), 1);
    assert_int_equal(zone_said(policy, "ppp7"), 1);
    assert_false(zone_can_be(policy, "eth7"));
    assert_int_equal(policy->arrival_count, 3);
    assert_int_equal(policy->arrivals[1].index, 3);
    assert_int_equal(policy->arrivals[2].index, 70000);
    assert_int_equal(policy->arrivals[2].zone, 1);
    host_free(host);
    policy_free(policy);
    diag_free(diag);
}

/* Writes the rules of ZONE: "ssh:in surf:in,out". */
static char *rules_of(const struct policy *whole, unsigned int zone, char text[256])
{
    struct policy *policy = policy_of_zone(whole, zone);
    size_t used = 0;

    *text = '\0';
    assert_non_null(policy);
    assert_int_equal(policy->zone, zone);
    for (size_t i = 0; i < policy->rule_count; i++) {
        const bool *direction = policy->rules[i].direction;

        used += (size_t)snprintf(text + used, 256 - used, "%s%s:%s%s%s", i ? " " : "",
                                 policy->rules[i].name, direction[DIRECTION_IN] ? "in" : "",
                                 direction[DIRECTION_IN] && direction[DIRECTION_OUT] ? "," : "",
                                 direction[DIRECTION_OUT] ? "out" : "");
    }
    policy_free(policy);
    return text;
}

static void a_zone_gets_what_concerns_it(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = read_for(edge, "wan0", diag);
    char text[256];

    (void)state;
    assert_string_equal(rules_of(policy, 1, text), "ping:in surf:out web:in any:in,out own:out");
    assert_string_equal(rules_of(policy, 2, text),
                        "ssh:in ping:in surf:in web:out any:in,out own:out rest:out");
    assert_string_equal(rules_of(policy, 3, text), "ping:in any:in,out own:out rest:out");
    assert_string_equal(host_known_links(policy->host)->guarded, "wan0");
    assert_int_equal(links_index(host_known_links(policy->host), "other0"), 0);
    policy_free(policy);
    diag_free(diag);
}

/* Without [interfaces], interfaces are zones, whichever of their names is said. */
static void interfaces_can_be_named(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = read_for(HEAD "[rules]\na = accept forward lan0 to wan0\n"
                                          "b = accept in on uplink, far0 tcp > :1\n",
                                     "lan0", diag);
    char text[256];

    (void)state;
    assert_int_equal(policy->zone_count, 3);
    assert_false(policy->has_interfaces);
    assert_string_equal(rules_of(policy, zone_said(policy, "lan0"), text), "a:in");
    assert_string_equal(rules_of(policy, zone_said(policy, "wan0"), text), "a:out b:in");
    assert_string_equal(rules_of(policy, zone_said(policy, "far0"), text), "b:in");
    assert_string_equal(rules_of(policy, ZONE_ELSEWHERE, text), "");
    assert_true(zone_can_be(policy, "eth7"));
    policy_free(policy);
    diag_free(diag);
}

/* Text, interfaces and all: what is kept with a policy in force. */
static void links_are_kept(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = read_for(edge, "wan0", diag);
    CLEANUP_FREE char *text = host_print(policy->host);
    struct host *again = NULL, *now = make_host("wan0"), *taken = NULL;

    (void)state;
    assert_int_equal(host_parse(text, strlen(text), &again), 0);
    CLEANUP_FREE char *second = host_print(again);
    assert_string_equal(text, second);
    assert_int_equal(links_add(host_links(now), "ppp8", 11), 0);
    assert_int_equal(links_add(host_links(now), "eth1", 12), 0);
    assert_int_equal(host_select(again, now, &taken), 0);
    CLEANUP_FREE char *changes = host_changes(again, taken);
    assert_string_equal(changes, "interfaces (new: ppp8)");
    CLEANUP_FREE char *back = host_changes(taken, again);
    assert_string_equal(back, "interfaces (gone: ppp8)");
    host_free(again);
    host_free(now);
    host_free(taken);
    policy_free(policy);
    diag_free(diag);
}

/* Writes which sides PACKET passes: "in on lan: accept, out on wan: drop". */
static void assert_passes(struct zone_judges *judges, const char *packet, const char *expected)
{
    struct packet_notation notation;
    struct passage passage;
    struct fault fault;
    char text[256];
    size_t used = 0;

    if (notation_parse(packet, &notation, &fault))
        fail_msg("%s: %s", packet, fault.text);
    assert_int_equal(zone_judges_ask(judges, &notation, 1, NULL, &passage), 0);
    for (unsigned int i = 0; i < passage.count; i++) {
        const struct outcome *outcome = &passage.sides[i].outcome;
        const struct rule *rule = zone_judge_rule(passage.sides[i].judge, outcome);

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s%s%s", i ? ", " : "",
                                 zone_name(passage.sides[i].judge->policy, passage.sides[i].zone),
                                 outcome->verdict == VERDICT_ACCEPT ? "accept" : "drop",
                                 rule ? " " : "", rule ? rule->name : "");
    }
    if (strcmp(text, expected) != 0)
        fail_msg("%s: %s, not %s", packet, text, expected);
}

static void what_is_forwarded_passes_two_interfaces(void **state)
{
    static const struct {
        const char *packet, *expected;
    } cases[] = {
        {"forward lan > wan tcp 10.0.0.5:1 > 8.8.8.8:443", "lan accept surf, wan accept surf"},
        {"forward lan0 > ppp7 tcp 10.0.0.5:1 > 8.8.8.8:444", "lan accept surf, wan accept surf"},
        {"forward wan > lan tcp 8.8.8.8:443 > 10.0.0.5:1 syn-ack",
         "wan accept surf, lan accept surf"},
        {"forward wan > lan tcp 8.8.8.9:443 > 10.0.0.5:1 syn-ack", "wan drop"},
        {"forward wan > lan tcp 8.8.8.8:2 > 10.0.0.80:443", "wan accept web, lan accept web"},
        {"forward dial > lan tcp 8.8.8.8:2 > 10.0.0.80:443", "dial drop"},
        {"out on lan tcp 8.8.8.8:2 > 10.0.0.80:443 via dial", "lan drop"},
        /* This host, links and many are never forwarded to. */
        {"in on lan tcp 10.0.0.5:1 > 192.0.2.1:443", "lan drop"},
        {"in on lan udp 10.0.0.5:1 > 224.0.0.251:5353", "lan drop"},
        {"in on lan udp 10.0.0.5:1 > 255.255.255.255:67", "lan drop"},
        {"in on lan udp [2001:db8::5]:1 > [fe80::1]:67", "lan drop"},
        {"in on lan udp [2001:db8::5]:1 > [2001:db8:9::1]:67", "lan accept surf"},
        /* What this host sends is not forwarded, and the other way round. */
        {"out on wan tcp 10.0.0.1:1 > 8.8.8.8:443", "wan accept own"},
        {"out on wan tcp 10.0.0.1:1 > 8.8.8.8:444 via lan", "wan accept surf"},
        {"out on wan tcp 10.0.0.1:1 > 8.8.8.8:445 via dial", "wan drop"},
        {"out on wan tcp 10.0.0.5:1 > 8.8.8.8:446", "wan drop"},
        {"out on wan tcp 10.0.0.5:1 > 8.8.8.8:447 via lan", "wan accept surf"},
    };
    struct diag *diag = diag_new();
    struct policy *policy = read_for(edge, NULL, diag);
    struct zone_judges *judges = zone_judges_new(policy);

    (void)state;
    assert_non_null(judges);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_passes(judges, cases[i].packet, cases[i].expected);
    zone_judges_free(judges);
    policy_free(policy);
    diag_free(diag);
}

static void assert_expected(const char *expectations, const char *said)
{
    struct diag *diag = diag_new();
    CLEANUP_FREE char *text = NULL;

    assert_true(asprintf(&text, "%s[expectations]\n%s", edge, expectations) > 0);
    struct policy *policy = read_for(text, NULL, diag);
    struct zone_judges *judges = zone_judges_new(policy);
    int error = expect_check_zones(policy, judges, diag);
    CLEANUP_FREE char *got = printed(diag);

    assert_int_equal(error, *said ? -EINVAL : 0);
    if (*said ? !strstr(got, said) : *got)
        fail_msg("%s\ninstead of\n%s", got, said);
    zone_judges_free(judges);
    policy_free(policy);
    diag_free(diag);
}

static void expectations_hold_where_they_say(void **state)
{
    (void)state;
    assert_expected("a = accept by ssh in on lan tcp 10.0.0.5:1 > self:22\n"
                    "b = drop in on wan tcp 8.8.8.8:1 > self:22\n"
                    "c = accept by ping in icmp 8.8.8.8 > self echo-request\n"
                    "d = accept forward wan > lan tcp 8.8.8.8:443 > 10.0.0.5:1 ack "
                    "after forward lan > wan tcp 10.0.0.5:1 > 8.8.8.8:443\n",
                    "");
    /* Without an interface, everywhere. */
    assert_expected("a = accept in tcp 10.0.0.5:1 > self:22\n",
                    "expectation a: expected accept, got in on wan: drop, reason default");
    assert_expected("a = accept forward lan > dial tcp 10.0.0.5:1 > 8.8.8.8:443\n",
                    "expectation a: expected accept, got out on dial: drop, reason default");
}

static void packets_say_where_they_pass(void **state)
{
    static const char *const packets[] = {
        "forward wan0 > lan0 tcp 8.8.8.8:1 > 10.0.0.5:443 syn",
        "in on wan udp 8.8.8.8:1 > 10.0.0.5:443",
        "out on lan0 udp 8.8.8.8:1 > 10.0.0.5:443 via wan",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
        struct packet_notation packet;
        char text[NOTATION_TEXT_BYTES];
        struct fault fault;

        assert_int_equal(notation_parse(packets[i], &packet, &fault), 0);
        assert_string_equal(notation_print(&packet, text), packets[i]);
    }
}

/* Both forms say the same. */
static void both_forms_say_the_same(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = read_for(edge, NULL, diag);

    (void)state;
    for (int again = 0; again < 2; again++) {
        struct diag *other_diag = diag_new();
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        assert_int_equal(
            policy_format(diag_source(diag, 0), again ? POLICY_SHORT : POLICY_LONG, out), 0);
        fclose(out);
        struct policy *other = read_for(text, NULL, other_diag);
        assert_null(same_policy(policy, other));
        policy_free(other);
        diag_free(other_diag);
        free(text);
    }
    policy_free(policy);
    diag_free(diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interface_is_in_one_zone),
        cmocka_unit_test(a_zone_gets_what_concerns_it),
        cmocka_unit_test(interfaces_can_be_named),
        cmocka_unit_test(links_are_kept),
        cmocka_unit_test(what_is_forwarded_passes_two_interfaces),
        cmocka_unit_test(expectations_hold_where_they_say),
        cmocka_unit_test(packets_say_where_they_pass),
        cmocka_unit_test(both_forms_say_the_same),
    };

    return cmocka_run_group_tests_name("zones", tests, NULL, NULL);
}
