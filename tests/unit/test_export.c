/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/export/export.h"

/* The ruleset exported from the policy TEXT; the caller frees it. */
static char *ruleset(const char *text)
{
    static char *written; /* gcc takes a local one for dangling once the stream is closed */
    static size_t size;
    struct diag *diag = diag_new();
    struct policy *policy = good_policy(text, diag);
    FILE *stream = open_memstream(&written, &size);

    assert_non_null(stream);
    export_nftables(policy, NULL, "wan0", stream);
    fclose(stream);
    policy_free(policy);
    diag_free(diag);
    return TAKE_PTR(written);
}

/* The lines of CHAIN, starting with the one that begins with FROM. */
static void assert_chain(const char *text, const char *chain, const char *from,
                         const char *expected)
{
    CLEANUP_FREE char *made = ruleset(text), *copy = NULL;
    char head[80];
    const char *start, *end;

    snprintf(head, sizeof(head), "\tchain %s {\n", chain);
    start = strstr(made, head);
    assert_non_null(start);
    end = strstr(start, "\t}\n");
    start = strstr(start, from);
    assert_non_null(start);
    assert_true(start < end);
    copy = strndup(start, (size_t)(end - start));
    assert_string_equal(copy, expected);
}

static void assert_has(const char *text, const char *part)
{
    CLEANUP_FREE char *made = ruleset(text);

    if (!strstr(made, part))
        fail_msg("no\n%s\nin\n%s", part, made);
}

static void assert_has_not(const char *text, const char *part)
{
    CLEANUP_FREE char *made = ruleset(text);

    if (strstr(made, part))
        fail_msg("there is\n%s\nin\n%s", part, made);
}

#define SETS   HEAD "[sets]\nours = 198.51.100.0/24, 2001:db8::/32\n"
#define RULE   "[rule r]\naction = accept\n"
#define LAST   "\t\tcounter drop comment \"default\"\n"
#define IN(x)  "\t\t" x " counter accept comment \"r\"\n" LAST
#define OUT(x) "\t\t" x " counter goto remember comment \"r\"\n" LAST

static void names_the_interface_and_the_policy(void **state)
{
    (void)state;
    assert_has(HEAD, "define edge = \"wan0\"\n");
    assert_has(HEAD "description = of a\ttest\n", "# Policy test\n# of a test\n");
    assert_true(export_interface_is_good("eth0.7"));
    assert_false(export_interface_is_good(""));
    assert_false(export_interface_is_good("eth*"));
    assert_false(export_interface_is_good("a\" drop #"));
    assert_false(export_interface_is_good("sixteen-letters-"));
}

static void writes_a_rule_once_where_families_do_not_differ(void **state)
{
    (void)state;
    assert_chain(HEAD RULE "direction = in\nprotocol = tcp\nport = 443, 8000-8010\n", "inbound",
                 "\t\ttcp dport", IN("tcp dport { 443, 8000-8010 }"));
    assert_chain(HEAD RULE
                 "direction = in\nprotocol = tcp, udp\nport = 53\nsource-port = 1024-65535\n",
                 "inbound", "\t\tmeta l4proto {",
                 IN("meta l4proto { tcp, udp } th sport 1024-65535 th dport 53"));
    assert_chain(HEAD RULE "direction = in\nprotocol = 58, 200\n", "inbound", "\t\tmeta l4proto {",
                 IN("meta l4proto { icmpv6, 200 }"));
    assert_chain(HEAD RULE "direction = in\n", "inbound", "\t\tcounter accept comment \"r\"",
                 "\t\tcounter accept comment \"r\"\n" LAST);
}

