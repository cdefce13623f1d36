/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/compile/lint.h"

#define R(name, rest) "[rule " name "]\n" rest "\n"
#define IN_ACCEPT     "direction = in\naction = accept\n"
#define IN_DROP       "direction = in\naction = drop\n"
#define OUT_ACCEPT    "direction = out\naction = accept\n"

/* Reads TEXT after HEAD, and compares the printed messages with EXPECTED. */
static void assert_lint(const char *text, const char *expected)
{
    struct diag *diag = diag_new();
    struct image *image = NULL;
    char *whole;

    assert_true(asprintf(&whole, HEAD "%s", text) > 0);
    struct policy *policy = good_policy(whole, diag);
    assert_int_equal(policy_compile(policy, &BOUNDS_DEFAULT, &image, diag), 0);
    assert_int_equal(policy_lint(policy, image, diag), 0);
    assert_int_equal(diag_count(diag, SEVERITY_ERROR), 0);
    assert_printed(diag, expected);
    image_free(image);
    policy_free(policy);
    diag_free(diag);
    free(whole);
}

static void says_nothing_of_a_sound_policy(void **state)
{
    (void)state;
    assert_lint("", "");
    assert_lint(R("a", IN_DROP "from = 10.0.0.1") R("b", IN_ACCEPT "from = 10.0.0.0/8\nport = 80\n"
                                                                   "protocol = tcp")
                    R("c", IN_ACCEPT "protocol = tcp\nport = 1-100\nfrom = 10.0.0.0/7"),
                "");
    assert_lint(R("a", IN_ACCEPT "protocol = tcp") R("b", OUT_ACCEPT "protocol = tcp\nport = 53"),
                "");
}

static void says_when_nothing_is_dropped_by_default(void **state)
{
    (void)state;
    assert_lint("log = drops\n", "");
    assert_lint("log = drops\noutbound = accept\n", "");
    assert_lint("log = no\ninbound = accept\noutbound = accept\n", "");
    assert_lint("log = drops\ninbound = accept\noutbound = accept\n",
                "test.ini:3:7: warning: nothing is reported: what no rule matches is accepted in "
                "both directions\n"
                "    3 | log = drops\n"
                "      |       ^~~~~\n");
}

/* Cookies answer what opens a connection, after the limits of the rule. */
static void says_what_protects_nobody(void **state)
{
    static const char *const sound[] = {
        "",
        " tcp-flags syn",
        " tcp-flags syn, ack",
        " tcp-flags !ack",
        " limit 20 new/second per source",
        " limit 20/second per source/24, 5/minute per source",
        " limit 100 Mbit/second",
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
        snprintf(text, sizeof(text),
                 "[rules]\nack = accept in tcp > tcp-flags ack\n"
                 "web = accept in tcp > :80%s  protect syn-cookies\n",
                 sound[i]);
        assert_lint(text, "");
    }
#define WEB         "web = accept in tcp > :80  "
#define SAYS(text)  "test.ini:4:1: warning: rule web" text "\n"
#define SHOWS(rest) "    4 | " WEB rest "\n      | ^~~\n"
    assert_lint("[rules]\n" WEB "tcp-flags ack  protect syn-cookies\n",
                SAYS(" protects nothing: its \"tcp-flags\" match no SYN that opens a connection; "
                     "write \"protect\" into the rule that does")
                    SHOWS("tcp-flags ack  protect syn-cookies"));
    assert_lint(
        "[rules]\n" WEB "limit 5/second per source, 9 new/second  protect syn-cookies\n",
        SAYS(": a flood uses up \"limit = 9 new/second\" before any SYN cookie is sent, and "
             "honest clients are dropped with it: leave it out, or write \"per source\"")
            SHOWS("limit 5/second per source, 9 new/second  protect syn-cookies"));
    assert_lint(
        "[rules]\n" WEB "limit 50/second per destination  protect syn-cookies\n",
        SAYS(": a flood uses up \"limit = 50/second per destination\" before any SYN cookie "
             "is sent, and honest clients are dropped with it: leave it out, or write "
             "\"per source\"") SHOWS("limit 50/second per destination  protect syn-cookies"));
}

