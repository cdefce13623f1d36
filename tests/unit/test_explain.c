/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "../../loader/base/memory.h"
#include "../../loader/explain/explain.h"
#include "../../loader/judge/frame_build.h"
#include "../../loader/policy/address.h"
#include "../../loader/policy/match.h"
#include "../../loader/policy/notation.h"
#include "../../loader/policy/protocols.h"
#include "../../loader/policy/zones.h"
#include "../shared/court.h"
#include "../shared/random.h"
#include "../shared/random_inside.h"

#include <edgexdp/wire.h>

/* What COURT's native judge says of PACKET, with nothing remembered. */
static struct decision judged(struct court *court, const struct packet_notation *packet)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    size_t length = frame_build(packet, frame);
    struct decision decision = {.file = court->policy->path};

    court_forget(court);
    native_stray(court->native, packet->stray);
    native_arrives(court->native, *packet->via ? zone_said(court->policy, packet->via) : ZONE_HERE);
    decision.outcome = native_judge(court->native, packet->direction, frame, length, SECOND_NS);
    if (decision.outcome.kind != OUTCOME_REASON) {
        const struct rule *rule =
            &court->policy->rules[court->image->entries[decision.outcome.rule].rule];
        decision.rule = rule->name;
        decision.line = rule->place.line;
    }
    return decision;
}

/* The explanation, as people read it, of how POLICY judges the packet TEXT; the caller frees it. */
static char *explained(const char *policy, const char *text)
{
    static char *written; /* gcc takes a local one for dangling once the stream is closed */
    static size_t size;
    struct explanation explanation;
    struct packet_notation packet;
    struct court court;
    struct fault fault;
    FILE *stream = open_memstream(&written, &size);

    court_open(&court, policy);
    assert_int_equal(notation_parse(text, &packet, &fault), 0);
    struct decision decision = judged(&court, &packet);
    assert_int_equal(explain(court.policy, &packet, &decision, &explanation), 0);
    explanation_print(&explanation, stream);
    fclose(stream);
    explanation_clear(&explanation);
    court_close(&court);
    return TAKE_PTR(written);
}

static void assert_explained(const char *policy, const char *packet, const char *expected)
{
    CLEANUP_FREE char *text = explained(policy, packet);

    assert_string_equal(text, expected);
}

/* The explanation must contain PART, regardless of line breaks. */
static void assert_says(const char *policy, const char *packet, const char *part)
{
    CLEANUP_FREE char *text = explained(policy, packet);
    size_t kept = 0;

    for (size_t i = 0; text[i]; i++) {
        bool white = text[i] == ' ' || text[i] == '\n';
        if (!white || (kept && text[kept - 1] != ' '))
            text[kept++] = (char)(white ? ' ' : text[i]);
    }
    text[kept] = '\0';
    if (!strstr(text, part))
        fail_msg("no\n%s\nin\n%s", part, text);
}

#define POLICY                                                                                     \
    HEAD "[sets]\npartners = 203.0.113.0/24, 2001:db8:1::/48\nserver = 198.51.100.10\n"            \
         "[rule block]\ndirection = in\nfrom = 203.0.113.66\naction = drop\n"                      \
         "[rule sip-in]\ndirection = in\nprotocol = tcp\nfrom = partners\nto = server\n"           \
         "port = 5061\naction = accept\n"                                                          \
         "[rule xmpp-in]\ndirection = in\nprotocol = tcp\nto = server\nport = 5269, 5280-5290\n"   \
         "action = accept\n"                                                                       \
         "[rule sip-out]\ndirection = out\nprotocol = tcp\nfrom = server\nport = 5061\n"           \
         "action = accept\n"

