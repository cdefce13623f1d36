/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: one line where a rule means the same in both families, otherwise one line for each family
 * in which it can match. The rule's name is its comment.
 */
#include "nft.h"

#include <string.h>

#include "../policy/match.h"
#include "../policy/protocols.h"

static const char *const ip[] = {"ip", "ip6"};
static const char *const nfproto[] = {"ipv4", "ipv6"};
static const char *const icmp[] = {"icmp", "icmpv6"};

static bool is_of_later(enum view view)
{
    return view == VIEW_LATER_IN || view == VIEW_LATER_OUT || view == VIEW_UNJOINED;
}

static enum direction direction_of(enum view view)
{
    return view == VIEW_OUT || view == VIEW_LATER_OUT ? DIRECTION_OUT : DIRECTION_IN;
}

/* Returns what RULE wants of FIELD in FAMILY; see match_numbers(). */
static struct number_ranges wanted(const struct rule *rule, enum field field, enum family family,
                                   struct number_range *whole)
{
    return match_numbers(&rule->matches[field], field, family, whole);
}

static const struct address_set *set_of(const struct rule *rule, enum field field)
{
    return rule->matches[field].set;
}

/* Returns whether RULE, an ICMP rule, matches a request of this type; its code is 0. */
static bool answers_icmp(const struct rule *rule, enum family family, unsigned int request)
{
    return match_holds(&rule->matches[FIELD_ICMP_TYPE], family, request << 8);
}

static bool can_answer_icmp(const struct rule *rule, enum family family)
{
    if (rule->matches[FIELD_ICMP_TYPE].any)
        return true;
    if (family == FAMILY_IPV6)
        return answers_icmp(rule, family, 128);
    return answers_icmp(rule, family, 8) || answers_icmp(rule, family, 13);
}

/* Returns whether RULE drops by a number that is unknown for a packet that is only spoken of. */
static bool drops_by_numbers(const struct rule *rule, enum family family)
{
    for (enum field field = 0; field < FIELDS; field++)
        if (field_is_untold(field) && rule->action == VERDICT_DROP &&
            !match_is_any(&rule->matches[field], family))
            return true;
    return false;
}

static bool can_match(const struct rule *rule, enum family family, enum view view)
{
    if (is_of_later(view) ? !rule_asks_later(rule) : !rule_asks_whole(rule))
        return false;
    if (view == VIEW_ANSWER && (!can_answer_icmp(rule, family) || drops_by_numbers(rule, family)))
        return false;
    return rule_speaks_of(rule, family);
}

/* Returns whether nft has two names for FIELD, or its values differ by family. */
static bool differs_by_family(enum field field)
{
    switch (field_rows[field].kind) {
    case KIND_PROTOCOLS: /* only some differ, and their lists are compared */
    case KIND_PORTS:
    case KIND_FLAGS:
        return false;
    case KIND_FAMILIES:
    case KIND_ADDRESSES:
    case KIND_TYPES:
    case KIND_FRAGMENTS:
    case KIND_NUMBERS:
        return true;
    }
    return true;
}

/* Returns whether RULE means the same in both families. */
static bool is_the_same_in_both(const struct rule *rule)
{
    const struct number_ranges *protocols = rule->matches[FIELD_PROTOCOL].numbers;

    for (enum field field = 0; field < FIELDS; field++)
        for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
            if (differs_by_family(field) && !match_is_any(&rule->matches[field], family))
                return false;
    return protocols[0].count == protocols[1].count &&
           (!protocols[0].count || !memcmp(protocols[0].ranges, protocols[1].ranges,
                                           protocols[0].count * sizeof(*protocols[0].ranges)));
}

static void put_address(const struct nft *nft, const struct address_set *set, enum family family,
                        const char *field)
{
    if (nft_set_is_all(set, family))
        return;
    fprintf(nft->out, "%s %s @", ip[family - 1], field);
    nft_set_name(nft, set, family);
    fputc(' ', nft->out);
}

static void put_addresses(const struct nft *nft, const struct rule *rule, enum family family,
                          enum view view)
{
    bool turned = view == VIEW_ANSWER;

    if (nft_set_is_all(set_of(rule, FIELD_FROM), family) &&
        nft_set_is_all(set_of(rule, FIELD_TO), family))
        fprintf(nft->out, "meta nfproto %s ", nfproto[family - 1]);
    put_address(nft, set_of(rule, FIELD_FROM), family, turned ? "daddr" : "saddr");
    put_address(nft, set_of(rule, FIELD_TO), family, turned ? "saddr" : "daddr");
}

