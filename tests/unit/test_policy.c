/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/policy/grammar.h"
#include "../../loader/policy/notation.h"

#define RULE(keys) "[rule r]\ndirection = in\naction = accept\n" keys

static void has_the_defaults_of_the_contract(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(HEAD RULE(""), diag);
    const struct rule *rule = &policy->rules[0];
    const struct baseline expected = {.arp = true,
                                      .neighbour_discovery = true,
                                      .igmp = false,
                                      .icmp_errors = true,
                                      .link_control = true,
                                      .other_ethertypes = false,
                                      .ping = false,
                                      .dhcp_client = false,
                                      .fragments = true,
                                      .martians = false};

    (void)state;
    assert_string_equal(policy->name, "test");
    assert_string_equal(policy->description, "");
    assert_string_equal(policy->path, "test.ini");
    assert_int_equal(policy->mode, MODE_ENFORCE);
    assert_int_equal(policy->otherwise[DIRECTION_IN], VERDICT_DROP);
    assert_int_equal(policy->otherwise[DIRECTION_OUT], VERDICT_DROP);
    assert_int_equal(policy->rule_count, 1);
    assert_int_equal(policy->expectation_count, 0);
    assert_string_equal(rule->name, "r");
    assert_int_equal(rule->place.line, 3);
    assert_int_equal(rule->place.column, 7);
    assert_int_equal(rule->place.length, 1);
    assert_true(rule->direction[DIRECTION_IN]);
    assert_false(rule->direction[DIRECTION_OUT]);
    assert_int_equal(rule->action, VERDICT_ACCEPT);
    assert_false(rule->log);
    for (enum field field = 0; field < FIELDS; field++)
        assert_true(rule->matches[field].any);
    for (int family = 0; family < 2; family++) {
        assert_int_equal(rule->matches[FIELD_FROM].set->family[family].count, 1);
    }
    assert_ptr_equal(rule->matches[FIELD_FROM].set, rule->matches[FIELD_TO].set);
    assert_string_equal(rule->note, "");
    assert_string_equal(rule->matches[FIELD_FROM].set->label, "any");
    assert_memory_equal(&policy->baseline, &expected, sizeof(expected));
    policy_free(policy);
    diag_free(diag);
}

static void reads_policy_and_baseline(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(
        "\xef\xbb\xbf; made by hand\r\n[Policy]\r\nName = Edge-1\r\nDESCRIPTION = Caf\xc3\xa9 # "
        "c\r\n"
        "\tand more; of it\r\nmode = Audit\r\ninbound = ACCEPT\r\noutbound = drop\r\n"
        "[baseline]\r\narp = drop\r\nneighbour-discovery = drop\r\nigmp = accept\r\n"
        "icmp-errors = drop\r\nlink-control = drop\r\nother-ethertypes = accept\r\n"
        "ping = accept\r\ndhcp-client = accept\r\nfragments = drop\r\n"
        "tcp-flags = accept\r\nmartians = accept",
        diag);
    const struct baseline expected = {.igmp = true,
                                      .other_ethertypes = true,
                                      .ping = true,
                                      .dhcp_client = true,
                                      .tcp_flags = true,
                                      .martians = true};

    (void)state;
    assert_string_equal(policy->name, "Edge-1");
    assert_string_equal(policy->description, "Caf\xc3\xa9 and more; of it");
    assert_int_equal(policy->mode, MODE_AUDIT);
    assert_int_equal(policy->otherwise[DIRECTION_IN], VERDICT_ACCEPT);
    assert_int_equal(policy->otherwise[DIRECTION_OUT], VERDICT_DROP);
    assert_memory_equal(&policy->baseline, &expected, sizeof(expected));
    assert_int_equal(diag_count(diag, SEVERITY_ERROR), 0);
    policy_free(policy);
    diag_free(diag);
}

static void assert_ranges(const struct number_ranges *ranges, const char *expected)
{
    char text[200] = "";

    for (size_t i = 0; i < ranges->count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u-%u", i ? " " : "",
                 ranges->ranges[i].first, ranges->ranges[i].last);
    assert_string_equal(text, expected);
}

