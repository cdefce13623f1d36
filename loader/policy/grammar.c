/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "grammar.h"

#include "../base/memory.h"
#include "policy.h"
#include "reading.h"

static const struct choice verdicts[] = {
    {"accept", VERDICT_ACCEPT},
    {"drop", VERDICT_DROP},
    {NULL, 0},
};
static const struct choice modes[] = {{"enforce", MODE_ENFORCE}, {"audit", MODE_AUDIT}, {NULL, 0}};
static const struct choice accept_or_drop[] = {{"accept", true}, {"drop", false}, {NULL, 0}};
static const struct choice track_or_drop[] = {{"track", true}, {"drop", false}, {NULL, 0}};
static const struct choice yes_or_no[] = {{"yes", true}, {"no", false}, {NULL, 0}};

#define CHOICE(name, values, preset, summary, list, field)                                         \
    {                                                                                              \
        name, values, preset, summary, VALUE_CHOICE, list, field, NULL                             \
    }
#define SWITCH(name, values, preset, summary, list, field)                                         \
    {                                                                                              \
        name, values, preset, summary, VALUE_SWITCH, list, field, NULL                             \
    }
#define TEXT(name, summary, field)                                                                 \
    {                                                                                              \
        name, "text", "", summary, VALUE_TEXT, NULL, field, NULL                                   \
    }
#define LIST(name, values, summary, reader)                                                        \
    {                                                                                              \
        name, values, "any", summary, VALUE_LIST, NULL, 0, reader                                  \
    }
#define OTHER(name, values, preset, summary, reader)                                               \
    {                                                                                              \
        name, values, preset, summary, VALUE_OTHER, NULL, 0, reader                                \
    }
#define BASELINE(name, preset, summary, field)                                                     \
    SWITCH(name, "accept or drop", preset, summary, accept_or_drop,                                \
           offsetof(struct baseline, field))

static const struct grammar_key policy_keys[] = {
    OTHER("name", "up to 31 letters, digits and -", NULL, "the name of the policy",
          read_policy_name),
    TEXT("description", "text for people", offsetof(struct policy, description)),
    CHOICE("mode", "enforce or audit", "enforce",
           "audit: count and report what enforce would do, and let every packet pass", modes,
           offsetof(struct policy, mode)),
    CHOICE("inbound", "accept or drop", "drop", "the verdict if no rule matches an incoming packet",
           verdicts, offsetof(struct policy, otherwise[DIRECTION_IN])),
    CHOICE("outbound", "accept or drop", "drop",
           "the verdict if no rule matches an outgoing packet", verdicts,
           offsetof(struct policy, otherwise[DIRECTION_OUT])),
    OTHER("log", "drops or no", "no",
          "drops: report what is dropped because no rule matches, and show it in stats",
          read_policy_log),
    {"exempt", "addresses, prefixes, ranges, names of sets, @FILE", "",
     "whom limits never hold: the far ends of packets", VALUE_LIST, NULL, 0, read_policy_exempt},
};

static const struct grammar_key baseline_keys[] = {
    BASELINE("arp", "accept", "ARP", arp),
    BASELINE("neighbour-discovery", "accept", "ICMPv6 133-137 with hop limit 255, and MLD",
             neighbour_discovery),
    BASELINE("igmp", "drop", "IGMP", igmp),
    BASELINE("icmp-errors", "accept", "ICMP errors that quote a packet which the policy allowed",
             icmp_errors),
    BASELINE("link-control", "accept", "frames to 01:80:C2:00:00:00-0F", link_control),
    BASELINE("other-ethertypes", "drop", "any other frame that is not IPv4 or IPv6",
             other_ethertypes),
    BASELINE("ping", "drop", "echo requests in, and their replies out", ping),
    BASELINE("dhcp-client", "drop", "DHCPv4 and DHCPv6 as a client", dhcp_client),
    SWITCH("fragments", "track or drop", "track",
           "track: a later fragment shares the verdict of its first one", track_or_drop,
           offsetof(struct baseline, fragments)),
    BASELINE("tcp-flags", "drop", "TCP segments with flags that no host sends", tcp_flags),
    OTHER("tcp-state", "off; or socket; or socket, conntrack", "off",
          "socket: TCP segments that open no connection belong to one that this host has",
          read_baseline_tcp_state),
    BASELINE("martians", "drop", "impossible sources", martians),
};

#define LIMIT_VALUES "RATE [per KEY] [burst N] [then ban TIME], ..."