static void put_protocol(const struct nft *nft, unsigned int protocol)
{
    const char *name = protocol_name((u8)protocol);

    if (name)
        fputs(name, nft->out);
    else
        fprintf(nft->out, "%u", protocol);
}

static void put_protocols(const struct nft *nft, const struct number_ranges *protocols)
{
    unsigned int count = numbers_count(protocols);
    const char *comma = "";

    if (count == 256)
        return;
    fputs("meta l4proto ", nft->out);
    if (count > 1)
        fputs("{ ", nft->out);
    for (size_t i = 0; i < protocols->count; i++)
        for (u32 protocol = protocols->ranges[i].first; protocol <= protocols->ranges[i].last;
             protocol++, comma = ", ") {
            fputs(comma, nft->out);
            put_protocol(nft, protocol);
        }
    fputs(count > 1 ? " } " : " ", nft->out);
}

/* LAST, the greatest number we have, becomes the greatest that nftables has. */
static void put_numbers(const struct nft *nft, const struct number_ranges *numbers, u16 last,
                        u32 nft_last)
{
    if (numbers->count > 1)
        fputs("{ ", nft->out);
    for (size_t i = 0; i < numbers->count; i++) {
        u32 end = numbers->ranges[i].last == last ? nft_last : numbers->ranges[i].last;

        fprintf(nft->out, "%s%u", i ? ", " : "", numbers->ranges[i].first);
        if (numbers->ranges[i].first < end)
            fprintf(nft->out, "-%u", end);
    }
    fputs(numbers->count > 1 ? " } " : " ", nft->out);
}

/* Returns whether RULE asks for certain ports, not merely for a protocol with ports. */
static bool asks_for(const struct rule *rule, enum field field)
{
    const struct match *match = &rule->matches[field];

    return !match->any && numbers_count(&match->numbers[0]) <= field_rows[field].last;
}

static void put_ports(const struct nft *nft, const struct rule *rule, enum field field,
                      const char *header, const char *name)
{
    if (!asks_for(rule, field))
        return;
    fprintf(nft->out, "%s %s ", header, name);
    put_numbers(nft, &rule->matches[field].numbers[0], field_rows[field].last,
                field_rows[field].last);
}

/* Writes protocols with ports. If there is only one protocol, the port match names it. */
static void put_protocols_and_ports(const struct nft *nft, const struct rule *rule,
                                    enum family family, enum view view)
{
    bool turned = view == VIEW_ANSWER;
    struct number_range whole;
    struct number_ranges protocols = wanted(rule, FIELD_PROTOCOL, family, &whole);
    const char *header = "th";

    if ((asks_for(rule, FIELD_PORT) || asks_for(rule, FIELD_SOURCE_PORT)) &&
        numbers_count(&protocols) == 1)
        header = protocol_name((u8)protocols.ranges[0].first);
    else
        put_protocols(nft, &protocols);
    put_ports(nft, rule, FIELD_SOURCE_PORT, header, turned ? "dport" : "sport");
    put_ports(nft, rule, FIELD_PORT, header, turned ? "sport" : "dport");
}

static void put_icmp_type(const struct nft *nft, enum family family, unsigned int type)
{
    const char *name = icmp_type_name(family, (u8)type);

    if (name)
        fputs(name, nft->out);
    else
        fprintf(nft->out, "%u", type);
}

static bool is_whole_types(const struct number_ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        if ((ranges->ranges[i].first & 0xff) != 0 || (ranges->ranges[i].last & 0xff) != 0xff)
            return false;
    return true;
}

/* Writes the items of RANGES (type << 8 | code) in nft's notation. */
static void put_icmp_items(const struct nft *nft, enum family family,
                           const struct number_ranges *ranges, bool codes)
{
    const char *comma = "";

    for (size_t i = 0; i < ranges->count; i++) {
        unsigned int first = ranges->ranges[i].first, last = ranges->ranges[i].last;

        for (unsigned int type = first >> 8; type <= last >> 8; type++, comma = ", ") {
            unsigned int low = type == first >> 8 ? first & 0xff : 0;
            unsigned int high = type == last >> 8 ? last & 0xff : 0xff;

            fputs(comma, nft->out);
            put_icmp_type(nft, family, type);
            if (codes)
                fprintf(nft->out, low == high ? " . %u" : " . %u-%u", low, high);
        }
    }
}

static void put_icmp(const struct nft *nft, const struct rule *rule, enum family family)
{
    const struct number_ranges *ranges = &rule->matches[FIELD_ICMP_TYPE].numbers[family - 1];
    bool codes = !is_whole_types(ranges);

    fprintf(nft->out, "%s type ", icmp[family - 1]);
    if (codes)
        fprintf(nft->out, ". %s code ", icmp[family - 1]);
    fputs("{ ", nft->out);
    put_icmp_items(nft, family, ranges, codes);
    fputs(" } ", nft->out);
}

