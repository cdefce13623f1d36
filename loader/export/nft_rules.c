/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: one line where a rule means the same in both families, else one for each family in which
 * it can match. The comment is its name.
 */
#include "nft.h"

#include <string.h>

#include "../policy/protocols.h"

static const char *const ip[] = {"ip", "ip6"};
static const char *const nfproto[] = {"ipv4", "ipv6"};
static const char *const icmp[] = {"icmp", "icmpv6"};

static bool has_protocol(const struct rule *rule, enum family family, unsigned int protocol)
{
    return rule->protocols[family - 1][protocol / 64] >> protocol % 64 & 1;
}

/* How many protocols, and the first of them. */
static unsigned int count_protocols(const struct rule *rule, enum family family,
                                    unsigned int *first)
{
    unsigned int count = 0;

    for (unsigned int protocol = 256; protocol--;) {
        if (has_protocol(rule, family, protocol)) {
            *first = protocol;
            count++;
        }
    }
    return count;
}

static bool holds(const struct number_ranges *ranges, unsigned int number)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->ranges[i].first <= number && number <= ranges->ranges[i].last)
            return true;
    return false;
}

/* Does RULE, about ICMP, match the request that a reply of TYPE answers? Its code is 0. */
static bool answers_icmp(const struct rule *rule, enum family family, unsigned int request)
{
    return rule->icmp_any || holds(&rule->icmp[family - 1], request << 8);
}

static bool can_match_icmp(const struct rule *rule, enum family family, enum view view)
{
    if (rule->icmp_any)
        return true;
    if (view != VIEW_ANSWER)
        return rule->icmp[family - 1].count;
    if (family == FAMILY_IPV6)
        return answers_icmp(rule, family, 128);
    return answers_icmp(rule, family, 8) || answers_icmp(rule, family, 13);
}

static bool can_match(const struct rule *rule, enum family family, enum view view)
{
    unsigned int first;

    return rule->from->family[family - 1].count && rule->to->family[family - 1].count &&
           count_protocols(rule, family, &first) && can_match_icmp(rule, family, view);
}

/* Is there nothing in RULE by which the families differ? */
static bool is_the_same_in_both(const struct rule *rule)
{
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (!nft_set_is_all(rule->from, family) || !nft_set_is_all(rule->to, family))
            return false;
    return rule->icmp_any &&
           !memcmp(rule->protocols[0], rule->protocols[1], sizeof(rule->protocols[0]));
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

    if (nft_set_is_all(rule->from, family) && nft_set_is_all(rule->to, family))
        fprintf(nft->out, "meta nfproto %s ", nfproto[family - 1]);
    put_address(nft, rule->from, family, turned ? "daddr" : "saddr");
    put_address(nft, rule->to, family, turned ? "saddr" : "daddr");
}

static void put_protocol(const struct nft *nft, unsigned int protocol)
{
    const char *name = protocol_name((u8)protocol);

    if (name)
        fputs(name, nft->out);
    else
        fprintf(nft->out, "%u", protocol);
}

static void put_protocols(const struct nft *nft, const struct rule *rule, enum family family)
{
    unsigned int first = 0, count = count_protocols(rule, family, &first);

    if (count == 256)
        return;
    fputs("meta l4proto ", nft->out);
    if (count > 1)
        fputs("{ ", nft->out);
    put_protocol(nft, first);
    for (unsigned int protocol = first + 1; protocol < 256; protocol++) {
        if (has_protocol(rule, family, protocol)) {
            fputs(", ", nft->out);
            put_protocol(nft, protocol);
        }
    }
    fputs(count > 1 ? " } " : " ", nft->out);
}

static void put_ports(const struct nft *nft, const char *header, const char *field,
                      const struct number_ranges *ports)
{
    fprintf(nft->out, "%s %s ", header, field);
    if (ports->count > 1)
        fputs("{ ", nft->out);
    for (size_t i = 0; i < ports->count; i++) {
        fprintf(nft->out, "%s%u", i ? ", " : "", ports->ranges[i].first);
        if (ports->ranges[i].first < ports->ranges[i].last)
            fprintf(nft->out, "-%u", ports->ranges[i].last);
    }
    fputs(ports->count > 1 ? " } " : " ", nft->out);
}

static bool is_every_port(const struct number_ranges *ports)
{
    return ports->count == 1 && ports->ranges[0].first == 0 && ports->ranges[0].last == 65535;
}

