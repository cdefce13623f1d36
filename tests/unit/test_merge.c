/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talks as rules: never wider than asked, most packets first, and readable. */
#include "sightings.h"

/* What is printed behind a policy is a policy, in which no name stands twice. */
static void assert_reads(const struct collection *collection, enum merge merge)
{
    struct diag *diag = diag_new();
    char *said = said_of(collection, merge), *text = NULL;

    assert_true(asprintf(&text, HEAD "%s", said) > 0);
    policy_free(good_policy(text, diag));
    diag_free(diag);
    free(text);
    free(said);
}

static void services_list_who_was_seen(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn");
    see(collection, "in tcp 203.0.113.9:40000 > 198.51.100.10:443 syn");
    see(collection, "in tcp 203.0.114.9:40000 > 198.51.100.10:443 syn");
    assert_said(collection, MERGE_SERVICE,
                "in-tcp-443 = accept in tcp 203.0.113.7, 203.0.113.9, 203.0.114.9 > "
                "198.51.100.10:443\n",
                true);
    assert_said(collection, MERGE_NETWORK,
                "in-tcp-443 = accept in tcp 203.0.113.0/24, 203.0.114.9 > 198.51.100.10:443\n",
                true);
    assert_said(collection, MERGE_EXACT,
                "in-tcp-443   = accept in tcp 203.0.113.7 > 198.51.100.10:443\n", true);
    assert_said(collection, MERGE_EXACT,
                "in-tcp-443-3 = accept in tcp 203.0.114.9 > 198.51.100.10:443\n", true);
    collection_clear(collection);
}

/* Only pairs that were seen: near ends share a rule if their far ends are the same. */
static void near_ends_share_a_rule(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn");
    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.20:443 syn");
    see(collection, "in tcp 203.0.113.9:40000 > 198.51.100.30:443 syn");
    assert_said(collection, MERGE_SERVICE,
                "accept in tcp 203.0.113.7 > 198.51.100.10, 198.51.100.20:443\n", true);
    assert_said(collection, MERGE_SERVICE, "accept in tcp 203.0.113.9 > 198.51.100.30:443\n", true);
    collection_clear(collection);
}

static void neighbours_become_a_prefix(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    for (int i = 4; i < 8; i++) {
        char text[80];
        snprintf(text, sizeof(text), "in udp 203.0.113.%d:40000 > 198.51.100.10:514", i);
        see(collection, text);
    }
    assert_said(collection, MERGE_SERVICE, "accept in udp 203.0.113.4/30 > 198.51.100.10:514\n",
                true);
    collection_clear(collection);
}

static void ipv6_is_apart(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in tcp [2001:db8:1::7]:40000 > [2001:db8::10]:443 syn");
    see(collection, "in tcp [2001:db8:1::9]:40000 > [2001:db8::10]:443 syn");
    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn");
    see(collection, "out tcp [2001:db8::10]:40000 > [2001:db8:2::1]:25 syn");
    see(collection, "out tcp [2001:db8::10]:40000 > [2001:db8:3::1]:25 syn");
    assert_said(collection, MERGE_NETWORK,
                "in-tcp-443-ipv6 = accept in tcp 2001:db8:1::/64 > "
                "[2001:db8::10]:443\n",
                true);
    assert_said(collection, MERGE_NETWORK,
                "accept out tcp 2001:db8::10 > [2001:db8:2::1], "
                "[2001:db8:3::1]:25\n",
                true);
    assert_reads(collection, MERGE_NETWORK);
    collection_clear(collection);
}

static void icmp_has_types(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    see(collection, "in icmp 203.0.113.7 > 198.51.100.10 redirect/0");
    see(collection, "in icmp 203.0.113.7 > 198.51.100.10 redirect/1");
    see(collection, "in icmp 203.0.113.7 > 198.51.100.10 40");
    assert_said(collection, MERGE_SERVICE,
                "; 2 packets, 200 bytes from 1 source\n"
                "in-icmp-redirect = accept in icmp redirect 203.0.113.7 > 198.51.100.10\n",
                true);
    assert_said(collection, MERGE_EXACT, "accept in icmp 5/1 203.0.113.7 > 198.51.100.10\n", true);
    assert_reads(collection, MERGE_SERVICE);
    assert_reads(collection, MERGE_EXACT);
    collection_clear(collection);
}

