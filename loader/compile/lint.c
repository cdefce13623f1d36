/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lint.h"

#include <edgexdp/tcp_flags.h>

#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>

#include "../base/labels.h"
#include "../policy/limit.h"
#include "../policy/match.h"
#include "../policy/protect.h"
#include "../policy/protocols.h"
#include "cover.h"

/* Steps for finding which single rule hides another, for all rules together: enough for a thousand
 * rules that are hidden by one of ten thousand, in less than a second. */
#define COVER_STEPS 10000000u

#define EMPTY_TEXT_BYTES 96

static bool match_is_whole(const struct match *match)
{
    return match_is_any(match, FAMILY_IPV4) && match_is_any(match, FAMILY_IPV6);
}

/* A rule without the key is not asked about later fragments; one that is asked about all packets
 * has it. */
static bool asks_all_fragments(const struct rule *rule)
{
    return numbers_count(&rule->matches[FIELD_FRAGMENT].numbers[0]) == FRAGMENT_LATER + 1u;
}

static bool is_any(const struct rule *rule)
{
    for (enum field field = 0; field < FIELDS; field++)
        if (!match_is_whole(&rule->matches[field]) &&
            !(field == FIELD_FRAGMENT && asks_all_fragments(rule)))
            return false;
    return true;
}

static void lint_open(const struct rule *rule, struct diag *diag)
{
    if (rule->action == VERDICT_ACCEPT && is_any(rule))
        diag_add(diag, SEVERITY_WARNING, rule->place,
                 "rule %s accepts everything from anywhere to anywhere", rule->name);
}

/* Says in WHY why RULE can match no packet, whatever other rules say. Returns false if it can match
 * some. */
static bool is_empty(const struct rule *rule, char why[EMPTY_TEXT_BYTES])
{
    for (enum field field = 0; field < FIELDS; field++) {
        const struct match *match = &rule->matches[field];
        if (match_can_be(match, FAMILY_IPV4) || match_can_be(match, FAMILY_IPV6))
            continue;
        snprintf(why, EMPTY_TEXT_BYTES, "`%s` holds no %s", field_rows[field].name,
                 match->set ? "address" : "value");
        return true;
    }
    if (!rule->matches[FIELD_FAMILY].any)
        snprintf(why, EMPTY_TEXT_BYTES, "its family is %s, but its addresses or protocols are not",
                 match_can_be(&rule->matches[FIELD_FAMILY], FAMILY_IPV4) ? "ipv4" : "ipv6");
    else
        snprintf(why, EMPTY_TEXT_BYTES,
                 "its addresses and its protocols have no family (IPv4 or IPv6) in common");
    return !rule_speaks_of(rule, FAMILY_IPV4) && !rule_speaks_of(rule, FAMILY_IPV6);
}

/* Returns how many bytes a packet of FAMILY that RULE asks about has at least; UINT_MAX: there is
 * none. */
static unsigned int least_length(const struct rule *rule, enum family family)
{
    unsigned int least = UINT_MAX;

    for (unsigned int protocol = 0; rule_speaks_of(rule, family) && protocol < 256; protocol++)
        if (match_holds(&rule->matches[FIELD_PROTOCOL], family, protocol)) {
            unsigned int length = protocol_least_length(family, (u8)protocol, FRAGMENT_NONE);
            least = length < least ? length : least;
        }
    return least;
}

/* A length that no packet has with its own headers, such as 20 for UDP, which needs 28. */
static bool lint_length(const struct rule *rule, struct diag *diag)
{
    const struct match *match = &rule->matches[FIELD_LENGTH];
    unsigned int needed = UINT_MAX;

    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        const struct number_ranges *ranges = &match->numbers[family - 1];
        unsigned int least = least_length(rule, family);
        if (match_is_any(match, family) || rule_asks_later(rule) ||
            (ranges->count && ranges->ranges[ranges->count - 1].last >= least))
            return false;
        needed = least < needed ? least : needed;
    }
    if (needed == UINT_MAX)
        return false;
    diag_add(diag, SEVERITY_WARNING, rule->place,
             "rule %s matches no packet: with their headers they are at least %u bytes long, more "
             "than `length` allows",
             rule->name, needed);
    return true;
}

