/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says in a sentence what an outcome means. */
#include <edgexdp/refusal.h>
#include <stdio.h>

#include "../base/labels.h"
#include "explain.h"

/* The meanings of reasons that depend only on the packet or on [baseline], by verdict. */
static const char *const meanings[REASONS][VERDICTS] = {
    [REASON_MALFORMED] = {"Its headers are cut short or contradict each other."},
    [REASON_EXTENSION_HEADERS] =
        {"It has more than eight IPv6 extension headers, or a routing header with segments left, "
         "which would take it on to an address that no rule has seen."},
    [REASON_SOURCE_ROUTE] = {"It asks for source routing."},
    [REASON_VLAN_DEPTH] = {"It has more than two VLAN tags."},
    [REASON_ARP] = {"\"arp\" in [baseline] says so.", "\"arp\" in [baseline] says so."},
    [REASON_LINK_CONTROL] = {"\"link-control\" in [baseline] says so.",
                             "\"link-control\" in [baseline] says so."},
    [REASON_OTHER_ETHERTYPE] = {"\"other-ethertypes\" in [baseline] says so.",
                                "\"other-ethertypes\" in [baseline] says so."},
    [REASON_BANNED] =
        {"Its address is banned, whatever the rules say: edgexdp bans shows until when."},
    [REASON_BLOCKED] = {"A block is about it, whatever the rules say: edgexdp blocks shows until "
                        "when."},
    [REASON_MARTIAN] =
        {"No packet can have this source: it is a multicast, loopback or unspecified "
         "address, or the destination itself. \"martians = accept\" in [baseline] "
         "would leave it to the rules."},
    [REASON_TCP_FLAGS] = {"No host sends a segment with these flags. \"tcp-flags = accept\" in "
                          "[baseline] would leave it to the rules."},
    [REASON_FRAGMENT] = {"It is a later fragment: with \"fragments = track\" in [baseline] it is "
                         "accepted for 30 seconds after its first fragment was, with \"drop\" "
                         "never.",
                         "It is a later fragment, and its first fragment was accepted "
                         "(\"fragments = track\" in [baseline])."},
    [REASON_NEIGHBOUR_DISCOVERY] = {NULL, "\"neighbour-discovery = accept\" in [baseline], the "
                                          "default, lets it through before the rules are asked."},
    [REASON_IGMP] = {NULL, "\"igmp = accept\" in [baseline] lets it through before the rules are "
                           "asked."},
    [REASON_DHCP_CLIENT] = {NULL, "\"dhcp-client = accept\" in [baseline] lets it through before "
                                  "the rules are asked."},
    [REASON_PING] = {NULL, "\"ping = accept\" in [baseline] lets it through before the rules are "
                           "asked."},
    [REASON_NO_CONNECTION] = {"It opens no connection, and belongs to none that this host has "
                              "(\"tcp-state\" in [baseline])."},
    [REASON_SYN_COOKIE] = {NULL,
                           "The rule accepts it, and a socket of this host listens there: a SYN "
                           "cookie answers it (\"protect\"), and makes the connection when the "
                           "client returns it."},
    [REASON_UNGUARDED] = {NULL, "The first policy was not confirmed in time: everything is "
                                "accepted until another is put in force."},
};

static const char *const other_end[DIRECTIONS] = {
    [DIRECTION_IN] = "outbound",
    [DIRECTION_OUT] = "inbound",
};

static const char *const ends[DIRECTIONS] = {
    [DIRECTION_IN] = "inbound",
    [DIRECTION_OUT] = "outbound",
};

/* An inbound reply belongs to a flow; an outbound one is compared with the rules. */
static void reply_meaning(const struct explanation *explanation, const char *rule,
                          char text[MEANING_BYTES])
{
    bool in = explanation->packet.direction == DIRECTION_IN;
    const char *than = in ? "a conversation that the inside has opened" : "what may come in";

    if (explanation->packet.quotes)
        snprintf(text, MEANING_BYTES,
                 "It quotes a packet that the policy allowed in the other direction%s%s.",
                 rule ? ", by rule " : "", rule ? rule : "");
    else if (rule)
        snprintf(text, MEANING_BYTES, "It is a reply to %s by rule %s.", than, rule);
    else
        snprintf(text, MEANING_BYTES,
                 "It is a reply to %s, without a rule, by \"%s = accept\" in [policy].", than,
                 other_end[explanation->packet.direction]);
}

/* What the sender is told, or would be. */
static const char *const told[REFUSALS] = {
    [REFUSAL_TCP_RESET] = "a TCP reset",
    [REFUSAL_PORT_UNREACHABLE] = "ICMP \"port unreachable\"",
    [REFUSAL_ADMIN_PROHIBITED] = "ICMP \"administratively prohibited\"",
};

static const char *const untold[UNTOLDS] = {
    [UNTOLD_FRAGMENT] = "fragments are not answered",
    [UNTOLD_SOURCE] = "its source is not the address of one host on the network",
    [UNTOLD_DESTINATION] = "it does not go to one host on the network",
    [UNTOLD_RESET] = "resets are not answered",
    [UNTOLD_ICMP_ERROR] = "errors are not answered, nor what might be one",
};

static void refusal_meaning(const struct explanation *explanation, enum refusal refusal,
                            char text[MEANING_BYTES])
{
    enum untold why = explanation_untold(explanation);

    if (why != TOLD)
        snprintf(text, MEANING_BYTES,
                 "It is the first rule that matches, and rejects, but the sender is not told: %s.",
                 untold[why]);
    else if (explanation->decision.audit)
        snprintf(text, MEANING_BYTES,
                 "It is the first rule that matches; in mode enforce it would tell the sender by "
                 "%s.",
                 told[refusal]);
    else if (explanation->decision.loses_answers)
        snprintf(text, MEANING_BYTES,
                 "It is the first rule that matches, and rejects, but %s, which tells the sender, "
                 "is lost: edgexdp status says why.",
                 told[refusal]);
    else
        snprintf(text, MEANING_BYTES,
                 "It is the first rule that matches, and tells the sender by %s.", told[refusal]);
}

static void rule_meaning(const struct explanation *explanation, char text[MEANING_BYTES])
{
    enum refusal refusal =
        refusal_of(outcome_refusal(&explanation->decision.outcome), explanation->packet.protocol);

    if (refusal == REFUSAL_NONE)
        snprintf(text, MEANING_BYTES, "It is the first rule that matches.");
    else
        refusal_meaning(explanation, refusal, text);
}

char *explanation_meaning(const struct explanation *explanation, char text[MEANING_BYTES])
{
    const struct decision *decision = &explanation->decision;
    const struct outcome *outcome = &decision->outcome;
    const char *verdict = verdict_names[outcome->verdict], *meaning;

    if (outcome->kind == OUTCOME_REPLY ||
        (outcome->kind == OUTCOME_REASON && outcome->reason == REASON_REPLY)) {
        reply_meaning(explanation, decision->rule, text);
    } else if (outcome->kind == OUTCOME_LIMITED) {
        snprintf(text, MEANING_BYTES,
                 "The first rule that matches accepts it only within its "
                 "limit, which is used up.");
    } else if (outcome->kind == OUTCOME_RULE) {
        rule_meaning(explanation, text);
    } else if (outcome->reason == REASON_DEFAULT) {
        snprintf(text, MEANING_BYTES, "No rule matches, and \"%s = %s\" in [policy] decides.",
                 ends[explanation->packet.direction], verdict);
    } else {
        meaning = meanings[outcome->reason][outcome->verdict];
        snprintf(text, MEANING_BYTES, "%s", meaning ? meaning : "");
    }
    return text;
}