static void names_rule_trace_and_near_misses(void **state)
{
    (void)state;
    assert_explained(POLICY, "in tcp 203.0.113.7:40000 > 198.51.100.10:5270",
                     "in tcp 203.0.113.7:40000 > 198.51.100.10:5270 syn\n"
                     "drop by reason default (court.ini)\n"
                     "No rule matches, and \"inbound = drop\" in [policy] decides.\n\n"
                     "Near misses:\n"
                     "  rule xmpp-in (line 17) would match if the port were 5269 or 5280-5290\n"
                     "  rule sip-in (line 10) would match if the port were 5061\n\n"
                     "The rules before it, and the first field of each that did not match:\n"
                     "  LINE  RULE     WHY\n"
                     "     6  block    source 203.0.113.7 is not in 203.0.113.66\n"
                     "    10  sip-in   port 5270 is not 5061\n"
                     "    17  xmpp-in  port 5270 is not 5269 or 5280-5290\n"
                     "  1 rule is for packets that go out\n");
    assert_explained(POLICY, "in tcp 203.0.113.66:40000 > 198.51.100.10:5269",
                     "in tcp 203.0.113.66:40000 > 198.51.100.10:5269 syn\n"
                     "drop by rule block (court.ini:6)\n"
                     "It is the first rule that matches.\n\n"
                     "Near misses:\n"
                     "  rule sip-in (line 10) would match if the port were 5061, but rule block "
                     "would\n  decide before it\n");
    assert_explained(POLICY, "in tcp 192.0.2.1:40000 > 198.51.100.10:5061",
                     "in tcp 192.0.2.1:40000 > 198.51.100.10:5061 syn\n"
                     "drop by reason default (court.ini)\n"
                     "No rule matches, and \"inbound = drop\" in [policy] decides.\n\n"
                     "Near misses:\n"
                     "  rule xmpp-in (line 17) would match if the port were 5269 or 5280-5290\n"
                     "  rule sip-in (line 10) would match if the source were in partners\n"
                     "  (203.0.113.0/24)\n\n"
                     "The rules before it, and the first field of each that did not match:\n"
                     "  LINE  RULE     WHY\n"
                     "     6  block    source 192.0.2.1 is not in 203.0.113.66\n"
                     "    10  sip-in   source 192.0.2.1 is not in partners (203.0.113.0/24)\n"
                     "    17  xmpp-in  port 5061 is not 5269 or 5280-5290\n"
                     "  1 rule is for packets that go out\n");
}

static void knows_that_errors_quote(void **state)
{
    (void)state;
    assert_explained(
        "[policy]\nname = court\n", "in icmp 192.0.2.1 > 198.51.100.10 time-exceeded",
        "in icmp 192.0.2.1 > 198.51.100.10 time-exceeded\n"
        "drop by reason default (court.ini)\n"
        "No rule matches, and \"inbound = drop\" in [policy] decides.\n\n"
        "It was judged as if it quoted nothing. An ICMP error that quotes a packet which\n"
        "the policy allowed in the other direction is accepted: \"icmp-errors = accept\" in\n"
        "[baseline]. Add quoting (PACKET) to say what it quotes.\n");
    assert_explained("[policy]\nname = court\n[baseline]\nicmp-errors = drop\n",
                     "in icmp 192.0.2.1 > 198.51.100.10 time-exceeded",
                     "in icmp 192.0.2.1 > 198.51.100.10 time-exceeded\n"
                     "drop by reason default (court.ini)\n"
                     "No rule matches, and \"inbound = drop\" in [policy] decides.\n");
}

static void judges_what_errors_quote(void **state)
{
    (void)state;
    assert_says(POLICY,
                "out icmp 198.51.100.10 > 203.0.113.7 time-exceeded quoting "
                "(tcp 203.0.113.7:40000 > 198.51.100.10:5269)",
                "accept as a reply of rule xmpp-in (court.ini:17) It quotes a packet that the "
                "policy allowed in the other direction, by rule xmpp-in. ");
    assert_says(POLICY,
                "in icmp 192.0.2.1 > 198.51.100.10 time-exceeded quoting "
                "(udp 198.51.100.10:5269 > 203.0.113.7:40000)",
                "What it quotes is not allowed either: the default drops it. ");
    assert_says(POLICY,
                "in icmp 192.0.2.1 > 198.51.100.10 time-exceeded quoting "
                "(tcp 198.51.100.10:40000 > 203.0.113.7:5061)",
                "It would be accepted if the inside had sent what it quotes before: rule sip-out "
                "accepts that. ");
    assert_says(POLICY,
                "in icmp 192.0.2.1 > 198.51.100.11 time-exceeded quoting "
                "(tcp 198.51.100.10:40000 > 203.0.113.7:5061)",
                "an error goes to the sender of what it quotes. ");
    assert_says(HEAD "[rule dns]\ndirection = in\nprotocol = udp\nport = 53\naction = accept\n",
                "in icmp 192.0.2.1 > 198.51.100.10 3/4 quoting "
                "(udp 198.51.100.10:53 > 203.0.113.7:40000)",
                "believed for 10 seconds after such an answer was sent. ");
}