/* Matches the replies to the requests that RULE is about. */
static void put_icmp_answer(const struct nft *nft, const struct rule *rule, enum family family)
{
    bool echo = family == FAMILY_IPV6 || answers_icmp(rule, family, 8);
    bool timestamp = family == FAMILY_IPV4 && answers_icmp(rule, family, 13);

    fprintf(nft->out, "%s type { %s%s%s } ", icmp[family - 1], echo ? "echo-reply" : "",
            echo && timestamp ? ", " : "", timestamp ? "timestamp-reply" : "");
}

/* Writes fields of the kind NUMBERS. They are not asked of an answer. */
static void put_number_fields(const struct nft *nft, const struct rule *rule, enum family family)
{
    for (enum field field = 0; field < FIELDS; field++) {
        const struct match *match = &rule->matches[field];

        if (field_rows[field].kind != KIND_NUMBERS || match->any)
            continue;
        fprintf(nft->out, "%s ", number_rows[field].nft[family - 1]);
        put_numbers(nft, &match->numbers[family - 1], field_rows[field].last,
                    number_rows[field].nft_last);
    }
}

/* What one line of a rule asks for besides what all of its lines do. */
struct asked {
    struct conjunction flags;
    const char *fragment; /* in nft's words, or empty */
};

/* Sets FORMS to the ways in which nft says which fragments RULE is asked about; a chain of later
 * ones sees no others. Returns their number. */
static size_t fragment_forms(const struct rule *rule, enum family family, enum view view,
                             const char *forms[2])
{
    static const char *const whole[2][2] = {
        {"ip frag-off & 0x3fff == 0 "},
        {"exthdr frag missing ", "frag frag-off 0 frag more-fragments 0 "},
    };
    static const char *const first[2] = {"ip frag-off & 0x3fff == 0x2000 ",
                                         "frag frag-off 0 frag more-fragments 1 "};
    const struct match *match = &rule->matches[FIELD_FRAGMENT];
    bool is_whole = match_holds(match, FAMILY_IPV4, FRAGMENT_NONE);

    forms[0] = "";
    if (family == FAMILY_NONE || view == VIEW_ANSWER || is_of_later(view) ||
        (is_whole && match_holds(match, FAMILY_IPV4, FRAGMENT_FIRST)))
        return 1;
    forms[0] = is_whole ? whole[family - 1][0] : first[family - 1];
    forms[1] = whole[family - 1][1];
    return is_whole && forms[1] ? 2 : 1;
}

/* FAMILY_NONE means both families. */
static void put_match(const struct nft *nft, const struct rule *rule, enum family family,
                      enum view view, const struct asked *asked)
{
    fputs("\t\t", nft->out);
    if (family != FAMILY_NONE)
        put_addresses(nft, rule, family, view);
    if (family != FAMILY_NONE && view != VIEW_ANSWER)
        put_number_fields(nft, rule, family);
    fputs(asked->fragment, nft->out);
    if (rule->matches[FIELD_ICMP_TYPE].any)
        put_protocols_and_ports(nft, rule, family == FAMILY_NONE ? FAMILY_IPV4 : family, view);
    else if (view == VIEW_ANSWER)
        put_icmp_answer(nft, rule, family);
    else
        put_icmp(nft, rule, family);
    if (asked->flags.set | asked->flags.clear)
        nft_flags(nft, asked->flags);
}

/* nft rejects before it routes, but not afterwards: on the way out a packet is only dropped. */
static const char *nft_action(const struct nft *nft, const struct rule *rule)
{
    static const char *const actions[REFUSALS] = {
        [REFUSAL_DEFAULT] = "goto refuse",
        [REFUSAL_TCP_RESET] = "reject with tcp reset",
        [REFUSAL_PORT_UNREACHABLE] = "reject with icmpx type port-unreachable",
        [REFUSAL_ADMIN_PROHIBITED] = "reject with icmpx type admin-prohibited",
    };

    if (rule->refusal == REFUSAL_NONE || nft->policy->mode == MODE_AUDIT)
        return nft_verdict(nft, rule->action);
    return actions[rule->refusal];
}

static bool refuses(const struct nft *nft, enum direction direction)
{
    for (size_t i = 0; i < nft->policy->rule_count; i++)
        if (nft->policy->rules[i].refusal != REFUSAL_NONE &&
            nft->policy->rules[i].direction[direction])
            return true;
    return false;
}