static void reads_ports(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy =
        good_policy(HEAD RULE("Protocol = TCP, udp, 132, tcp\nport = 5061-5070, 80, 5060-5061, "
                              "80, 81,\n  443 - 443, 0\nsource-port = 1024-65535\nlog = yes\n"
                              "note = asked for by\n  the phone people\n"),
                    diag);
    const struct rule *rule = &policy->rules[0];

    (void)state;
    assert_false(rule->matches[FIELD_PROTOCOL].any || rule->matches[FIELD_PORT].any ||
                 rule->matches[FIELD_SOURCE_PORT].any);
    for (int family = 0; family < 2; family++)
        assert_ranges(&rule->matches[FIELD_PROTOCOL].numbers[family], "6-6 17-17 132-132");
    assert_ranges(&rule->matches[FIELD_PORT].numbers[0], "0-0 80-81 443-443 5060-5070");
    assert_ranges(&rule->matches[FIELD_SOURCE_PORT].numbers[0], "1024-65535");
    assert_true(rule->log);
    assert_string_equal(rule->note, "asked for by the phone people");
    policy_free(policy);
    diag_free(diag);
}

static void assert_protocols(const struct rule *rule, const char *ipv4, const char *ipv6)
{
    assert_ranges(&rule->matches[FIELD_PROTOCOL].numbers[0], ipv4);
    assert_ranges(&rule->matches[FIELD_PROTOCOL].numbers[1], ipv6);
}

static void knows_icmp_families(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(
        HEAD RULE(
            "protocol = icmp\n") "[rule b]\ndirection = out\naction = drop\nprotocol = icmpv6\n"
                                 "[rule c]\ndirection = both\naction = drop\nprotocol = 1\n"
                                 "[rule d]\ndirection = both\naction = drop\nprotocol = icmp, "
                                 "icmpv6, 200\n",
        diag);
    const struct rule *rules = policy->rules;

    (void)state;
    assert_protocols(&rules[0], "1-1", "");
    assert_protocols(&rules[1], "", "58-58");
    assert_protocols(&rules[2], "1-1", "1-1");
    assert_protocols(&rules[3], "1-1 200-200", "58-58 200-200");
    assert_true(!rules[1].direction[DIRECTION_IN] && rules[1].direction[DIRECTION_OUT]);
    assert_true(rules[2].direction[DIRECTION_IN] && rules[2].direction[DIRECTION_OUT]);
    policy_free(policy);
    diag_free(diag);
}

static void reads_icmp_types(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(
        HEAD RULE("icmp-type = echo-request, 3/4, 3/3, nd-redirect, Redirect, 255\n"
                  "protocol = icmp, icmpv6\n") "[rule b]\ndirection = in\naction = drop\nprotocol "
                                               "= icmp\nicmp-type = 8, 9\n"
                                               "[rule c]\ndirection = in\naction = drop\nprotocol "
                                               "= icmp\nicmp-type = 8, any\n",
        diag);
    const struct rule *rules = policy->rules;

    (void)state;
    assert_false(rules[0].matches[FIELD_ICMP_TYPE].any);
    assert_ranges(&rules[0].matches[FIELD_ICMP_TYPE].numbers[0],
                  "771-772 1280-1535 2048-2303 65280-65535");
    assert_ranges(&rules[0].matches[FIELD_ICMP_TYPE].numbers[1],
                  "771-772 32768-33023 35072-35327 65280-65535");
    assert_ranges(&rules[1].matches[FIELD_ICMP_TYPE].numbers[0], "2048-2559");
    assert_ranges(&rules[1].matches[FIELD_ICMP_TYPE].numbers[1], "");
    assert_true(rules[2].matches[FIELD_ICMP_TYPE].any);
    assert_int_equal(rules[2].matches[FIELD_ICMP_TYPE].numbers[0].count, 0);
    policy_free(policy);
    diag_free(diag);
}