/* Every protocol, in both families and directions: all that is printed can be read. */
static void every_protocol_can_be_read(void **state)
{
    (void)state;
    struct collection *collection = collection_new();

    for (unsigned int protocol = 0; protocol < 256; protocol++) {
        struct sighting sighting = {.outcome = {.kind = OUTCOME_REASON, .reason = REASON_DEFAULT},
                                    .family = protocol % 2 ? FAMILY_IPV6 : FAMILY_IPV4,
                                    .direction = protocol / 2 % 2,
                                    .protocol = (u8)protocol,
                                    .tcp_flags = TCP_SYN,
                                    .source = {10, 0, 0, 1},
                                    .destination = {10, 0, 0, 2},
                                    .packets = 1,
                                    .bytes = 1};
        collection_add(collection, &sighting);
    }
    assert_reads(collection, MERGE_SERVICE);
    assert_reads(collection, MERGE_EXACT);
    collection_clear(collection);
}

static bool is_http(const char *name, const void *context)
{
    return !strcmp(name, context);
}

static void names_are_free(void **state)
{
    (void)state;
    struct collection *collection = collection_new();
    struct suggested_wish wish = {MERGE_SERVICE, NULL, is_http, "in-tcp-80"};
    struct findings findings;

    see(collection, "in tcp 203.0.113.7:40000 > 198.51.100.10:80 syn");
    see(collection, "in tcp 203.0.113.9:40000 > 198.51.100.11:80 syn");
    assert_int_equal(findings_make(collection, &wish, &findings), 0);
    assert_string_equal(findings.suggestions.rules[0].name, "in-tcp-80-2");
    assert_string_equal(findings.suggestions.rules[1].name, "in-tcp-80-3");
    findings_clear(&findings);
    wish.zone = "Wan_0123456789";
    assert_int_equal(findings_make(collection, &wish, &findings), 0);
    assert_string_equal(findings.suggestions.rules[0].name, "in-tcp-80-wan-012345");
    assert_string_equal(findings.suggestions.rules[1].name, "in-tcp-80-wan-012345-2");
    findings_clear(&findings);
    collection_clear(collection);
}

/* A rule that lists many goes over several lines; one has only so many, and says so. */
static void many_sources(void **state)
{
    (void)state;
    struct collection *collection = collection_of(4096);
    char text[80];

    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof(text), "in tcp 203.0.%d.%d:40000 > 198.51.100.10:443 syn", i / 100,
                 i % 100 * 2);
        see(collection, text);
    }
    see(collection, text);
    assert_said(collection, MERGE_SERVICE,
                "; 257 packets, 25700 bytes from 256 sources; 257 SYNs; without 44 more sources of "
                "44 packets\n",
                true);
    assert_said(collection, MERGE_SERVICE, "203.0.2.198", true);
    assert_said(collection, MERGE_NETWORK, "203.0.0.0/24, 203.0.1.0/24, 203.0.2.0/24 >", true);
    assert_reads(collection, MERGE_SERVICE);
    collection_clear(collection);
}

static void too_many_rules(void **state)
{
    (void)state;
    struct collection *collection = collection_of(4096);
    struct findings findings;
    char text[80];

    for (int i = 0; i < MERGE_RULES_MAX + 100; i++) {
        snprintf(text, sizeof(text), "in tcp 203.%d.%d.1:40000 > 198.51.100.10:443 syn", i / 200,
                 i % 200);
        see(collection, text);
    }
    assert_int_equal(
        findings_make(collection, &(struct suggested_wish){.merge = MERGE_EXACT}, &findings), 0);
    assert_int_equal(findings.suggestions.count, MERGE_RULES_MAX);
    assert_int_equal(findings.suggestions.left.packets, 100);
    findings_clear(&findings);
    collection_clear(collection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_list_who_was_seen),
        cmocka_unit_test(near_ends_share_a_rule),
        cmocka_unit_test(neighbours_become_a_prefix),
        cmocka_unit_test(ipv6_is_apart),
        cmocka_unit_test(icmp_has_types),
        cmocka_unit_test(every_protocol_can_be_read),
        cmocka_unit_test(names_are_free),
        cmocka_unit_test(many_sources),
        cmocka_unit_test(too_many_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
