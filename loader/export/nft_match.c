/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft_match.h"

#include <string.h>

#include "../policy/match.h"
#include "../policy/protocols.h"

static const char *const ip[] = {"ip", "ip6"};
static const char *const nfproto[] = {"ipv4", "ipv6"};
static const char *const icmp[] = {"icmp", "icmpv6"};

bool nft_view_is_of_later(enum view view)
{
    return view == VIEW_LATER_IN || view == VIEW_LATER_OUT || view == VIEW_UNJOINED;
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
        if (field_is_untold(field) && field != FIELD_ARRIVES && rule->action == VERDICT_DROP &&
            !match_is_any(&rule->matches[field], family))
            return true;
    return false;
}

bool nft_can_match(const struct rule *rule, enum family family, enum view view)
{
    if (nft_view_is_of_later(view) ? !rule_asks_later(rule) : !rule_asks_whole(rule))
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
    case KIND_ZONES:
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

bool nft_is_the_same_in_both(const struct rule *rule)
{
    const struct number_ranges *protocols = rule->matches[FIELD_PROTOCOL].numbers;

    for (size_t i = 0; i < rule->limit_count; i++)
        if (rule->limits[i].key != LIMIT_RULE)
            return false; /* their sets differ */
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

        if (field_rows[field].kind != KIND_NUMBERS || match->any ||
            !*number_rows[field].nft[family - 1])
            continue;
        fprintf(nft->out, "%s ", number_rows[field].nft[family - 1]);
        put_numbers(nft, &match->numbers[family - 1], field_rows[field].last,
                    number_rows[field].nft_last);
    }
}

/* Does what RULE says of the flags of IPv6 allow for more fragments, or for none? Those of IPv4 are
 * written as a number. */
static bool may_have_more(const struct rule *rule, enum family family, unsigned int more)
{
    return family != FAMILY_IPV6 || match_holds(&rule->matches[FIELD_IP_FLAGS], family, more);
}

size_t nft_fragment_forms(const struct rule *rule, enum family family, enum view view,
                          const char *forms[FRAGMENT_FORMS])
{
    static const char *const whole[2][2] = {
        {"ip frag-off & 0x3fff == 0 "},
        {"exthdr frag missing ", "frag frag-off 0 frag more-fragments 0 "},
    };
    static const char *const first[2] = {"ip frag-off & 0x3fff == 0x2000 ",
                                         "frag frag-off 0 frag more-fragments 1 "};
    static const char *const later[2] = {"frag more-fragments 0 ", "frag more-fragments 1 "};
    const struct match *match = &rule->matches[FIELD_FRAGMENT];
    bool is_last = may_have_more(rule, family, 0), is_before = may_have_more(rule, family, 1);
    bool is_whole = is_last && match_holds(match, FAMILY_IPV4, FRAGMENT_NONE);
    bool is_first = is_before && match_holds(match, FAMILY_IPV4, FRAGMENT_FIRST);
    size_t count = 0;

    forms[0] = "";
    if (family == FAMILY_NONE || view == VIEW_ANSWER)
        return 1;
    if (nft_view_is_of_later(view)) {
        forms[0] = is_last && is_before ? "" : later[is_before];
        return is_last || is_before;
    }
    if (is_whole && is_first)
        return 1;
    if (is_whole)
        forms[count++] = whole[family - 1][0];
    if (is_whole && whole[family - 1][1])
        forms[count++] = whole[family - 1][1];
    if (is_first)
        forms[count++] = first[family - 1];
    return count;
}

void nft_match(const struct nft *nft, const struct rule *rule, enum family family, enum view view,
               const struct nft_asked *asked)
{
    fputs("\t\t", nft->out);
    if (view == VIEW_OUT || view == VIEW_LATER_OUT)
        nft_arrives(nft, rule, asked->arrival);
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
