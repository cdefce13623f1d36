/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the words self, broadcast, IFACE:addresses and IFACE:networks mean on a given host. */
#include "check.h"

#include "../../loader/compile/image.h"
#include "../../loader/judge/expect.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/host.h"
#include "../../loader/policy/notation.h"
#include "../../loader/policy/read.h"

#define RULE(from) "[rule r]\ndirection = in\naction = drop\nfrom = " from "\n"

/* An address as `ip address` prints it: ADDRESS[ peer PEER]/LENGTH[ brd BROADCAST]. */
struct shown {
    const char *interface, *address, *peer;
    unsigned int length;
    const char *broadcast;
    bool is_passing;
};

static const struct shown usual[] = {
    {"lo", "127.0.0.1", NULL, 8, NULL, false},
    {"lo", "203.0.113.53", NULL, 32, NULL, false}, /* an anycast service */
    {"eth1", "10.0.0.1", NULL, 24, "10.0.0.255", false},
    {"eth0", "192.0.2.10", NULL, 24, "192.0.2.255", false},
    {"eth0", "192.0.2.11", NULL, 24, NULL, false}, /* secondary */
    {"eth0", "169.254.7.7", NULL, 16, "169.254.255.255", false},
    {"lo", "::1", NULL, 128, NULL, false},
    {"eth0", "fd00::10", NULL, 64, NULL, false},
    {"eth0", "2001:db8::99", NULL, 64, NULL, true},
    {"eth0", "2001:db8::10", NULL, 64, NULL, false},
    {"eth0", "fe80::10", NULL, 64, NULL, false},
    {"ppp0", "198.51.100.7", "198.51.100.1", 32, NULL, false},
    {"eth0.5", "2001:db8:5::1", NULL, 128, NULL, false},
};

static u128 address_of(const char *text, enum family *family)
{
    struct fault fault;
    u128 address;

    assert_int_equal(address_read(piece_of(text), family, &address, &fault), 0);
    return address;
}

static struct host_address host_address_of(const struct shown *shown)
{
    struct host_address address = {.interface = shown->interface,
                                   .is_passing = shown->is_passing,
                                   .has_broadcast = shown->broadcast};
    enum family family;

    address.address = address_of(shown->address, &address.family);
    if (shown->broadcast)
        address.broadcast = address_of(shown->broadcast, &family);
    address.network = address_prefix(
        address.family, address_of(shown->peer ? shown->peer : shown->address, &family),
        shown->length);
    return address;
}

/* The host with COUNT addresses SHOWN, as seen from GUARDED. */
static struct host *host_of(const struct shown *shown, size_t count, const char *guarded)
{
    struct host_address addresses[16];
    struct host *host = host_new();

    assert_non_null(host);
    for (size_t i = 0; i < count; i++) {
        addresses[i] = host_address_of(&shown[i]);
        assert_int_equal(host_add_interface(host, shown[i].interface), 0);
    }
    assert_int_equal(host_add(host, addresses, count, guarded), 0);
    return host;
}

static struct host *usual_host(const char *guarded)
{
    return host_of(usual, sizeof(usual) / sizeof(*usual), guarded);
}

static void assert_word(const struct host *host, const char *name, const char *expected)
{
    const struct host_word *word = host_find(host, piece_of(name));
    char *text;

    assert_non_null(word);
    text = host_word_text(word);
    assert_string_equal(text, expected);
    free(text);
}