static void says_what_a_reply_answers(void **state)
{
    (void)state;
    assert_explained(POLICY, "out tcp 198.51.100.10:5269 > 203.0.113.7:40000 syn-ack",
                     "out tcp 198.51.100.10:5269 > 203.0.113.7:40000 syn-ack\n"
                     "accept as a reply of rule xmpp-in (court.ini:17)\n"
                     "It is a reply to what may come in by rule xmpp-in.\n\n"
                     "It answers: in tcp 203.0.113.7:40000 > 198.51.100.10:5269 syn\n\n"
                     "The rules before it, and the first field of each that did not match:\n"
                     "  LINE  RULE    WHY\n"
                     "     6  block   source 203.0.113.7 is not in 203.0.113.66\n"
                     "    10  sip-in  port 5269 is not 5061\n");
    assert_says(POLICY, "in tcp 203.0.113.7:5061 > 198.51.100.10:40000 syn-ack",
                "It would be accepted as a reply if the inside had sent \"out tcp "
                "198.51.100.10:40000 > 203.0.113.7:5061 syn\" before: rule sip-out accepts that. ");
    assert_says(
        POLICY, "out udp 198.51.100.10:5269 > 203.0.113.7:40000",
        "It is not a reply either: the packet that it would answer, \"in udp 203.0.113.7:40000 > "
        "198.51.100.10:5269\", is dropped (default). ");
}

#define STATEFUL                                                                                   \
    "[baseline]\ntcp-state = socket\n[rules]\nno = drop in tcp > :81\nweb = accept in tcp > :80\n"

static void says_what_connections_decide(void **state)
{
    (void)state;
    assert_says(HEAD STATEFUL, "in tcp 203.0.113.7:40000 > 198.51.100.10:80 ack",
                "accept by rule web (court.ini:7) It is the first rule that matches. That depends "
                "on the connections of the host: ");
    assert_says(HEAD STATEFUL, "in tcp 203.0.113.7:40000 > 198.51.100.10:80 ack stray",
                "drop by reason no-connection (court.ini) It opens no connection, and belongs to "
                "none that this host has (\"tcp-state\" in [baseline]). It is accepted by rule web "
                "(line 7). The rules before it, and the first field of each that did not match: "
                "LINE RULE WHY 6 no port 80 is not 81 ");
    assert_says(HEAD STATEFUL, "in tcp 203.0.113.7:40000 > 198.51.100.11:80 ack stray",
                "It is the first rule that matches. Near misses: "); /* not this host's */
}

#define FLAGS                                                                                      \
    "[rules]\n"                                                                                    \
    "opens = accept in tcp > :443 tcp-flags syn+!ack\n"                                            \
    "ends  = drop in tcp > :22 tcp-flags fin, rst+!ack\n"                                          \
    "ssh   = accept in tcp > :22\n"                                                                \
    "calls = accept out tcp > :80 tcp-flags ack+!rst\n"

static void puts_flags_in_words(void **state)
{
    (void)state;
    assert_says(HEAD FLAGS, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 ack",
                "rule opens (line 4) would match if SYN were set and ACK clear ");
    assert_says(HEAD FLAGS, "in tcp 203.0.113.7:40000 > 198.51.100.10:443 ack psh urg",
                "TCP flags ack psh urg are not syn+!ack ");
    assert_says(HEAD FLAGS, "in tcp 203.0.113.7:40000 > 198.51.100.10:22 ack",
                "rule ends (line 5) would match if FIN were set or RST were set and ACK clear ");
    assert_says(HEAD FLAGS, "in tcp 203.0.113.7:40000 > 198.51.100.10:22 ack",
                "TCP flags ack are not fin or rst+!ack ");
    assert_says(HEAD FLAGS, "out tcp 198.51.100.10:22 > 203.0.113.7:40000 rst",
                "it drops by the TCP flags, which an answer does not tell ");
    assert_says(HEAD FLAGS, "in udp 203.0.113.7:40000 > 198.51.100.10:443",
                "protocol udp is not tcp ");
    assert_says(HEAD "[rules]\nnone = accept in tcp > tcp-flags !syn+!ack+!rst+psh\n",
                "in tcp 203.0.113.7:1 > 198.51.100.10:2 ack",
                "would match if PSH were set and SYN, RST and ACK clear ");
    assert_says(HEAD FLAGS, "in tcp 203.0.113.7:40000 > 198.51.100.10:22 syn fin",
                "drop by reason tcp-flags (court.ini) No host sends a segment with these flags. "
                "\"tcp-flags = accept\" in [baseline] would leave it to the rules. ");
}