/* Looks for a single rule that hides this one, as long as there are STEPS left. */
static void lint_unreachable(const struct policy *policy, const struct entry *entry, u64 *steps,
                             struct diag *diag)
{
    const struct rule *rule = &policy->rules[entry->rule];
    const char *both = rule->direction[DIRECTION_IN] && rule->direction[DIRECTION_OUT]
                           ? entry->direction == DIRECTION_IN ? " inbound" : " outbound"
                           : "";
    for (u32 i = 0; *steps && i < entry->rule; i++) {
        const struct rule *earlier = &policy->rules[i];
        if (!earlier->direction[entry->direction] || !rule_covers(earlier, rule, steps))
            continue;
        diag_add(diag, SEVERITY_WARNING, rule->place,
                 "rule %s can never match%s: rule %s (%s) before it matches everything that "
                 "it would",
                 rule->name, both, earlier->name, rule_place(policy, earlier).text);
        return;
    }
    diag_add(
        diag, SEVERITY_WARNING, rule->place,
        "rule %s can never match%s: the rules before it together match everything that it would",
        rule->name, both);
}

static bool accepts_port(const struct rule *rule, u8 protocol, u16 port)
{
    if (rule->action != VERDICT_ACCEPT || !rule->direction[DIRECTION_OUT] || !rule_asks_whole(rule))
        return false;
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (match_holds(&rule->matches[FIELD_PROTOCOL], family, protocol) &&
            match_holds(&rule->matches[FIELD_PORT], family, port))
            return true;
    return false;
}

/* An edge that may open connections but may not query DNS fails in ways that do not look like a
 * packet filter. */
static void lint_names(const struct policy *policy, struct diag *diag)
{
    const struct rule *opens = NULL;
    if (policy->otherwise[DIRECTION_OUT] == VERDICT_ACCEPT)
        return;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (accepts_port(rule, IPPROTO_UDP, 53) || accepts_port(rule, IPPROTO_TCP, 53))
            return;
        if (!opens && rule->action == VERDICT_ACCEPT && rule->direction[DIRECTION_OUT] &&
            rule_asks_whole(rule) && match_is_whole(&rule->matches[FIELD_TO]))
            opens = rule;
    }
    if (opens)
        diag_add(diag, SEVERITY_NOTE, opens->place,
                 "outbound connections to any address are accepted, but no rule accepts DNS (port "
                 "53) out: names will not resolve through this interface");
}

/* Returns whether RULE matches no segment but those that [baseline] drops before the rules. */
static bool asks_for_bad_flags(const struct policy *policy, const struct rule *rule)
{
    const struct match *match = &rule->matches[FIELD_TCP_FLAGS];

    if (policy->baseline.tcp_flags || match->any)
        return false;
    for (unsigned int flags = 0; flags <= 0xff; flags++)
        if (match_holds(match, FAMILY_IPV4, flags) && !tcp_flags_are_bad((u8)flags))
            return false;
    return true;
}

static bool accepts_flags(const struct rule *rule, enum direction direction, u8 flags)
{
    return rule->action == VERDICT_ACCEPT && rule->direction[direction] && rule_asks_whole(rule) &&
           (match_holds(&rule->matches[FIELD_PROTOCOL], FAMILY_IPV4, IPPROTO_TCP) ||
            match_holds(&rule->matches[FIELD_PROTOCOL], FAMILY_IPV6, IPPROTO_TCP)) &&
           match_holds(&rule->matches[FIELD_TCP_FLAGS], FAMILY_IPV4, flags);
}

/* Filters that remember every connection need a rule only for its first segment. Here a rule is
 * asked about each segment that goes its way. */
static void lint_connections(const struct policy *policy, enum direction direction,
                             struct diag *diag)
{
    const struct rule *opens = NULL;
    bool goes_on = policy->otherwise[direction] == VERDICT_ACCEPT;

    for (size_t i = 0; i < policy->rule_count && !goes_on; i++) {
        const struct rule *rule = &policy->rules[i];
        goes_on = accepts_flags(rule, direction, TCP_ACK);
        if (!opens && accepts_flags(rule, direction, TCP_SYN))
            opens = rule;
    }
    if (opens && !goes_on)
        diag_add(
            diag, SEVERITY_NOTE, opens->place,
            "rule %s accepts how a connection begins, but no rule accepts what follows %sbound: "
            "leave \"tcp-flags\" out, or accept \"tcp-flags = ack\" too",
            opens->name, direction_names[direction]);
}