static void writes_a_rule_for_each_family(void **state)
{
    (void)state;
    assert_chain(SETS RULE "direction = in\nprotocol = udp\nto = ours\n", "inbound", "\t\tip daddr",
                 "\t\tip daddr @ours-ipv4 meta l4proto udp counter accept comment \"r\"\n"
                 "\t\tip6 daddr @ours-ipv6 meta l4proto udp counter accept comment \"r\"\n" LAST);
    assert_chain(HEAD RULE "direction = in\nprotocol = icmp\n", "inbound",
                 "\t\tmeta nfproto ipv4 meta", IN("meta nfproto ipv4 meta l4proto icmp"));
    assert_chain(SETS RULE "direction = out\nprotocol = udp\nto = ours, 0.0.0.0/0\n", "outbound",
                 "\t\tmeta nfproto ipv4 meta",
                 "\t\tmeta nfproto ipv4 meta l4proto udp counter goto remember comment \"r\"\n"
                 "\t\tip6 daddr @_list-1-ipv6 meta l4proto udp counter goto remember"
                 " comment \"r\"\n" LAST);
    assert_chain(HEAD RULE "direction = in\nfrom = 192.0.2.1\nto = 2001:db8::1\n", "inbound",
                 "\t\t# r", "\t\t# r matches nothing\n" LAST);
}

static void writes_sets(void **state)
{
    (void)state;
    assert_has(SETS RULE "direction = in\nfrom = ours, 192.0.2.1-192.0.2.9, 192.0.2.5\nto = ours\n",
               "\t# ours, 192.0.2.1-192.0.2.9, 192.0.2.5\n\tset _list-");
    assert_has(SETS RULE "direction = in\nfrom = 192.0.2.1-192.0.2.9, 192.0.2.5\n",
               "\t\ttype ipv4_addr\n\t\tflags interval\n\t\tauto-merge\n\t\telements = {\n"
               "\t\t\t192.0.2.1-192.0.2.9\n\t\t}\n");
    assert_has_not(SETS RULE "direction = in\nfrom = any\n", "elements");
}

static void names_icmp_types(void **state)
{
    (void)state;
    assert_chain(HEAD RULE "direction = in\nprotocol = icmp\nicmp-type = redirect, 200\n",
                 "inbound", "\t\tmeta nfproto ipv4 icmp type { redirect",
                 IN("meta nfproto ipv4 icmp type { redirect, 200 }"));
    assert_chain(HEAD RULE "direction = in\nprotocol = icmpv6\n"
                           "icmp-type = packet-too-big/0, echo-request\n",
                 "inbound", "\t\tmeta nfproto ipv6 icmpv6 type .",
                 IN("meta nfproto ipv6 icmpv6 type . icmpv6 code { packet-too-big . 0, "
                    "echo-request . 0-255 }"));
}

/* For answers to inbound packets both ends are exchanged; only an ICMP reply answers an ICMP
 * request. */
static void turns_rules_round(void **state)
{
    (void)state;
    assert_chain(
        SETS "[rule first]\ndirection = in\nprotocol = tcp\nfrom = ours\nport = 22\n"
             "action = drop\n"
             "[rule second]\ndirection = both\nprotocol = tcp\nport = 22\n"
             "source-port = 1024-65535\naction = accept\n"
             "[rule ping]\ndirection = in\nprotocol = icmp\nicmp-type = echo-request\n"
             "action = accept\n"
             "[rule errors]\ndirection = in\nprotocol = icmp\nicmp-type = time-exceeded\n"
             "action = accept\n"
             "[rule out]\ndirection = out\naction = accept\nprotocol = tcp\n",
        "answers", "\t\tip daddr @ours-ipv4",
        "\t\tip daddr @ours-ipv4 tcp sport 22 return comment \"first\"\n"
        "\t\tip6 daddr @ours-ipv6 tcp sport 22 return comment \"first\"\n"
        "\t\ttcp dport 1024-65535 tcp sport 22 counter accept comment \"second\"\n"
        "\t\tmeta nfproto ipv4 icmp type { echo-reply } counter accept comment \"ping\"\n");
    assert_chain(HEAD "inbound = accept\n", "answers", "\t\tcounter",
                 "\t\tcounter accept comment \"reply\"\n");
}

static void obeys_log_note_audit_and_default(void **state)
{
    (void)state;
    assert_chain(HEAD "[rule r]\ndirection = out\naction = drop\nlog = yes\nprotocol = tcp\n"
                      "note = why\n",
                 "outbound", "\t\t# why",
                 "\t\t# why\n"
                 "\t\tmeta l4proto tcp limit rate 64/second burst 64 packets"
                 " log prefix \"edgexdp r: \" level info\n"
                 "\t\tmeta l4proto tcp counter drop comment \"r\"\n" LAST);
    assert_chain(HEAD "outbound = accept\n", "outbound", "\t\tcounter",
                 "\t\tcounter goto remember comment \"default\"\n");
    assert_has_not(HEAD "mode = audit\n[baseline]\narp = drop\nfragments = drop\n"
                        "[rule r]\ndirection = both\naction = drop\n",
                   " drop ");
}