#define FRAGMENTS                                                                                  \
    "[rules]\n"                                                                                    \
    "shut  = drop in 192.0.2.0/24 > fragment yes\n"                                                \
    "voice = accept in udp > fragment later ttl 255\n"                                             \
    "big   = accept in tcp > :443 fragment first\n"                                                \
    "small = accept in tcp > :80 fragment no\n"                                                    \
    "gre   = accept in gre >\n"

static void explains_fragments(void **state)
{
    (void)state;
    assert_says(HEAD FRAGMENTS, "in udp 192.0.2.7 > 198.51.100.10 fragment",
                "drop by rule shut (court.ini:4) It is the first rule that matches. ");
    assert_says(HEAD FRAGMENTS, "in udp 203.0.113.7 > 198.51.100.10 fragment",
                "rule voice (line 5) would match if the ttl were 255 ");
    assert_says(HEAD FRAGMENTS, "in gre 203.0.113.7 > 198.51.100.10 fragment",
                "rule gre (line 8) would match if the packet were whole or a first fragment ");
    assert_says(HEAD FRAGMENTS, "in gre 203.0.113.7 > 198.51.100.10 fragment",
                "8 gre it is not asked about later fragments ");
    assert_says(HEAD FRAGMENTS, "in tcp 203.0.113.7:1 > 198.51.100.10:443",
                "rule big (line 6) would match if the packet were a first fragment ");
    assert_says(HEAD FRAGMENTS, "in tcp 203.0.113.7:1 > 198.51.100.10:443",
                "6 big it is whole, not a first fragment ");
    assert_says(HEAD FRAGMENTS, "in tcp 203.0.113.7:1 > 198.51.100.10:80 fragment first",
                "rule small (line 7) would match if the packet were whole ");
    assert_says(HEAD FRAGMENTS, "in tcp 203.0.113.7:1 > 198.51.100.10:80 fragment first",
                "it is a first fragment, not whole ");
    assert_says(HEAD FRAGMENTS, "in udp 192.0.2.7:1 > 198.51.100.10:2",
                "4 shut it is whole, not a fragment ");
    assert_says(HEAD FRAGMENTS, "in udp 203.0.113.7:1 > 198.51.100.10:2 ttl 255",
                "rule voice (line 5) would match if the packet were a later fragment ");
    /* What is only spoken of. */
    assert_says(HEAD FRAGMENTS, "out tcp 198.51.100.10:80 > 192.0.2.7:1 ack",
                "4 shut it drops by the fragment, which an answer does not tell ");
    assert_says(HEAD "[rules]\nlater = accept in udp > fragment later\n"
                     "dns = accept in udp > :53\n",
                "out udp 198.51.100.10:53 > 203.0.113.7:1",
                "4 later it is asked about later fragments only, which nobody answers ");
}

/* Where no rule names later fragments, none is asked about them. */
static void asks_no_rules_about_later_fragments(void **state)
{
    (void)state;
    assert_explained(
        HEAD "[rules]\nall = accept in >\n", "in udp 203.0.113.7 > 198.51.100.10 fragment",
        "in udp 203.0.113.7 > 198.51.100.10 fragment\n"
        "drop by reason fragment (court.ini)\n"
        "It is a later fragment: with \"fragments = track\" in [baseline] it is "
        "accepted\nfor 30 seconds after its first fragment was, with \"drop\" never.\n");
}

/* A request is shown as the rule that decides it wants it. */
static void shows_requests_that_the_rule_wants(void **state)
{
    (void)state;
    assert_says(HEAD FLAGS, "out tcp 198.51.100.10:443 > 203.0.113.7:40000 syn-ack",
                "It answers: in tcp 203.0.113.7:40000 > 198.51.100.10:443 syn ");
    assert_says(HEAD FLAGS, "in tcp 203.0.113.7:80 > 198.51.100.10:40000 ack",
                "if the inside had sent \"out tcp 198.51.100.10:40000 > 203.0.113.7:80 syn-ack\" "
                "before: rule calls accepts that. ");
}