void nft_refuse_chain(const struct nft *nft)
{
    if (refuses(nft, DIRECTION_IN))
        fputs("\tchain refuse {\n"
              "\t\tmeta l4proto tcp reject with tcp reset\n"
              "\t\treject with icmpx type admin-prohibited\n"
              "\t}\n\n",
              nft->out);
}

/* nft's own answers go through postrouting, where nothing tells them from other packets of the same
 * kind that this host sends. */
void nft_let_refusals_out(const struct nft *nft)
{
    if (refuses(nft, DIRECTION_IN))
        fputs("\t\tfib saddr type local tcp flags & rst == rst counter accept comment \"refusal\"\n"
              "\t\tfib saddr type local icmp type destination-unreachable icmp code { 3, 13 } "
              "counter accept comment \"refusal\"\n"
              "\t\tfib saddr type local icmpv6 type destination-unreachable icmpv6 code { 1, 4 } "
              "counter accept comment \"refusal\"\n",
              nft->out);
}

static void put_action(const struct nft *nft, const struct rule *rule, enum view view)
{
    if (view == VIEW_ANSWER && rule->action == VERDICT_DROP)
        fputs("return", nft->out);
    else if (view == VIEW_UNJOINED && rule->action == VERDICT_ACCEPT)
        fputs("accept", nft->out);
    else if (view == VIEW_OUT && rule->action == VERDICT_ACCEPT)
        fputs("counter goto remember", nft->out);
    else
        fprintf(nft->out, "counter %s",
                view == VIEW_IN ? nft_action(nft, rule) : nft_verdict(nft, rule->action));
}

static void put_line(const struct nft *nft, const struct rule *rule, enum family family,
                     enum view view, const struct asked *asked)
{
    bool logs = view != VIEW_ANSWER && (view != VIEW_UNJOINED || rule->action == VERDICT_DROP);

    /* The limit is the rate at which edgexdp itself would report it. */
    if (rule->log && logs) {
        put_match(nft, rule, family, view, asked);
        fprintf(nft->out,
                "limit rate 64/second burst 64 packets log prefix \"edgexdp %s: \" level info\n",
                rule->name);
    }
    put_match(nft, rule, family, view, asked);
    put_action(nft, rule, view);
    fprintf(nft->out, " comment \"%s\"\n", rule->name);
}

/* Writes a line for each conjunction of flags that RULE asks for, and for each way to say which
 * fragments. Neither is asked of an answer. */
static void put_lines(const struct nft *nft, const struct rule *rule, enum family family,
                      enum view view)
{
    const struct match *match = &rule->matches[FIELD_TCP_FLAGS];
    struct conjunction flags[CONJUNCTIONS_MAX] = {{0}};
    const char *fragments[2];
    size_t count = 1, forms = fragment_forms(rule, family, view, fragments);

    if (!match->any && view != VIEW_ANSWER)
        count = flags_conjunctions(&match->numbers[0], flags);
    for (size_t i = 0; i < count; i++)
        for (size_t form = 0; form < forms; form++)
            put_line(nft, rule, family, view, &(struct asked){flags[i], fragments[form]});
}

static void put_rule(const struct nft *nft, const struct rule *rule, enum view view)
{
    if (view == VIEW_IN || view == VIEW_OUT)
        nft_comment(nft, "\t\t", rule->note);
    if (!can_match(rule, FAMILY_IPV4, view) && !can_match(rule, FAMILY_IPV6, view)) {
        if (view != VIEW_ANSWER && !rule_asks_later(rule))
            fprintf(nft->out, "\t\t# %s matches nothing\n", rule->name);
        return;
    }
    if (view == VIEW_OUT && rule->refusal != REFUSAL_NONE)
        fprintf(nft->out, "\t\t# %s rejects: here nft can only drop\n", rule->name);
    if (is_the_same_in_both(rule)) {
        put_lines(nft, rule, FAMILY_NONE, view);
        return;
    }
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (can_match(rule, family, view))
            put_lines(nft, rule, family, view);
}

static bool has_rule(const struct nft *nft, size_t rule, enum view view)
{
    return nft->policy->rules[rule].direction[direction_of(view)] &&
           (!is_of_later(view) || rule_asks_later(&nft->policy->rules[rule]));
}

void nft_rules(const struct nft *nft, enum view view)
{
    for (size_t i = 0; i < nft->policy->rule_count; i++)
        if (has_rule(nft, i, view))
            put_rule(nft, &nft->policy->rules[i], view);
}

bool nft_has_rules(const struct nft *nft, enum view view)
{
    for (size_t i = 0; i < nft->policy->rule_count; i++)
        if (has_rule(nft, i, view))
            return true;
    return false;
}