static void says_when_nobody_needs_to_be_exempt(void **state)
{
    (void)state;
    assert_lint("exempt = 192.0.2.1\n[rules]\na = accept in udp > limit 5/second\n", "");
    assert_lint("exempt = 192.0.2.1\n[rules]\na = accept in udp >\n",
                "test.ini:3:1: warning: nobody needs to be exempt: no rule has a limit\n"
                "    3 | exempt = 192.0.2.1\n"
                "      | ^~~~~~\n");
}

static void names_the_rule_that_hides_another(void **state)
{
    (void)state;
    assert_lint(R("wide", IN_ACCEPT "protocol = tcp\nport = 1-1000\nfrom = 10.0.0.0/8")
                    R("other", IN_ACCEPT "protocol = udp")
                        R("narrow", IN_DROP "protocol = tcp\nport = 80, 443\nfrom = 10.1.0.0/16"),
                "test.ini:13:7: warning: rule narrow can never match: rule wide (line 3) before it "
                "matches everything that it would\n"
                "   13 | [rule narrow]\n"
                "      |       ^~~~~~\n");
}

/* A rule without the key is not asked about later fragments, so it does not hide one that is. */
static void knows_which_fragments_rules_are_asked_about(void **state)
{
    (void)state;
    assert_lint("[rules]\nall = drop in >\nlater = accept in udp > fragment yes\n", "");
    assert_lint("[rules]\nall = drop in >\nfirst = accept in udp > fragment first\n",
                "test.ini:5:1: warning: rule first can never match: rule all (line 4) before it "
                "matches everything that it would\n"
                "    5 | first = accept in udp > fragment first\n"
                "      | ^~~~~\n");
    assert_lint("[rules]\nyes = drop in > fragment yes\nlater = accept in udp > fragment later\n",
                "test.ini:5:1: warning: rule later can never match: rule yes (line 4) before it "
                "matches everything that it would\n"
                "    5 | later = accept in udp > fragment later\n"
                "      | ^~~~~\n");
    assert_lint("[rules]\nlater = drop in > fragment later\nall = drop in >\n"
                "every = accept in > fragment no, yes\n",
                "test.ini:6:1: warning: rule every accepts everything from anywhere to anywhere\n"
                "    6 | every = accept in > fragment no, yes\n"
                "      | ^~~~~\n"
                "test.ini:6:1: warning: rule every can never match: the rules before it together "
                "match everything that it would\n"
                "    6 | every = accept in > fragment no, yes\n"
                "      | ^~~~~\n");
    assert_lint("[rules]\nnone = accept in > fragment any but no, yes\n",
                "test.ini:4:1: warning: rule none can never match: `fragment` holds no value\n"
                "    4 | none = accept in > fragment any but no, yes\n"
                "      | ^~~~\n");
    /* Rules for later fragments alone let no name be resolved and no connection go on. */
    assert_lint("[rules]\nout = accept out tcp > :443\nlater = accept out udp > fragment later\n",
                "test.ini:4:1: note: outbound connections to any address are accepted, but no rule "
                "accepts DNS (port 53) out: names will not resolve through this interface\n"
                "    4 | out = accept out tcp > :443\n"
                "      | ^~~\n");
    assert_lint("[rules]\nlater = accept out > fragment later\n", "");
    assert_lint(
        "[rules]\nopen = accept in tcp > :443 tcp-flags syn+!ack\n"
        "later = accept in tcp > fragment later\n",
        "test.ini:4:1: note: rule open accepts how a connection begins, but no rule accepts "
        "what follows inbound: leave \"tcp-flags\" out, or accept \"tcp-flags = ack\" too\n"
        "    4 | open = accept in tcp > :443 tcp-flags syn+!ack\n"
        "      | ^~~~\n");
}