static bool asks_for_ports(const struct rule *rule)
{
    return (!rule->port_any && !is_every_port(&rule->ports)) ||
           (!rule->source_port_any && !is_every_port(&rule->source_ports));
}

/* Protocols with ports; where it is only one, its name says so with each port. */
static void put_protocols_and_ports(const struct nft *nft, const struct rule *rule,
                                    enum family family, enum view view)
{
    bool turned = view == VIEW_ANSWER;
    const char *header = "th";
    unsigned int protocol;

    if (asks_for_ports(rule) && count_protocols(rule, family, &protocol) == 1)
        header = protocol_name((u8)protocol);
    else
        put_protocols(nft, rule, family);
    if (!rule->source_port_any && !is_every_port(&rule->source_ports))
        put_ports(nft, header, turned ? "dport" : "sport", &rule->source_ports);
    if (!rule->port_any && !is_every_port(&rule->ports))
        put_ports(nft, header, turned ? "sport" : "dport", &rule->ports);
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

/* The items of RANGES, type << 8 | code, as nft has them. */
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
    const struct number_ranges *ranges = &rule->icmp[family - 1];
    bool codes = !is_whole_types(ranges);

    fprintf(nft->out, "%s type ", icmp[family - 1]);
    if (codes)
        fprintf(nft->out, ". %s code ", icmp[family - 1]);
    fputs("{ ", nft->out);
    put_icmp_items(nft, family, ranges, codes);
    fputs(" } ", nft->out);
}

/* Of a reply, whose request RULE is about. */
static void put_icmp_answer(const struct nft *nft, const struct rule *rule, enum family family)
{
    bool echo = family == FAMILY_IPV6 || answers_icmp(rule, family, 8);
    bool timestamp = family == FAMILY_IPV4 && answers_icmp(rule, family, 13);

    fprintf(nft->out, "%s type { %s%s%s } ", icmp[family - 1], echo ? "echo-reply" : "",
            echo && timestamp ? ", " : "", timestamp ? "timestamp-reply" : "");
}

/* FAMILY_NONE: of both. */
static void put_match(const struct nft *nft, const struct rule *rule, enum family family,
                      enum view view)
{
    fputs("\t\t", nft->out);
    if (family != FAMILY_NONE)
        put_addresses(nft, rule, family, view);
    if (!rule->icmp_any) {
        if (view == VIEW_ANSWER)
            put_icmp_answer(nft, rule, family);
        else
            put_icmp(nft, rule, family);
        return;
    }
    put_protocols_and_ports(nft, rule, family == FAMILY_NONE ? FAMILY_IPV4 : family, view);
}

static void put_line(const struct nft *nft, const struct rule *rule, enum family family,
                     enum view view)
{
    /* As often as edgexdp itself would report it. */
    if (rule->log && view != VIEW_ANSWER) {
        put_match(nft, rule, family, view);
        fprintf(nft->out,
                "limit rate 64/second burst 64 packets log prefix \"edgexdp %s: \" level info\n",
                rule->name);
    }
    put_match(nft, rule, family, view);
    if (view == VIEW_ANSWER && rule->action == VERDICT_DROP)
        fputs("return", nft->out);
    else if (view == VIEW_OUT && rule->action == VERDICT_ACCEPT)
        fputs("counter goto remember", nft->out);
    else
        fprintf(nft->out, "counter %s", nft_verdict(nft, rule->action));
    fprintf(nft->out, " comment \"%s\"\n", rule->name);
}

static void put_rule(const struct nft *nft, const struct rule *rule, enum view view)
{
    if (view != VIEW_ANSWER)
        nft_comment(nft, "\t\t", rule->note);
    if (!can_match(rule, FAMILY_IPV4, view) && !can_match(rule, FAMILY_IPV6, view)) {
        if (view != VIEW_ANSWER)
            fprintf(nft->out, "\t\t# %s matches nothing\n", rule->name);
        return;
    }
    if (is_the_same_in_both(rule)) {
        put_line(nft, rule, FAMILY_NONE, view);
        return;
    }
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (can_match(rule, family, view))
            put_line(nft, rule, family, view);
}

void nft_rules(const struct nft *nft, enum view view)
{
    enum direction direction = view == VIEW_OUT ? DIRECTION_OUT : DIRECTION_IN;

    for (size_t i = 0; i < nft->policy->rule_count; i++)
        if (nft->policy->rules[i].direction[direction])
            put_rule(nft, &nft->policy->rules[i], view);
}
