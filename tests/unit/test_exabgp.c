/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of ExaBGP 4.2.21, as it wrote them, and others. */
#include "check.h"

#include "../../loader/flowspec/exabgp.h"
#include "../../loader/flowspec/pattern.h"

/* What a line said, in words. */
static char told[65536];

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void tell(const char *format, ...)
{
    size_t used = strlen(told);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(told + used, sizeof(told) - used, format, arguments);
    va_end(arguments);
}

static void tell_flow(const struct nlri *nlri)
{
    struct patterns patterns = {0};
    const char *refusal = "";

    assert_null(nlri_fault(nlri));
    if (flow_patterns(nlri, &patterns, &refusal))
        tell(" (%s)", refusal);
    for (size_t i = 0; i < patterns.count; i++)
        tell(" [%s]", patterns.list[i]);
    patterns_clear(&patterns);
}

static int announce(void *context, const char *peer, const struct nlri *nlri,
                    const struct flow_action *action, const char *flow)
{
    char text[LIMIT_TEXT_BYTES];
    const char *limit = action_limit(action, text);

    (void)context;
    tell("%s announces", peer);
    tell_flow(nlri);
    tell(" %s\n", action->refusal ? action->refusal : limit ? limit : "drop");
    assert_non_null(flow);
    return 0;
}

static int withdraw(void *context, const char *peer, const struct nlri *nlri)
{
    (void)context;
    tell("%s withdraws", peer);
    tell_flow(nlri);
    tell("\n");
    return 0;
}

static int up(void *context, const char *peer)
{
    (void)context;
    tell("%s is up\n", peer);
    return 0;
}

static void down(void *context, const char *peer)
{
    (void)context;
    tell("%s is down\n", peer ? peer : "everybody");
}

static void complete(void *context, const char *peer, enum family family)
{
    (void)context;
    tell("%s has announced all of IPv%c\n", peer, family == FAMILY_IPV4 ? '4' : '6');
}

static void refuse(void *context, const char *flow, const char *reason)
{
    (void)context;
    tell("refused: %s: %s\n", flow, reason);
}

static const struct exabgp_listener listener = {announce, withdraw, up, down, complete, refuse};

static void assert_told(const char *line, const char *expected)
{
    *told = '\0';
    assert_int_equal(exabgp_read(line, strlen(line), &listener, NULL), 0);
    assert_string_equal(told, expected);
}

#define PEER                                                                                       \
    "{ \"exabgp\": \"4.0.1\", \"time\": 1764529200.1, \"host\" : \"edge\", \"pid\" : 7, \"ppid\" " \
    ": 1, "
#define ADDRESS                                                                                    \
    "\"neighbor\": { \"address\": { \"local\": \"192.0.2.2\", \"peer\": \"192.0.2.1\" }, "         \
    "\"asn\": { "                                                                                  \
    "\"local\": 64512, \"peer\": 64512 } , "
#define UPDATE(content)                                                                            \
    PEER "\"counter\": 3, \"type\": \"update\", " ADDRESS                                          \
         "\"direction\": \"receive\", \"message\": { \"update\": { " content " } } } }"
#define RATE(text)                                                                                 \
    "\"attribute\": { \"origin\": \"igp\", \"local-preference\": 100, \"extended-community\": "    \
    "[ " text " ] }"
#define DROP        "{ \"value\": 9225060886715039744, \"string\": \"rate-limit:0\" }"
#define FLOW(text)  RATE(DROP) ", \"announce\": { \"ipv4 flow\": { \"no-nexthop\": [ " text " ] } }"
#define FLOW6(text) RATE(DROP) ", \"announce\": { \"ipv6 flow\": { \"no-nexthop\": [ " text " ] } }"