static void says_which_direction_is_hidden(void **state)
{
    (void)state;
    assert_lint(R("in", IN_DROP)
                    R("two", "direction = both\naction = accept\nprotocol = udp\nport = 53"),
                "test.ini:7:7: warning: rule two can never match inbound: rule in (line 3) before "
                "it matches everything that it would\n"
                "    7 | [rule two]\n"
                "      |       ^~~\n");
}

static void says_when_several_hide_one(void **state)
{
    (void)state;
    assert_lint(R("low", IN_ACCEPT "from = 0.0.0.0/1, ::/1")
                    R("high", IN_ACCEPT "from = 128.0.0.0/1, 8000::/1")
                        R("all", IN_DROP "protocol = gre"),
                "test.ini:11:7: warning: rule all can never match: the rules before it together "
                "match everything that it would\n"
                "   11 | [rule all]\n"
                "      |       ^~~\n");
}

static void says_when_ports_or_types_hide_one(void **state)
{
    (void)state;
    assert_lint(R("all", IN_ACCEPT "protocol = tcp\nsource-port = 0-65535")
                    R("web", IN_ACCEPT "protocol = tcp\nport = 80"),
                "test.ini:8:7: warning: rule web can never match: rule all (line 3) before it "
                "matches everything that it would\n"
                "    8 | [rule web]\n"
                "      |       ^~~\n");
    assert_lint(R("low", IN_ACCEPT "protocol = tcp\nsource-port = 0-1023")
                    R("high", IN_ACCEPT "protocol = tcp\nsource-port = 1024-65535")
                        R("tcp", IN_DROP "protocol = tcp"),
                "test.ini:13:7: warning: rule tcp can never match: the rules before it together "
                "match everything that it would\n"
                "   13 | [rule tcp]\n"
                "      |       ^~~\n");
    assert_lint(R("echo", IN_ACCEPT "protocol = icmp\nicmp-type = 8")
                    R("same", IN_ACCEPT "protocol = icmp\nicmp-type = echo-request/0"),
                "test.ini:8:7: warning: rule same can never match: rule echo (line 3) before it "
                "matches everything that it would\n"
                "    8 | [rule same]\n"
                "      |       ^~~~\n");
}

static void says_why_a_rule_is_empty(void **state)
{
    (void)state;
    assert_lint(
        R("mixed", IN_DROP "from = 10.0.0.0/8\nto = 2001:db8::/32"),
        "test.ini:3:7: warning: rule mixed can never match: its addresses and its protocols "
        "have no family (IPv4 or IPv6) in common\n"
        "    3 | [rule mixed]\n"
        "      |       ^~~~~\n");
    assert_lint(R("six", IN_DROP "protocol = icmpv6\nfrom = 10.0.0.0/8"),
                "test.ini:3:7: warning: rule six can never match: its addresses and its protocols "
                "have no family (IPv4 or IPv6) in common\n"
                "    3 | [rule six]\n"
                "      |       ^~~\n");
}

static void says_that_a_family_contradicts(void **state)
{
    (void)state;
    assert_lint(R("six", IN_DROP "family = ipv4\nfrom = 2001:db8::/32"),
                "test.ini:3:7: warning: rule six can never match: its family is ipv4, but its "
                "addresses or protocols are not\n"
                "    3 | [rule six]\n"
                "      |       ^~~\n");
    assert_lint(R("four", IN_DROP "family = ipv6\nprotocol = icmp"),
                "test.ini:3:7: warning: rule four can never match: its family is ipv6, but its "
                "addresses or protocols are not\n"
                "    3 | [rule four]\n"
                "      |       ^~~~\n");
}