static void names_the_key_of_baseline(void **state)
{
    (void)state;
    assert_says(POLICY, "in icmp 203.0.113.7 > 198.51.100.10",
                "[baseline] would accept it if it had \"ping = accept\" ");
    assert_says(POLICY, "in udp 127.0.0.1:53 > 198.51.100.10:53",
                "\"martians = accept\" in [baseline]");
    assert_says(POLICY, "in icmpv6 2001:db8::1 > 2001:db8::2 nd-neighbor-solicit",
                "accept by reason neighbour-discovery (court.ini) "
                "\"neighbour-discovery = accept\" in [baseline]");
}

/* If another rule hides a near miss, the text says so. */
static void says_who_would_decide_instead(void **state)
{
    (void)state;
    assert_says(HEAD "[rule no]\ndirection = in\naction = drop\n"
                     "[rule web]\ndirection = in\nprotocol = tcp\nport = 443\naction = accept\n",
                "in tcp 203.0.113.7:40000 > 198.51.100.10:80",
                "rule web (line 6) would match if the port were 443, but rule no would decide "
                "before it ");
}

/* A packet of random traffic, as the notation would have it. */
static void notation_of(const struct policy *policy, const struct exchange *exchange,
                        struct packet_notation *packet)
{
    *packet = (struct packet_notation){.direction = exchange->direction,
                                       .family = exchange->family,
                                       .protocol = (u8)exchange->protocol};
    address_to_bytes(exchange->family, exchange->source, packet->source);
    address_to_bytes(exchange->family, exchange->destination, packet->destination);
    if (protocol_has_ports(packet->protocol)) {
        packet->source_port = (u16)exchange->source_port;
        packet->destination_port = (u16)exchange->destination_port;
    }
    if (notation_is_icmp(packet)) {
        packet->icmp_type = (u8)exchange->icmp_type;
        packet->icmp_code = (u8)exchange->icmp_code;
    }
    for (enum field field = 0; field < FIELDS; field++) {
        if (field_rows[field].kind != KIND_NUMBERS ||
            !field_is_of(field, packet->family, packet->protocol))
            continue;
        packet->said |= 1u << field;
        packet->numbers[field] = (u16)exchange->numbers[field];
    }
    if (packet->protocol == PROTOCOL_TCP)
        packet->tcp_flags = (u8)exchange->numbers[FIELD_TCP_FLAGS];
    packet->fragment = exchange->numbers[FIELD_FRAGMENT];
    if (packet->family == FAMILY_IPV6)
        packet->numbers[FIELD_IP_FLAGS] &= 1; /* it has no other */
    if (packet->fragment != FRAGMENT_LATER)
        packet->numbers[FIELD_IP_FLAGS] =
            (packet->numbers[FIELD_IP_FLAGS] & 2) | (packet->fragment == FRAGMENT_FIRST);
    if (exchange->direction == DIRECTION_OUT && exchange->numbers[FIELD_ARRIVES])
        snprintf(packet->via, sizeof(packet->via), "%s",
                 zone_name(policy, exchange->numbers[FIELD_ARRIVES]));
    if (packet->fragment == FRAGMENT_LATER) {
        packet->source_port = packet->destination_port = 0;
        packet->tcp_flags = packet->icmp_type = packet->icmp_code = 0;
        packet->numbers[FIELD_TCP_RESERVED] = 0;
        packet->said &= ~(1u << FIELD_TCP_RESERVED);
    }
}

/* How often each case occurred: a case that never occurs is not tested. */
static unsigned int traced, mended_to;

#define ZONED                                                                                      \
    HEAD "[interfaces]\nwan = wan0\nlan = lan0\ndmz = dmz0\n[rules]\n"                             \
         "ssh = accept in on lan tcp > :22\n"                                                      \
         "web = accept forward any but wan to dmz tcp > 203.0.113.80:443\n"                        \
         "own = accept out on wan self >\n"