static void updates_are_read(void **state)
{
    (void)state;
    assert_told(
        UPDATE(
            FLOW("{ \"destination-ipv4\": [ \"198.51.100.10/32\" ], \"protocol\": [ \"=tcp\" ], "
                 "\"destination-port\": [ \"=80\", \"=443\" ], \"source-port\": [ "
                 "\">=1024&<=65535\" ], \"tcp-flags\": [ \"=syn\" ], \"packet-length\": [ "
                 "\">=40&<=60\" ], \"string\": \"flow destination-ipv4 198.51.100.10/32 protocol "
                 "=tcp destination-port [ =80 =443 ] source-port [ >=1024&<=65535 ] tcp-flags "
                 "=syn packet-length [ >=40&<=60 ]\" }")),
        "192.0.2.1 announces [in ipv4 tcp :1024-65535 > 198.51.100.10:80, 443 tcp-flags syn length "
        "40-60] drop\n");
    assert_told(UPDATE(FLOW6("{ \"destination-ipv6\": [ \"2001:db8::/64/0\" ], \"next-header\": [ "
                             "\"=udp\" ], \"traffic-class\": [ \"=46\" ] }")),
                "192.0.2.1 announces [in ipv6 udp > [2001:db8::/64] fragment no, first, later dscp "
                "46] drop\n");
    assert_told(
        UPDATE("\"withdraw\": { \"ipv4 flow\": [ { \"destination-ipv4\": [ "
               "\"198.51.100.10/32\" ], \"protocol\": [ \"=udp\" ] }, { \"port\": [ \"=53\" "
               "] } ] }"),
        "192.0.2.1 withdraws [in ipv4 udp > 198.51.100.10 fragment no, first, later]\n"
        "192.0.2.1 withdraws [in ipv4 tcp, udp > :53] [in ipv4 tcp, udp :53 >]\n");
}

/* ExaBGP's list is the same for both; its words are not. */
static void bits_that_belong_together_are_told_apart(void **state)
{
    (void)state;
    assert_told(UPDATE(FLOW("{ \"tcp-flags\": [ \"=syn\", \"=ack\" ], \"string\": \"flow tcp-flags "
                            "=syn+ack\" }")),
                "192.0.2.1 announces [in ipv4 tcp > tcp-flags syn+ack] drop\n");
    assert_told(UPDATE(FLOW("{ \"tcp-flags\": [ \"=syn\", \"=ack\" ], \"string\": \"flow tcp-flags "
                            "[ =syn =ack ]\" }")),
                "192.0.2.1 announces [in ipv4 tcp > tcp-flags syn, ack] drop\n");
    assert_told(UPDATE(FLOW("{ \"tcp-flags\": [ \"=syn&!ack\" ] }")),
                "192.0.2.1 announces [in ipv4 tcp > tcp-flags syn+!ack] drop\n");
    assert_told(UPDATE(FLOW("{ \"fragment\": [ \"not-a-fragment\" ] }")),
                "192.0.2.1 announces [in ipv4 >] drop\n");
    assert_told(UPDATE(FLOW("{ \"fragment\": [ \"is-fragment\", \"first-fragment\" ] }")),
                "192.0.2.1 announces [in ipv4 > fragment first, later] drop\n");
}

static void values_without_a_name_are_read(void **state)
{
    (void)state;
    assert_told(UPDATE(FLOW("{ \"protocol\": [ \"=unknown protocol type 200\", \"=gre\" ] }")),
                "192.0.2.1 announces [in ipv4 47, 200 > fragment no, first, later] drop\n");
    assert_told(
        UPDATE(FLOW6("{ \"icmp-type\": [ \"=unknown icmp type type 128\" ], \"icmp-code\": [ "
                     "\"=0\" ] }")),
        "192.0.2.1 announces [in ipv6 icmpv6 > icmp-type 128/0] drop\n");
    assert_told(UPDATE(FLOW("{ \"packet-length\": [ \"true\" ] }")),
                "192.0.2.1 announces [in ipv4 > fragment no, first, later] drop\n");
}

static void actions_are_read(void **state)
{
#define ONE "{ \"destination-ipv4\": [ \"192.0.2.9/32\" ] }"
#define WITH(community)                                                                            \
    RATE(community) ", \"announce\": { \"ipv4 flow\": { \"no-nexthop\": [ " ONE " ] } }"
#define SAID "192.0.2.1 announces [in ipv4 > 192.0.2.9 fragment no, first, later] "
    (void)state;
    assert_told(UPDATE(WITH("{ \"value\": 9225060887890886656, \"string\": \"rate-limit:9600\" }")),
                SAID "9600 bytes/second\n");
    assert_told(UPDATE(WITH("{ \"string\": \"rate-limit:9600\" }")), SAID "9600 bytes/second\n");
    assert_told(UPDATE(WITH("{ \"value\": 9226749736575303680, \"string\": \"\" }")),
                SAID "drop\n");
    assert_told(UPDATE(WITH("{ \"value\": 9225623836668461156, \"string\": \"redirect:0:100\" }")),
                SAID "packets cannot be redirected\n");
    assert_told(UPDATE(WITH("{ \"string\": \"mark 10\" }")),
                SAID "packets cannot be marked (traffic-marking)\n");
    assert_told(UPDATE("\"announce\": { \"ipv4 flow\": { \"no-nexthop\": [ " ONE " ] } }"),
                SAID "\n");
    assert_told(
        UPDATE("\"attribute\": { \"attribute-0x19-0xC0\": \"redirect-to-nexthop-ietf ::1\" }, "
               "\"announce\": { \"ipv4 flow\": { \"no-nexthop\": [ " ONE " ] } }"),
        SAID "packets cannot be redirected\n");
}