static void knows_its_words(void **state)
{
    struct host *host = usual_host("eth0");

    (void)state;
    assert_word(host, "self",
                "10.0.0.1, 192.0.2.10, 192.0.2.11, 198.51.100.7, 203.0.113.53, 2001:db8::10, "
                "2001:db8::99, 2001:db8:5::1, fd00::10");
    assert_word(
        host, "eth0:addresses",
        "169.254.7.7, 192.0.2.10, 192.0.2.11, 2001:db8::10, 2001:db8::99, fd00::10, fe80::10");
    assert_word(host, "eth0:networks",
                "169.254.0.0/16, 192.0.2.0/24, 2001:db8::/64, fd00::/64, "
                "fe80::/64");
    assert_word(host, "eth0:NETWORKS",
                "169.254.0.0/16, 192.0.2.0/24, 2001:db8::/64, fd00::/64, "
                "fe80::/64");
    assert_word(host, "lo:addresses", "127.0.0.1, 203.0.113.53, ::1");
    assert_word(host, "broadcast", "169.254.255.255, 192.0.2.255");
    assert_word(host, "ppp0:addresses", "198.51.100.7");
    assert_word(host, "ppp0:networks", "198.51.100.1");
    assert_word(host, "eth0.5:networks", "2001:db8:5::1");
    assert_null(host_find(host, piece_of("ETH0:networks")));
    assert_null(host_find(host, piece_of("eth2:networks")));
    assert_null(host_find(host, piece_of("eth0")));
    host_free(host);
    host = usual_host(NULL);
    assert_word(host, "broadcast", "10.0.0.255, 169.254.255.255, 192.0.2.255");
    host_free(host);
}

static void knows_other_names_of_an_interface(void **state)
{
    struct host *host = usual_host("eth0");

    (void)state;
    assert_int_equal(host_add_alias(host, "eth1", "inside"), 0);
    assert_word(host, "inside:addresses", "10.0.0.1");
    assert_word(host, "inside:networks", "10.0.0.0/24");
    host_free(host);
}

static void assert_self(const struct host *host, enum family family, const char *expected)
{
    char text[ADDRESS_TEXT_BYTES];
    u128 address;

    assert_true(host_self(host, family, &address));
    assert_string_equal(address_print(family, address, text), expected);
}

/* The guarded interface's, lasting rather than passing, global rather than local. */
static void chooses_an_address_for_packets(void **state)
{
    struct host *host = usual_host("eth0");
    u128 address;

    (void)state;
    assert_self(host, FAMILY_IPV4, "192.0.2.10");
    assert_self(host, FAMILY_IPV6, "2001:db8::10");
    host_free(host);
    host = usual_host("eth1");
    assert_self(host, FAMILY_IPV4, "10.0.0.1");
    assert_self(host, FAMILY_IPV6, "2001:db8::10");
    host_free(host);
    host = usual_host(NULL);
    assert_self(host, FAMILY_IPV4, "203.0.113.53");
    host_free(host);
    host = host_of(usual, 1, "eth0");
    assert_false(host_self(host, FAMILY_IPV4, &address));
    host_free(host);
}