/* A line for each conjunction; an answer is not asked for flags. */
static void writes_flags(void **state)
{
    static const char text[] = HEAD "[rules]\nodd = drop in tcp > :22 tcp-flags syn+ece, cwr+!psh\n"
                                    "web = accept in tcp > :443 tcp-flags syn+!ack, syn+ack\n";

    (void)state;
    assert_has(text, "\t\ttcp dport 22 tcp flags & (syn | ecn) == syn | ecn counter drop comment "
                     "\"odd\"\n"
                     "\t\ttcp dport 22 tcp flags & (psh | cwr) == cwr counter drop comment "
                     "\"odd\"\n"
                     "\t\ttcp dport 443 tcp flags & (syn) == syn counter accept comment "
                     "\"web\"\n");
    assert_has(text, "\t\ttcp sport 443 counter accept comment \"web\"\n");
    assert_has_not(text, "tcp sport 22");
}

#define NAMED                                                                                      \
    "[rules]\n"                                                                                    \
    "shut = reject in gre > fragment later\n"                                                      \
    "let = accept both udp > fragment yes log\n"                                                   \
    "web = accept in tcp > :443 fragment no\n"

/* Before connection tracking joins fragments. */
static void asks_for_later_fragments_early(void **state)
{
    (void)state;
    assert_has(HEAD NAMED, "\tchain unjoined {\n"
                           "\t\tmeta nfproto ipv4 meta l4proto gre counter drop comment \"shut\"\n"
                           "\t\tmeta nfproto ipv6 meta l4proto gre counter drop comment \"shut\"\n"
                           "\t\tmeta nfproto ipv4 meta l4proto udp accept comment \"let\"\n"
                           "\t\tmeta nfproto ipv6 meta l4proto udp accept comment \"let\"\n"
                           "\t}\n");
    assert_has(HEAD NAMED, "priority -450; policy accept;\n"
                           "\t\tiifname $edge ip frag-off & 0x1fff != 0 jump unjoined\n"
                           "\t\tiifname $edge frag frag-off != 0 jump unjoined\n"
                           "\t}\n");
    assert_has_not(HEAD NAMED, "later_");
    assert_has_not(HEAD "[rules]\nweb = accept in tcp > :443 fragment first\n", "unjoined");
    assert_has_not(HEAD "[rules]\nweb = accept out tcp > fragment yes\n", "unjoined");
}

/* Without connection tracking, they reach the usual chains too. */
static void asks_for_later_fragments_twice(void **state)
{
    static const char text[] = HEAD "[baseline]\nicmp-errors = drop\nfragments = drop\n" NAMED;

    (void)state;
    assert_has(text, "\t\tmeta nfproto ipv4 meta l4proto udp limit rate 64/second burst 64 packets "
                     "log prefix \"edgexdp let: \" level info\n"
                     "\t\tmeta nfproto ipv4 meta l4proto udp counter accept comment \"let\"\n");
    assert_has(text, "\t\tip frag-off & 0x1fff != 0 jump later_in\n"
                     "\t\tfrag frag-off != 0 jump later_in\n"
                     "\t\tip frag-off & 0x1fff != 0 counter drop comment \"fragment\"\n"
                     "\t\tfrag frag-off != 0 counter drop comment \"fragment\"\n");
    assert_has(text, "\t\tip frag-off & 0x1fff != 0 jump later_out\n");
    assert_has(text, "\t\tmeta nfproto ipv4 ip frag-off & 0x3fff == 0 tcp dport 443 counter accept "
                     "comment \"web\"\n"
                     "\t\tmeta nfproto ipv6 exthdr frag missing tcp dport 443 counter accept "
                     "comment \"web\"\n"
                     "\t\tmeta nfproto ipv6 frag frag-off 0 frag more-fragments 0 tcp dport 443 "
                     "counter accept comment \"web\"\n");
}