/* Rules of other zones are in the way of those that follow them, too. */
static void tells_rules_of_other_zones(void **state)
{
    static const struct {
        const char *packet, *why[3], *wish;
    } cases[] = {
        {"in tcp 192.0.2.1:1 > 198.51.100.10:22",
         {"on: it came in through wan, not lan", "arrives: it came in through wan, not lan or dmz",
          "direction: it is for packets that go out"},
         "it came in through lan"},
        {"out tcp 192.0.2.1:1 > 203.0.113.80:443 via lan",
         {"direction: it is for packets that come in", "leaves: it went out through wan, not dmz",
          "from: source 192.0.2.1 is not in self (10.0.0.0, 192.168.0.0, 198.51.100.10, "
          "203.0.113.0)"},
         "it went out through dmz"},
    };
    struct court court;

    (void)state;
    court_open(&court, ZONED);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct packet_notation packet;
        struct explanation explanation;
        char text[MISFIT_TEXT_BYTES], line[MISFIT_TEXT_BYTES + 32];
        struct fault fault;

        assert_int_equal(notation_parse(cases[i].packet, &packet, &fault), 0);
        struct decision decision = judged(&court, &packet);
        decision.zone = 1;
        assert_int_equal(explain(court.whole, &packet, &decision, &explanation), 0);
        assert_int_equal(explanation.trace_count, 3);
        for (size_t j = 0; j < 3; j++) {
            const struct rule *rule = &court.whole->rules[j];
            enum field field = explanation.trace[j].field;

            snprintf(line, sizeof(line), "%s: %s",
                     misfit_field_name(rule, &explanation.asked, field),
                     misfit_why(rule, &explanation.asked, field, text));
            assert_string_equal(line, cases[i].why[j]);
        }
        assert_int_equal(explanation.near_count, 1);
        assert_string_equal(misfit_wish(&court.whole->rules[explanation.near[0].misfit.rule],
                                        &explanation.asked, explanation.near[0].misfit.field, text),
                            cases[i].wish);
        explanation_clear(&explanation);
    }
    court_close(&court);
}

/* PROBE as a packet that opens a conversation. */
static void mended_packet(const struct policy *policy, const struct probe *probe,
                          struct packet_notation *packet)
{
    struct exchange exchange = {.direction = probe->direction,
                                .family = probe->family,
                                .protocol = (unsigned int)probe->values[FIELD_PROTOCOL],
                                .source = probe->values[FIELD_FROM],
                                .destination = probe->values[FIELD_TO],
                                .source_port = (unsigned int)probe->values[FIELD_SOURCE_PORT],
                                .destination_port = (unsigned int)probe->values[FIELD_PORT],
                                .icmp_type = (unsigned int)(probe->values[FIELD_ICMP_TYPE] >> 8),
                                .icmp_code = (u8)probe->values[FIELD_ICMP_TYPE]};

    for (enum field field = 0; field < FIELDS; field++)
        exchange.numbers[field] = (unsigned int)probe->values[field];

    notation_of(policy, &exchange, packet);
}

/* A packet mended by a near miss is decided by that rule, or by the rule named as standing before
 * it. */
static void check_near(struct court *court, const struct explanation *explanation)
{
    for (size_t i = 0; i < explanation->near_count; i++) {
        const struct near_miss *near = &explanation->near[i];
        const struct rule *rules = court->policy->rules;
        bool hidden = near->behind < court->policy->rule_count;
        const struct rule *expected = &rules[hidden ? near->behind : near->misfit.rule];
        struct packet_notation packet;
        struct probe mended;

        misfit_mend(&rules[near->misfit.rule], &explanation->asked, near->misfit.field, &mended);
        mended_packet(court->policy, &mended, &packet);
        struct decision decision = judged(court, &packet);
        if (decision.outcome.kind == OUTCOME_RULE) {
            assert_string_equal(decision.rule, expected->name);
            mended_to++;
        }
    }
}

static void check_trace(struct court *court, const struct packet_notation *packet)
{
    struct decision decision = judged(court, packet);
    struct explanation explanation;
    char text[NOTATION_TEXT_BYTES];
    int error = explain(court->policy, packet, &decision, &explanation);

    if (error)
        fail_msg("%s: explain() returns %d for %s by\n%s", notation_print(packet, text), error,
                 decision.rule ? decision.rule : "no rule", court->text);
    if (decision.outcome.kind == OUTCOME_RULE) {
        size_t rule = explanation.trace_count;
        assert_true(rule < court->policy->rule_count);
        assert_string_equal(court->policy->rules[rule].name, decision.rule);
        assert_int_equal(rule_misfits(&court->policy->rules[rule], &explanation.asked), 0);
        traced++;
    }
    check_near(court, &explanation);
    explanation_clear(&explanation);
}