/* As long as the headers at least: 20 for IPv4 alone, 28 with UDP, 60 for TCP over IPv6. */
static void knows_how_short_packets_are(void **state)
{
    (void)state;
    assert_lint(R("a", IN_DROP "length = 0-20") R("b", IN_DROP "protocol = udp\nlength = 28")
                    R("c", IN_DROP "protocol = tcp\nfamily = ipv6\nlength = 1-5, 60")
                        R("d", IN_DROP "protocol = udp\nfragment = yes\nlength = 20"),
                "");
    assert_lint(R("a", IN_DROP "length = 0-19"),
                "test.ini:3:7: warning: rule a matches no packet: with their headers they are at "
                "least 20 bytes long, more than `length` allows\n"
                "    3 | [rule a]\n"
                "      |       ^\n");
    assert_lint(R("b", "direction = both\naction = drop\nprotocol = udp, tcp\nlength = 1, 27"),
                "test.ini:3:7: warning: rule b matches no packet: with their headers they are at "
                "least 28 bytes long, more than `length` allows\n"
                "    3 | [rule b]\n"
                "      |       ^\n");
    assert_lint(R("c", IN_DROP "protocol = tcp\nfamily = ipv6\nlength = 1-59"),
                "test.ini:3:7: warning: rule c matches no packet: with their headers they are at "
                "least 60 bytes long, more than `length` allows\n"
                "    3 | [rule c]\n"
                "      |       ^\n");
}

static void warns_of_a_rule_that_accepts_everything(void **state)
{
    (void)state;
    assert_lint(R("open", IN_ACCEPT),
                "test.ini:3:7: warning: rule open accepts everything from anywhere to anywhere\n"
                "    3 | [rule open]\n"
                "      |       ^~~~\n");
    assert_lint(R("shut", IN_DROP), "");
    assert_lint(R("four", IN_ACCEPT "from = 0.0.0.0/0"), "");
}

static void notes_that_names_will_not_resolve(void **state)
{
    static const char note[] =
        "test.ini:3:7: note: outbound connections to any address are accepted, but no rule accepts "
        "DNS (port 53) out: names will not resolve through this interface\n"
        "    3 | [rule web]\n"
        "      |       ^~~\n";

    (void)state;
    assert_lint(R("web", OUT_ACCEPT "protocol = tcp\nport = 443"), note);
    assert_lint(R("web", OUT_ACCEPT "protocol = tcp\nport = 443")
                    R("dns", OUT_ACCEPT "protocol = udp\nport = 50-60\nto = 10.0.0.53"),
                "");
    assert_lint(R("web", OUT_ACCEPT "protocol = tcp\nport = 443\nto = 10.0.0.0/8"), "");
}

static void says_when_the_baseline_comes_first(void **state)
{
    (void)state;
    assert_lint(R("scan", IN_DROP "protocol = tcp\ntcp-flags = syn+fin, !syn+!ack+!rst"),
                "test.ini:3:7: warning: rule scan can never match: [baseline] drops segments with "
                "such flags before any rule, unless it says \"tcp-flags = accept\"\n"
                "    3 | [rule scan]\n"
                "      |       ^~~~\n");
    assert_lint("[baseline]\ntcp-flags = accept\n" R(
                    "scan", IN_DROP "protocol = tcp\ntcp-flags = syn+fin, !syn+!ack+!rst"),
                "");
    assert_lint(R("some", IN_DROP "protocol = tcp\ntcp-flags = fin, rst"), "");
    assert_lint(R("twice", "direction = both\naction = drop\nprotocol = tcp\ntcp-flags = syn+rst")
                    R("same", IN_DROP "protocol = tcp\ntcp-flags = syn+rst+ack"),
                "test.ini:3:7: warning: rule twice can never match: [baseline] drops segments with "
                "such flags before any rule, unless it says \"tcp-flags = accept\"\n"
                "    3 | [rule twice]\n"
                "      |       ^~~~~\n"
                "test.ini:8:7: warning: rule same can never match: [baseline] drops segments with "
                "such flags before any rule, unless it says \"tcp-flags = accept\"\n"
                "    8 | [rule same]\n"
                "      |       ^~~~\n");
}