static void is_written_and_read(void **state)
{
    struct host *host = usual_host("eth0"), *read = NULL;
    char *text = host_print(host), *again;

    (void)state;
    assert_non_null(strstr(text, "\neth0.5:addresses = 2001:db8:5::1\neth0.5:networks = "));
    assert_int_equal(host_parse(text, strlen(text), &read), 0);
    again = host_print(read);
    assert_string_equal(again, text);
    free(again);
    free(text);
    host_free(read);
    host_free(host);
    static const char *const wrong[] = {"self", "self=", "self = 192.0.2.1, x\n",
                                        "us = 192.0.2.1\n", "self : 192.0.2.1\n"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(host_parse(wrong[i], strlen(wrong[i]), &read), -EINVAL);
}

/* A policy keeps the words that it uses, and nothing else. */
static void keeps_what_is_used(void **state)
{
    static const char text[] = HEAD RULE("Self, eth1:networks, wg0:addresses, multicast");
    struct host *host = usual_host("eth0"), *other = host_of(usual + 3, 1, "eth0"), *now = NULL;
    struct diag *diag = diag_new();
    const struct source *source = NULL;
    struct policy *policy = NULL;
    char *kept;

    (void)state;
    assert_int_equal(source_copy(diag, "test.ini", text, strlen(text), &source), 0);
    assert_int_equal(policy_read_source(source, source_open_regular, host, &policy, diag), 0);
    kept = host_print(policy->host);
    assert_string_equal(kept,
                        "eth1:networks = 10.0.0.0/24\n"
                        "self = 10.0.0.1, 192.0.2.10, 192.0.2.11, 198.51.100.7, 203.0.113.53, "
                        "2001:db8::10, 2001:db8::99, 2001:db8:5::1, fd00::10\n"
                        "wg0:addresses = \n");
    free(kept);
    assert_int_equal(host_select(policy->host, other, &now), 0);
    kept = host_print(now);
    assert_string_equal(kept, "eth1:networks = \nself = 192.0.2.10\nwg0:addresses = \n");
    free(kept);
    host_free(now);
    policy_free(policy);
    diag_free(diag);
    host_free(other);
    host_free(host);
}

static void assert_changes(const struct host *was, const struct host *now, const char *expected)
{
    char *text = host_changes(was, now);

    assert_string_equal(text, expected);
    free(text);
}

static void tells_changes(void **state)
{
    struct host *host = usual_host("eth0"), *other = host_of(usual + 3, 1, "eth0"),
                *third = host_of(usual + 2, 1, "eth0");

    (void)state;
    assert_changes(host, host, "");
    assert_changes(
        other, host,
        "self (new: 10.0.0.1, 192.0.2.11, 198.51.100.7, 203.0.113.53 and 4 more); "
        "broadcast (new: 169.254.255.255); eth0:addresses (new: 169.254.7.7, 192.0.2.11, "
        "2001:db8::10, 2001:db8::99 and 2 more); eth0:networks (new: 169.254.0.0/16, "
        "2001:db8::/64, fd00::/64, fe80::/64)");
    assert_changes(other, third,
                   "self (new: 10.0.0.1; gone: 192.0.2.10); broadcast (gone: 192.0.2.255); "
                   "eth0:addresses (gone: 192.0.2.10); eth0:networks (gone: 192.0.2.0/24)");
    host_free(third);
    host_free(other);
    host_free(host);
}

/* Reads TEXT on HOST; *POLICY and DIAG are for the caller to free. Returns the messages. */
static char *read_on(const struct host *host, const char *text, struct policy **policy,
                     struct diag *diag)
{
    const struct source *source = NULL;

    assert_int_equal(source_copy(diag, "test.ini", text, strlen(text), &source), 0);
    assert_int_equal(policy_read_source(source, source_open_regular, host, policy, diag), 0);
    return printed(diag);
}

static void assert_from(const struct host *host, const char *text, const char *expected,
                        const char *messages)
{
    struct diag *diag = diag_new();
    struct policy *policy = NULL;
    char *said = read_on(host, text, &policy, diag), held[600] = "", range[RANGE_TEXT_BYTES];
    const struct address_set *set = policy->rules[0].matches[FIELD_FROM].set;

    for (int family = 0; family < 2; family++)
        for (size_t i = 0; i < set->family[family].count; i++) {
            strcat(held, *held ? " " : "");
            strcat(held, address_range_print(FAMILY_IPV4 + (unsigned int)family,
                                             set->family[family].ranges[i], range));
        }
    assert_string_equal(held, expected);
    assert_string_equal(said, messages);
    free(said);
    policy_free(policy);
    diag_free(diag);
}

static void means_them_in_lists(void **state)
{
    struct host *host = usual_host("eth0");

    (void)state;
    assert_from(host, HEAD RULE("eth1:addresses, 10.0.0.2"), "10.0.0.1-10.0.0.2", "");
    assert_from(host, HEAD RULE("broadcast"), "169.254.255.255 192.0.2.255 255.255.255.255", "");
    assert_from(host, HEAD RULE("MultiCast"), "224.0.0.0/4 ff00::/8", "");
    assert_from(host, HEAD "[sets]\nlan = eth1:networks, other\nother = multicast\n" RULE("lan"),
                "10.0.0.0/24 224.0.0.0/4 ff00::/8", "");
    assert_from(host, HEAD RULE("any but multicast, broadcast"),
                "0.0.0.0-169.254.255.254 169.255.0.0-192.0.2.254 192.0.3.0-223.255.255.255 "
                "240.0.0.0-255.255.255.254 ::-feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "");
    assert_from(host, HEAD "[rules]\nr = drop in eth1:networks >\n", "10.0.0.0/24", "");
    assert_from(host, HEAD "[rules]\nr = drop in tcp [eth1:networks]:22 > self:ssh\n",
                "10.0.0.0/24", "");
    /* Who does not know the host does not complain either. */
    assert_from(NULL, HEAD RULE("self, broadcast, eth9:networks"), "255.255.255.255", "");
    host_free(host);
}

/* Once for each word. */
static void warns_of_what_matches_nothing(void **state)
{
    struct host *host = host_of(usual, 1, NULL);

    (void)state;
    assert_int_equal(host_add_interface(host, "eth0"), 0);
    assert_from(
        host, HEAD "[sets]\nus = self\nall = us, self\n" RULE("all"), "",
        "test.ini:4:6: warning: self matches nothing: this host has no address but loopback "
        "and link-local ones\n    4 | us = self\n      |      ^~~~\n");
    assert_from(host, HEAD RULE("eth0:networks"), "",
                "test.ini:6:8: warning: eth0:networks matches nothing: eth0 has no address\n"
                "    6 | from = eth0:networks\n      |        ^~~~~~~~~~~~~\n");
    assert_from(
        host, HEAD RULE("eth7:addresses"), "",
        "test.ini:6:8: warning: eth7:addresses matches nothing: no interface eth7 is known\n"
        "    6 | from = eth7:addresses\n      |        ^~~~~~~~~~~~~~\n");
    assert_from(host, HEAD RULE("broadcast"), "255.255.255.255", "");
    host_free(host);
}

/* A policy may have had such a set before the words existed. */
static void leaves_sets_their_names(void **state)
{
    struct host *host = usual_host("eth0");

    (void)state;
    assert_from(host, HEAD "[sets]\nself = 192.0.2.1\n" RULE("self"), "192.0.2.1",
                "test.ini:4:1: warning: in this policy \"self\" is this set, and not what it means "
                "elsewhere: call the set something else\n    4 | self = 192.0.2.1\n      | ^~~~\n");
    assert_from(host, HEAD "[sets]\nmulticast = 224.0.0.1\n[rules]\nr = drop in multicast >\n",
                "224.0.0.1",
                "test.ini:4:1: warning: in this policy \"multicast\" is this set, and not what it "
                "means elsewhere: call the set something else\n"
                "    4 | multicast = 224.0.0.1\n      | ^~~~~~~~~\n");
    host_free(host);
}

static void assert_packet(const struct host *host, const char *text, const char *expected)
{
    struct packet_notation packet;
    char printed_packet[NOTATION_TEXT_BYTES];
    struct fault fault;

    if (notation_parse_for(host, text, &packet, &fault))
        assert_string_equal(fault.text, expected);
    else if (packet.lacks_self)
        assert_null(expected);
    else
        assert_string_equal(notation_print(&packet, printed_packet), expected);
}

static void stands_in_packets(void **state)
{
    struct host *host = usual_host("eth0"), *ipv4 = host_of(usual + 3, 1, "eth0");

    (void)state;
    assert_packet(host, "in tcp 203.0.113.7:4 > self:22",
                  "in tcp 203.0.113.7:4 > 192.0.2.10:22 syn");
    assert_packet(host, "in tcp 203.0.113.7:4>SELF:22", "in tcp 203.0.113.7:4 > 192.0.2.10:22 syn");
    assert_packet(host, "out udp [self]:4 > [2001:db8:9::1]:53",
                  "out udp [2001:db8::10]:4 > [2001:db8:9::1]:53");
    assert_packet(host, "in icmpv6 2001:db8:9::1 > self",
                  "in icmpv6 2001:db8:9::1 > 2001:db8::10 echo-request");
    assert_packet(host, "in icmp 203.0.113.1 > self 3 quoting (udp self:4 > 203.0.113.7:53)",
                  "in icmp 203.0.113.1 > 192.0.2.10 destination-unreachable quoting "
                  "(out udp 192.0.2.10:4 > 203.0.113.7:53)");
    assert_packet(ipv4, "in icmpv6 2001:db8:9::1 > self", NULL);
    assert_packet(NULL, "in tcp 203.0.113.7:4 > self:22", NULL);
    assert_packet(host, "in tcp self:4 > self:22",
                  "a packet does not go from self to self: write one of the addresses");
    assert_packet(host, "in tcp 203.0.113.7:4 > self",
                  "the destination port is missing: write ADDRESS:PORT");
    assert_packet(host, "in tcp 203.0.113.7:4 > myself:22",
                  "\"myself\" is not an IPv4 or IPv6 address");
    host_free(ipv4);
    host_free(host);
}

#define EXPECTING                                                                                  \
    HEAD "[rules]\nssh = accept in tcp > self:22\n[expectations]\n"                                \
         "one = accept by ssh in tcp 203.0.113.7:4 > self:22\n"                                    \
         "two = accept by ssh in tcp [2001:db8:9::7]:4 > self:22\n"                                \
         "three = drop in tcp [2001:db8:9::7]:4 > self:23\n"                                       \
         "four = accept out tcp self:22 > [2001:db8:9::7]:4 syn-ack after in tcp "                 \
         "[2001:db8:9::7]:4 > self:22\n"

/* Whatever addresses the host has: of which family it has none, nothing is asked. */
static void expectations_hold_anywhere(void **state)
{
    static const struct {
        size_t first, count, vacuous;
    } hosts[] = {{0, 13, 0}, {3, 1, 3}, {9, 1, 1}, {0, 1, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        struct host *host = host_of(usual + hosts[i].first, hosts[i].count, "eth0");
        struct diag *diag = diag_new();
        struct policy *policy = NULL;
        struct image *image = NULL;

        free(read_on(host, EXPECTING, &policy, diag));
        assert_int_equal(policy_compile(policy, &BOUNDS_DEFAULT, &image, diag), 0);
        assert_int_equal(expectations_check(policy, image, diag), 0);
        assert_int_equal(expect_count_vacuous(policy), hosts[i].vacuous);
        image_free(image);
        policy_free(policy);
        diag_free(diag);
        host_free(host);
    }
}

static void reads_command_lines(void **state)
{
    struct host *host = host_new();
    struct fault fault;

    (void)state;
    assert_int_equal(host_read_self(host, "192.0.2.1, 2001:db8::1,127.0.0.1", &fault), 0);
    assert_int_equal(
        host_read_networks(host, "eth0=10.1.0.0/16,2001:db8::/64,eth1=10.2.0.7/24", &fault), 0);
    assert_int_equal(host_read_networks(host, "wg0=10.9.0.1/32,eth9=", &fault), 0);
    assert_word(host, "self", "10.2.0.7, 10.9.0.1, 127.0.0.1, 192.0.2.1, 2001:db8::1");
    assert_word(host, "eth0:addresses", "");
    assert_word(host, "eth0:networks", "10.1.0.0/16, 2001:db8::/64");
    assert_word(host, "eth1:addresses", "10.2.0.7");
    assert_word(host, "eth1:networks", "10.2.0.0/24");
    assert_word(host, "wg0:networks", "10.9.0.1");
    assert_word(host, "eth9:networks", "");
    assert_word(host, "broadcast", "10.1.255.255, 10.2.0.255");
    static const struct {
        int (*read)(struct host *host, const char *text, struct fault *fault);
        const char *text, *fault;
    } wrong[] = {
        {host_read_self, "10.0.0.0/8", "10.0.0.0/8 is no address: write it without the \"/\""},
        {host_read_self, "", "an address is missing"},
        {host_read_networks, "10.0.0.0/8",
         "\"10.0.0.0/8\" names no interface: write IFACE=PREFIX,..."},
        {host_read_networks, "eth0=10.0.0.0/33", "prefix length 33 is above 32"},
        {host_read_networks, "=10.0.0.0/8",
         "\"=10.0.0.0/8\" names no interface: write IFACE=PREFIX,..."},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(wrong[i].read(host, wrong[i].text, &fault), -EINVAL);
        assert_string_equal(fault.text, wrong[i].fault);
    }
    host_free(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_words),
        cmocka_unit_test(knows_other_names_of_an_interface),
        cmocka_unit_test(chooses_an_address_for_packets),
        cmocka_unit_test(is_written_and_read),
        cmocka_unit_test(keeps_what_is_used),
        cmocka_unit_test(tells_changes),
        cmocka_unit_test(means_them_in_lists),
        cmocka_unit_test(warns_of_what_matches_nothing),
        cmocka_unit_test(leaves_sets_their_names),
        cmocka_unit_test(stands_in_packets),
        cmocka_unit_test(expectations_hold_anywhere),
        cmocka_unit_test(reads_command_lines),
    };

    return cmocka_run_group_tests_name("self", tests, NULL, NULL);
}