static void explain_traffic(const char *policy, struct dice *dice, unsigned int packets)
{
    struct court court;

    court_open(&court, policy);
    struct traffic traffic = {.dice = dice, .policy = court.policy};
    for (unsigned int i = 0; i < packets; i++) {
        struct packet_notation packet;
        struct exchange exchange;

        exchange_next(&traffic, &exchange);
        exchange.numbers[FIELD_ARRIVES] = court.policy->is_zoned ? i % 4 : ZONE_HERE;
        notation_of(court.policy, &exchange, &packet);
        check_trace(&court, &packet);
    }
    court_close(&court);
}

/* The first rule in which the trace finds no misfit is the rule that the tables find. */
static void trace_and_judge_agree(void **state)
{
    struct effort effort = effort_read(200, 300);

    (void)state;
    trials_run(&effort, explain_traffic);
    assert_true(traced > effort.policies && mended_to > effort.policies);
}

static void says_what_the_sender_is_told(void **state)
{
    static const char policy[] = HEAD "[rules]\nno = reject in tcp, udp > :23\n"
                                      "dns = reject with port-unreachable in udp > :53\n";

    (void)state;
    assert_explained(policy, "in tcp 10.0.0.1:1 > 10.0.0.2:23",
                     "in tcp 10.0.0.1:1 > 10.0.0.2:23 syn\n"
                     "reject by rule no (court.ini:4)\n"
                     "It is the first rule that matches, and tells the sender by a TCP reset.\n");
    assert_explained(policy, "in udp 10.0.0.1:1 > 10.0.0.2:23",
                     "in udp 10.0.0.1:1 > 10.0.0.2:23\n"
                     "reject by rule no (court.ini:4)\n"
                     "It is the first rule that matches, and tells the sender by ICMP\n"
                     "\"administratively prohibited\".\n"
                     "\n"
                     "It is not a reply either: the packet that it would answer, \"out udp "
                     "10.0.0.2:23\n> 10.0.0.1:1\", is dropped (default).\n");
}

/* The same packets that the programs do not answer. */
static void says_when_the_sender_is_not_told(void **state)
{
    static const char policy[] =
        HEAD "[baseline]\nmartians = accept\nicmp-errors = drop\n[rules]\nno = reject in any\n";
    static const struct {
        const char *packet, *why;
    } cases[] = {
        {"in tcp 10.0.0.1:1 > 10.0.0.2:23 rst", "resets are not answered."},
        {"in udp 10.0.0.1:1 > 224.0.0.251:5353", "it does not go to one host on the network."},
        {"in udp 10.0.0.1:1 > 255.255.255.255:9", "it does not go to one host on the network."},
        {"in udp 224.0.0.1:1 > 10.0.0.2:9",
         "its source is not the address of one host on the network."},
        {"in icmp 10.0.0.1 > 10.0.0.2 time-exceeded",
         "errors are not answered, nor what might be one."},
    };
    static const char said[] =
        "It is the first rule that matches, and rejects, but the sender is not told: ";

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_FREE char *text = explained(policy, cases[i].packet);
        for (char *end = strchr(text, '\n'); end; end = strchr(end, '\n'))
            *end = ' ';
        const char *found = strstr(text, said);
        assert_non_null(found);
        assert_int_equal(strncmp(found + strlen(said), cases[i].why, strlen(cases[i].why)), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_rule_trace_and_near_misses),
        cmocka_unit_test(says_what_connections_decide),
        cmocka_unit_test(knows_that_errors_quote),
        cmocka_unit_test(judges_what_errors_quote),
        cmocka_unit_test(says_what_a_reply_answers),
        cmocka_unit_test(puts_flags_in_words),
        cmocka_unit_test(explains_fragments),
        cmocka_unit_test(asks_no_rules_about_later_fragments),
        cmocka_unit_test(shows_requests_that_the_rule_wants),
        cmocka_unit_test(names_the_key_of_baseline),
        cmocka_unit_test(says_who_would_decide_instead),
        cmocka_unit_test(says_what_the_sender_is_told),
        cmocka_unit_test(says_when_the_sender_is_not_told),
        cmocka_unit_test(tells_rules_of_other_zones),
        cmocka_unit_test(trace_and_judge_agree),
    };

    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