static const struct grammar_key rule_keys[] = {
    OTHER("direction", "in, out, both or forward", NULL, "the direction of the packet",
          read_rule_direction),
    LIST("on", "a list of zones, or any", "the zones for whose interfaces the rule is",
         read_rule_on),
#define ROW(ID, id, name, kind, test, needs, last, what4, what6, values, summary, ...)             \
    LIST(name, values, summary, read_rule_##id),
    EDGEXDP_FIELDS(ROW)
#undef ROW
        LIST("leaves", "a list of zones, or any",
             "the zone that it goes out through; needs direction = forward", read_rule_leaves),
    OTHER("action", "accept, drop or reject", NULL, "the verdict", read_rule_action),
    {"limit", LIMIT_VALUES, "", "how much of what it accepts may pass", VALUE_PHRASES, NULL, 0,
     read_rule_limit},
    {"protect", "syn-cookies [over N/second] [mss N]", "",
     "answer what opens connections here, with SYN cookies", VALUE_PHRASES, NULL, 0,
     read_rule_protect},
    SWITCH("log", "yes or no", "no", "report each matching packet to monitor", yes_or_no,
           offsetof(struct rule, log)),
    TEXT("note", "where the rule comes from", offsetof(struct rule, note)),
};

#define NOTATION "DIRECTION PROTOCOL SOURCE[:PORT] > DESTINATION[:PORT] [FLAG...]"

static const struct grammar_key expect_keys[] = {
    OTHER("packet", NOTATION, NULL, "the packet to judge", read_expect_packet),
    OTHER("verdict", "accept, drop or reject", NULL, "the verdict that it must get",
          read_expect_verdict),
    OTHER("rule", "the name of a rule", "", "which rule must decide", read_expect_rule),
    OTHER("reply-to", NOTATION, "", "a packet that is judged first, in its own direction",
          read_expect_reply_to),
};

const struct grammar_section grammar_sections[SECTIONS] = {
    [SECTION_POLICY] = {"policy", "[policy]", NULL, true, false, "the policy as a whole",
                        policy_keys, ARRAY_SIZE(policy_keys), NULL, true},
    [SECTION_BASELINE] = {"baseline", "[baseline]", NULL, false, false,
                          "what a network needs to work at all", baseline_keys,
                          ARRAY_SIZE(baseline_keys), NULL, true},
    [SECTION_SETS] = {"sets", "[sets]", NULL, false, false, "named address sets", NULL, 0, NULL,
                      false},
    [SECTION_PORTS] = {"ports", "[ports]", NULL, false, false, "named lists of ports", NULL, 0,
                       NULL, false},
    [SECTION_INTERFACES] = {"interfaces", "[interfaces]", NULL, false, false,
                            "zones, and the interfaces that they have", NULL, 0, NULL, false},
    [SECTION_RULE] = {"rule", "[rule NAME]", "-_.", false, true,
                      "one rule; the first that matches decides", rule_keys, ARRAY_SIZE(rule_keys),
                      NULL, false},
    [SECTION_EXPECT] = {"expect", "[expect NAME]", "-_.", false, true,
                        "a packet and the verdict it must get", expect_keys,
                        ARRAY_SIZE(expect_keys), NULL, false},
    [SECTION_RULES] = {"rules", "[rules]", NULL, false, true, "rules, one on a line", NULL, 0,
                       &grammar_sections[SECTION_RULE], false},
    [SECTION_EXPECTATIONS] = {"expectations", "[expectations]", NULL, false, true,
                              "expectations, one on a line", NULL, 0,
                              &grammar_sections[SECTION_EXPECT], false},
    [SECTION_INCLUDE] = {"include", "[include FILE]", NULL, false, true,
                         "what another file says, at this place", NULL, 0, NULL, false},
};

_Static_assert(ARRAY_SIZE(rule_keys) <= KEYS_MAX, "section_state has room for every key");
_Static_assert(ARRAY_SIZE(baseline_keys) <= KEYS_MAX, "section_state has room for every key");

const struct grammar_section *grammar_find_section(struct piece word, struct nearest *nearest)
{
    if (nearest)
        *nearest = nearest_to(word.text, word.length);
    for (size_t i = 0; i < SECTIONS; i++) {
        if (piece_is_keyword(word, grammar_sections[i].name))
            return &grammar_sections[i];
        if (nearest)
            nearest_try(nearest, grammar_sections[i].name);
    }
    return NULL;
}

const struct grammar_key *grammar_find_key(const struct grammar_section *section, struct piece word,
                                           struct nearest *nearest)
{
    if (nearest)
        *nearest = nearest_to(word.text, word.length);
    for (size_t i = 0; i < section->key_count; i++) {
        if (piece_is_keyword(word, section->keys[i].name))
            return &section->keys[i];
        if (nearest)
            nearest_try(nearest, section->keys[i].name);
    }
    return NULL;
}

const struct choice *grammar_find_choice(const struct grammar_key *key, struct piece word)
{
    for (const struct choice *choice = key->choices; choice->word; choice++)
        if (piece_is_keyword(word, choice->word))
            return choice;
    return NULL;
}