/* Each limit leaves the far ends alone that are exempt. */
static void no_limit_holds_who_is_exempt(void **state)
{
    static const char text[] = HEAD "exempt = friends\n[sets]\nfriends = 192.0.2.1\n[rules]\n"
                                    "all = accept in udp > :53 limit 5/second\n"
                                    "each = accept out udp > :54 limit 5/second per destination\n";

    (void)state;
    assert_has(text, "\t\tmeta nfproto ipv4 udp dport 53 ip saddr != @friends-ipv4 limit name "
                     "\"_limit-all-0-in-all\" counter drop comment \"limit of all\"\n");
    assert_has(text, "\t\tmeta nfproto ipv6 udp dport 53 limit name \"_limit-all-0-in-all\"");
    assert_has(text,
               "udp dport 54 ip daddr != @friends-ipv4 update @_limit-each-0-out-ipv4 { ip daddr");
    assert_has(HEAD "[rules]\nall = accept both udp > :53 limit 5/second\n",
               "\tlimit _limit-all-0-in-all {\n\t\trate over 5/second burst 5 packets\n\t}\n\n"
               "\tlimit _limit-all-0-out-all {\n");
    assert_has(HEAD "[rules]\nall = accept in udp > :53 limit 5/second per source then ban 1h\n",
               "\t\t# the limits of all ban: here nft only drops\n");
    assert_has(HEAD "exempt = 0.0.0.0/0\n[rules]\nall = accept in udp > :53 limit 5/second\n",
               "\t\tmeta nfproto ipv4 udp dport 53 counter accept comment \"all\"\n");
}

static void obeys_the_baseline(void **state)
{
    (void)state;
    assert_has(HEAD "[baseline]\narp = drop\n", "iifname $edge counter drop comment \"arp\"");
    assert_has(HEAD, "iifname $edge counter accept comment \"arp\"");
    assert_has(HEAD "[baseline]\ndhcp-client = accept\n",
               "\t\tmeta nfproto ipv4 udp dport 68 udp sport 67 counter accept");
    assert_has(HEAD "[baseline]\nping = accept\n",
               "\t\tmeta nfproto ipv6 icmpv6 type echo-reply counter accept comment \"ping\"");
    assert_has(HEAD "[baseline]\nigmp = accept\n", "meta l4proto igmp counter accept");
    assert_has_not(HEAD "[baseline]\nmartians = accept\n", "martian");
    assert_has(HEAD, "\t\tmeta l4proto tcp jump tcp_flags\n");
    assert_has(HEAD,
               "\t\ttcp flags & (fin | syn) == fin | syn counter drop comment \"tcp-flags\"\n");
    assert_has(HEAD, "\t\ttcp flags & (syn | rst | ack) == 0 counter drop comment \"tcp-flags\"\n");
    assert_has_not(HEAD "[baseline]\ntcp-flags = accept\n", "tcp_flags");
    assert_has_not(HEAD "[baseline]\nneighbour-discovery = drop\n", "nd-redirect");
    assert_has_not(HEAD "[baseline]\nicmp-errors = drop\nfragments = drop\n", "ct state");
    /* Without it the kernel would not reassemble fragments. */
    assert_has(HEAD "[baseline]\nicmp-errors = drop\n", "ct state");
    assert_has(HEAD "[baseline]\nfragments = drop\n", "chain fragments {");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_interface_and_the_policy),
        cmocka_unit_test(writes_a_rule_once_where_families_do_not_differ),
        cmocka_unit_test(writes_a_rule_for_each_family),
        cmocka_unit_test(writes_sets),
        cmocka_unit_test(names_icmp_types),
        cmocka_unit_test(turns_rules_round),
        cmocka_unit_test(obeys_log_note_audit_and_default),
        cmocka_unit_test(writes_flags),
        cmocka_unit_test(asks_for_later_fragments_early),
        cmocka_unit_test(asks_for_later_fragments_twice),
        cmocka_unit_test(no_limit_holds_who_is_exempt),
        cmocka_unit_test(obeys_the_baseline),
    };

    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