static void sessions_are_followed(void **state)
{
    (void)state;
    assert_told(PEER "\"counter\": 1, \"type\": \"state\", " ADDRESS "\"state\": \"connected\" } }",
                "");
    assert_told(PEER "\"counter\": 2, \"type\": \"state\", " ADDRESS "\"state\": \"up\" } }",
                "192.0.2.1 is up\n");
    assert_told(PEER "\"type\": \"state\", " ADDRESS
                     "\"state\": \"down\", \"reason\": \"peer reset\" } }",
                "192.0.2.1 is down\n");
    assert_told(PEER "\"type\": \"update\", " ADDRESS "\"direction\": \"receive\", \"message\": { "
                     "\"eor\": { \"afi\" : \"ipv6\", \"safi\" : \"flow\" } } } }",
                "192.0.2.1 has announced all of IPv6\n");
    assert_told(PEER "\"type\": \"update\", " ADDRESS "\"direction\": \"receive\", \"message\": { "
                     "\"eor\": { \"afi\" : \"ipv4\", \"safi\" : \"unicast\" } } } }",
                "");
    assert_told(PEER "\"type\": \"notification\", \"notification\": \"shutdown\" }",
                "everybody is down\n");
    assert_told("done", "");
    assert_told("error", "");
}

static void others_are_no_flows(void **state)
{
    (void)state;
    assert_told(UPDATE("\"announce\": { \"ipv4 unicast\": { \"192.0.2.1\": [ { \"nlri\": "
                       "\"10.0.0.0/8\" } ] } }"),
                "");
    assert_told(UPDATE(RATE(DROP) ", \"announce\": { \"ipv4 flow-vpn\": { \"no-nexthop\": [ { "
                                  "\"destination-ipv4\": [ \"192.0.2.9/32\" ], \"rd\": \"1:1\", "
                                  "\"string\": \"flow destination-ipv4 192.0.2.9/32\" } ] } }"),
                "refused: flow destination-ipv4 192.0.2.9/32: it is of a VPN\n");
}

static void what_cannot_be_read_is_refused(void **state)
{
    static const char *const flows[] = {
        "{ \"destination-ipv4\": [ \"192.0.2.9/33\" ] }",
        "{ \"destination-ipv4\": [ \"192.0.2.9/32\", \"192.0.2.8/32\" ] }",
        "{ \"destination-ipv4\": [ \"2001:db8::/32\" ] }",
        "{ \"destination-ipv4\": \"192.0.2.9/32\" }",
        "{ \"protocol\": [ ] }",
        "{ \"protocol\": [ \"tcp\" ] }",
        "{ \"protocol\": [ 6 ] }",
        "{ \"destination-port\": [ \"=http\" ] }",
        "{ \"destination-port\": [ \"=99999999999999999999999\" ] }",
        "{ \"next-header\": [ \"=tcp\" ] }",
        "{ \"flow-label\": [ \"=1\" ] }",
        "{ \"tcp-flags\": [ \"=xyz\" ] }",
        "{ }",
        "7",
    };
    char line[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        *told = '\0';
        snprintf(line, sizeof(line), UPDATE(FLOW("%s")), flows[i]);
        assert_int_equal(exabgp_read(line, strlen(line), &listener, NULL), 0);
        if (strncmp(told, "refused: ", 9) != 0)
            fail_msg("%s: \"%s\"", flows[i], told);
    }
}

static void what_is_no_message_is_an_error(void **state)
{
    static const char *const lines[] = {"{",      "[]", "7", "hello", "{ \"type\": \"state\" } }x{",
                                        "[[[[[[["};
    char *deep = malloc(200001);

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(exabgp_read(lines[i], strlen(lines[i]), &listener, NULL), -EINVAL);
    memset(deep, '[', 200000);
    deep[200000] = '\0';
    assert_int_equal(exabgp_read(deep, 200000, &listener, NULL), -EINVAL);
    free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_read),
        cmocka_unit_test(bits_that_belong_together_are_told_apart),
        cmocka_unit_test(values_without_a_name_are_read),
        cmocka_unit_test(actions_are_read),
        cmocka_unit_test(sessions_are_followed),
        cmocka_unit_test(others_are_no_flows),
        cmocka_unit_test(what_cannot_be_read_is_refused),
        cmocka_unit_test(what_is_no_message_is_an_error),
    };

    return cmocka_run_group_tests_name("exabgp", tests, NULL, NULL);
}