static void lint_log(const struct policy *policy, struct diag *diag)
{
    if (policy->log_drops && policy->otherwise[DIRECTION_IN] == VERDICT_ACCEPT &&
        policy->otherwise[DIRECTION_OUT] == VERDICT_ACCEPT)
        diag_add(diag, SEVERITY_WARNING, policy->log_place,
                 "nothing is reported: what no rule matches is accepted in both directions");
}

/* Whom a limit bans must have shown that a packet is his. */
static void lint_bans(const struct rule *rule, struct diag *diag)
{
    if (rule_bans(rule) && !rule_is_tcp_only(rule) && match_is_whole(&rule->matches[FIELD_FROM]))
        diag_add(diag, SEVERITY_WARNING, rule->place,
                 "rule %s: whoever forges packets can have anybody banned, since only TCP proves "
                 "who sent them: write protocol = tcp or \"from\", or name in \"exempt\" those "
                 "whom you need",
                 rule->name);
}

/* Does RULE, which is about TCP, match how a connection begins? */
static bool asks_for_opening(const struct rule *rule)
{
    for (unsigned int flags = 0; flags <= 0xff; flags++)
        if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && !tcp_flags_are_bad((u8)flags) &&
            match_holds(&rule->matches[FIELD_TCP_FLAGS], FAMILY_IPV4, flags))
            return true;
    return false;
}

/* A limit that a flood from forged sources uses up for everybody: it is asked before any cookie is
 * sent. */
static bool is_used_up_by_floods(const struct limit *limit)
{
    return limit->key != LIMIT_SOURCE && limit_counts(limit) != LIMIT_BYTES;
}

static void lint_protect(const struct rule *rule, struct diag *diag)
{
    char text[LIMIT_TEXT_BYTES];

    if (!rule_protects(rule))
        return;
    if (!asks_for_opening(rule)) {
        diag_add(
            diag, SEVERITY_WARNING, rule->place,
            "rule %s protects nothing: its \"tcp-flags\" match no SYN that opens a connection; "
            "write \"protect\" into the rule that does",
            rule->name);
        return;
    }
    for (size_t i = 0; i < rule->limit_count; i++)
        if (is_used_up_by_floods(&rule->limits[i])) {
            diag_add(diag, SEVERITY_WARNING, rule->place,
                     "rule %s: a flood uses up \"limit = %s\" before any SYN cookie is sent, and "
                     "honest clients are dropped with it: leave it out, or write \"per source\"",
                     rule->name, limit_print(&rule->limits[i], text));
            return;
        }
}

static void lint_exempt(const struct policy *policy, struct diag *diag)
{
    if (policy->exempt_place.source && !policy_has_limits(policy))
        diag_add(diag, SEVERITY_WARNING, policy->exempt_place,
                 "nobody needs to be exempt: no rule has a limit");
}

int policy_lint(const struct policy *policy, const struct image *image, struct diag *diag)
{
    u64 steps = COVER_STEPS;

    for (size_t i = 0; i < image->entry_count; i++) {
        const struct entry *entry = &image->entries[i];
        const struct rule *rule = &policy->rules[entry->rule];
        bool again = i && image->entries[i - 1].rule == entry->rule;
        char why[EMPTY_TEXT_BYTES];
        bool empty = is_empty(rule, why);

        if (!again) {
            lint_open(rule, diag);
            lint_bans(rule, diag);
            lint_protect(rule, diag);
        }
        if (empty && !again)
            diag_add(diag, SEVERITY_WARNING, rule->place, "rule %s can never match: %s", rule->name,
                     why);
        else if (!empty && !again && lint_length(rule, diag))
            continue;
        else if (!empty && asks_for_bad_flags(policy, rule) && !again)
            diag_add(diag, SEVERITY_WARNING, rule->place,
                     "rule %s can never match: [baseline] drops segments with such flags before "
                     "any rule, unless it says \"tcp-flags = accept\"",
                     rule->name);
        else if (!empty && !entry->reachable && !asks_for_bad_flags(policy, rule))
            lint_unreachable(policy, entry, &steps, diag);
    }
    lint_log(policy, diag);
    lint_exempt(policy, diag);
    lint_names(policy, diag);
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++)
        lint_connections(policy, direction, diag);
    return 0;
}