static void takes_any_everywhere(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(
        HEAD RULE("protocol = any\nport = any\nsource-port = ANY\nicmp-type = any\nfrom = any\n"
                  "to = Any\n") "[rule b]\ndirection = in\naction = drop\nprotocol = tcp, any\n"
                                "[rule c]\ndirection = in\naction = drop\nprotocol = tcp\nport = "
                                "80, any\n",
        diag);
    const struct rule *rules = policy->rules;

    (void)state;
    assert_true(rules[0].matches[FIELD_PROTOCOL].any && rules[0].matches[FIELD_PORT].any &&
                rules[0].matches[FIELD_SOURCE_PORT].any && rules[0].matches[FIELD_ICMP_TYPE].any);
    assert_true(rules[1].matches[FIELD_PROTOCOL].any);
    assert_true(rules[2].matches[FIELD_PORT].any);
    assert_int_equal(rules[2].matches[FIELD_PORT].numbers[0].count, 0);
    policy_free(policy);
    diag_free(diag);
}

static void reads_expectations(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(
        HEAD
        "[expect sip_1.a]\npacket = in tcp 203.0.113.7:40000 >\n  198.51.100.10:5061 ack\n"
        "verdict = accept\nrule = r\nreply-to = out tcp 198.51.100.10:5061 > 203.0.113.7:40000\n"
        "[expect other]\nverdict = drop\npacket = in icmp 10.0.0.1 > 10.0.0.2\n" RULE(""),
        diag);
    const struct expectation *first = &policy->expectations[0];
    char buffer[NOTATION_TEXT_BYTES];

    (void)state;
    assert_int_equal(policy->expectation_count, 2);
    assert_string_equal(first->name, "sip_1.a");
    assert_int_equal(first->place.line, 3);
    assert_int_equal(first->packet_place.line, 4);
    assert_int_equal(first->packet_place.column, 10);
    assert_string_equal(notation_print(&first->packet, buffer),
                        "in tcp 203.0.113.7:40000 > 198.51.100.10:5061 ack");
    assert_int_equal(first->verdict, VERDICT_ACCEPT);
    assert_string_equal(first->rule, "r");
    assert_true(first->has_reply_to);
    assert_string_equal(notation_print(&first->reply_to, buffer),
                        "out tcp 198.51.100.10:5061 > 203.0.113.7:40000 syn");
    assert_string_equal(policy->expectations[1].rule, "");
    assert_false(policy->expectations[1].has_reply_to);
    assert_int_equal(policy->expectations[1].verdict, VERDICT_DROP);
    policy_free(policy);
    diag_free(diag);
}

static void digests_the_bytes(void **state)
{
    /* printf '\357\273\277[policy]\r\nname=x\n' | sha256sum */
    static const char text[] = "\xef\xbb\xbf[policy]\r\nname=x\n";
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(text, diag);
    char hex[65];

    (void)state;
    for (int i = 0; i < 32; i++)
        snprintf(hex + i * 2, 3, "%02x", policy->sha256[i]);
    assert_string_equal(hex, "a1297d0bd8c44c8145aff2d1af398af08e177193931aa1f6b8483745ed633d1c");
    policy_free(policy);
    diag_free(diag);
}

static void takes_many_rules(void **state)
{
    const size_t count = 20000;
    struct diag *diag = diag_new();
    char *text = malloc(count * 120 + 100), *at = text;
    struct policy *policy;

    (void)state;
    at += sprintf(at, HEAD);
    for (size_t i = 0; i < count; i++)
        at += sprintf(at,
                      "[rule r-%zu]\ndirection = in\nprotocol = tcp\nport = %zu\naction = accept\n"
                      "from = 10.%zu.%zu.0/24\n",
                      i, i, i >> 8, i & 255);
    policy = good_policy(text, diag);
    assert_int_equal(policy->rule_count, count);
    assert_int_equal(policy->rules[count - 1].place.line, 3 + (count - 1) * 6);
    assert_ranges(&policy->rules[count - 1].matches[FIELD_PORT].numbers[0], "19999-19999");
    assert_int_equal(policy->set_count, count + 1);
    policy_free(policy);
    diag_free(diag);
    free(text);
}