static void says_when_flags_hide_a_rule(void **state)
{
    (void)state;
    assert_lint(R("open", IN_DROP "protocol = tcp\ntcp-flags = syn")
                    R("first", IN_DROP "protocol = tcp\nport = 22\ntcp-flags = syn+!ack"),
                "test.ini:8:7: warning: rule first can never match: rule open (line 3) before it "
                "matches everything that it would\n"
                "    8 | [rule first]\n"
                "      |       ^~~~~\n");
    assert_lint(R("set", IN_ACCEPT "protocol = tcp\ntcp-flags = ack")
                    R("clear", IN_ACCEPT "protocol = tcp\ntcp-flags = !ack")
                        R("all", IN_DROP "protocol = tcp\nport = 22"),
                "test.ini:13:7: warning: rule all can never match: the rules before it together "
                "match everything that it would\n"
                "   13 | [rule all]\n"
                "      |       ^~~\n");
}

/* Values that no packet has, such as a TTL of 256, are no reason to keep a rule. */
static void says_when_all_numbers_are_taken(void **state)
{
    (void)state;
    assert_lint(R("near", IN_ACCEPT "ttl = 200-255") R("far", IN_ACCEPT "ttl = 0-199")
                    R("all", IN_DROP "protocol = gre"),
                "test.ini:11:7: warning: rule all can never match: the rules before it together "
                "match everything that it would\n"
                "   11 | [rule all]\n"
                "      |       ^~~\n");
}

/* Whoever comes from a filter that remembers connections writes only a rule for the first
 * segment. */
static void notes_that_connections_will_not_go_on(void **state)
{
    static const char begins[] = "protocol = tcp\nport = 22\ntcp-flags = syn+!ack";
    static const char note_in[] =
        "test.ini:3:7: note: rule ssh accepts how a connection begins, but no rule accepts what "
        "follows inbound: leave \"tcp-flags\" out, or accept \"tcp-flags = ack\" too\n"
        "    3 | [rule ssh]\n"
        "      |       ^~~\n";
    char text[512];

    (void)state;
    snprintf(text, sizeof(text), R("ssh", IN_ACCEPT "%s") R("udp", IN_ACCEPT "protocol = udp"),
             begins);
    assert_lint(text, note_in);
    snprintf(text, sizeof(text),
             R("ssh", IN_ACCEPT "%s") R("more", IN_ACCEPT "protocol = tcp\ntcp-flags = ack"),
             begins);
    assert_lint(text, "");
    snprintf(text, sizeof(text), R("ssh", IN_DROP "%s"), begins);
    assert_lint(text, "");
    assert_lint(R("ssh", IN_ACCEPT "protocol = tcp\nport = 22"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_nothing_of_a_sound_policy),
        cmocka_unit_test(says_when_nothing_is_dropped_by_default),
        cmocka_unit_test(says_what_protects_nobody),
        cmocka_unit_test(says_when_nobody_needs_to_be_exempt),
        cmocka_unit_test(names_the_rule_that_hides_another),
        cmocka_unit_test(knows_which_fragments_rules_are_asked_about),
        cmocka_unit_test(says_which_direction_is_hidden),
        cmocka_unit_test(says_when_several_hide_one),
        cmocka_unit_test(says_when_ports_or_types_hide_one),
        cmocka_unit_test(says_why_a_rule_is_empty),
        cmocka_unit_test(says_that_a_family_contradicts),
        cmocka_unit_test(knows_how_short_packets_are),
        cmocka_unit_test(warns_of_a_rule_that_accepts_everything),
        cmocka_unit_test(notes_that_names_will_not_resolve),
        cmocka_unit_test(says_when_the_baseline_comes_first),
        cmocka_unit_test(says_when_flags_hide_a_rule),
        cmocka_unit_test(says_when_all_numbers_are_taken),
        cmocka_unit_test(notes_that_connections_will_not_go_on),
    };

    return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