static void tells_what_it_cannot_read(void **state)
{
    struct diag *diag = diag_new();
    struct policy *policy = NULL;

    (void)state;
    assert_int_equal(policy_read("no/such/policy.ini", NULL, &policy, diag), -ENOENT);
    assert_null(policy);
    assert_printed(diag, "error: cannot read no/such/policy.ini: No such file or directory\n");
    diag_free(diag);
}

static void judges_each_policy_by_itself(void **state)
{
    static const char bad[] = "[policy]\n", good[] = HEAD;
    struct diag *diag = diag_new();
    struct policy *policy = NULL;

    (void)state;
    assert_int_equal(policy_read_text("bad", bad, strlen(bad), &policy, diag), -EINVAL);
    assert_null(policy);
    assert_int_equal(policy_read_text("good", good, strlen(good), &policy, diag), 0);
    policy_free(policy);
    policy_free(NULL);
    diag_free(diag);
}

static void tells_all_faults_in_order(void **state)
{
    (void)state;
    assert_faults(
        "[policy]\nmode = loud\n[sets]\na = 10.0.0.1/8\n"
        "[rule r]\nacton = drop\nport = 80\nprotocol = tpc\nfrom = b, a\n",
        "test.ini:1:1: error: the key \"name\" is missing: its value is up to 31 letters, digits "
        "and -\n"
        "    1 | [policy]\n      | ^~~~~~~~\n"
        "test.ini:2:8: error: \"loud\" is not a value of \"mode\": write enforce or audit\n"
        "    2 | mode = loud\n      |        ^~~~\n"
        "test.ini:4:5: error: 10.0.0.1/8 has host bits set: the prefix is 10.0.0.0/8\n"
        "    4 | a = 10.0.0.1/8\n      |     ^~~~~~~~~~\n"
        "test.ini:5:1: error: the key \"direction\" is missing: its value is in, out, both or "
        "forward\n"
        "    5 | [rule r]\n      | ^~~~~~~~\n"
        "test.ini:6:1: error: unknown key \"acton\" in [rule NAME] (did you mean "
        "\"action\"?)\n"
        "    6 | acton = drop\n      | ^~~~~\n"
        "test.ini:8:12: error: unknown protocol \"tpc\" (did you mean \"tcp\"?)\n"
        "    8 | protocol = tpc\n      |            ^~~\n"
        "test.ini:9:8: error: no set is named \"b\"\n"
        "    9 | from = b, a\n      |        ^\n");
}

static void has_a_word_for_every_key(void **state)
{
    (void)state;
    for (int i = 0; i < SECTIONS; i++) {
        const struct grammar_section *section = &grammar_sections[i];

        assert_non_null(section->name);
        assert_non_null(section->title);
        assert_non_null(section->summary);
        assert_true(section->key_count <= KEYS_MAX);
        for (size_t key = 0; key < section->key_count; key++) {
            const struct grammar_key *row = &section->keys[key];

            assert_non_null(row->values);
            assert_non_null(row->summary);
            assert_true((row->kind == VALUE_LIST || row->kind == VALUE_PHRASES ||
                         row->kind == VALUE_OTHER) == !!row->read);
            assert_true((row->kind == VALUE_SWITCH || row->kind == VALUE_CHOICE) == !!row->choices);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_defaults_of_the_contract),
        cmocka_unit_test(reads_policy_and_baseline),
        cmocka_unit_test(reads_ports),
        cmocka_unit_test(knows_icmp_families),
        cmocka_unit_test(reads_icmp_types),
        cmocka_unit_test(takes_any_everywhere),
        cmocka_unit_test(reads_expectations),
        cmocka_unit_test(digests_the_bytes),
        cmocka_unit_test(takes_many_rules),
        cmocka_unit_test(tells_what_it_cannot_read),
        cmocka_unit_test(judges_each_policy_by_itself),
        cmocka_unit_test(tells_all_faults_in_order),
        cmocka_unit_test(has_a_word_for_every_key),
    };

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
