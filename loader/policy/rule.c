/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of a [rule]. */
#include "reading.h"

#include "../base/memory.h"
#include "list.h"
#include "protocols.h"
#include "ranges.h"

#include <errno.h>
#include <string.h>

#define PORT_MAX 65535u

int read_rule_direction(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;
    struct piece word;

    if (!value_is_single(reading, entry, &word))
        return 0;
    rule->direction[DIRECTION_IN] = piece_is_keyword(word, "in") || piece_is_keyword(word, "both");
    rule->direction[DIRECTION_OUT] =
        piece_is_keyword(word, "out") || piece_is_keyword(word, "both");
    if (!rule->direction[DIRECTION_IN] && !rule->direction[DIRECTION_OUT])
        reading_tell(reading, word, "\"%s\" is no direction: write in, out or both",
                     quote(word).text);
    return 0;
}

static void add_protocol(struct rule *rule, u8 protocol, bool named)
{
    u64 bit = (u64)1 << protocol % 64;

    if (!named || protocol != PROTOCOL_ICMPV6)
        rule->protocols[FAMILY_IPV4 - 1][protocol / 64] |= bit;
    if (!named || protocol != PROTOCOL_ICMP)
        rule->protocols[FAMILY_IPV6 - 1][protocol / 64] |= bit;
}

int read_rule_protocol(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;
    struct list list = list_of(reading->ini, entry, reading->diag);
    struct piece item;
    struct fault fault;
    bool any = false;

    memset(rule->protocols, 0, sizeof(rule->protocols));
    while (list_next(&list, &item)) {
        bool named;
        u8 protocol;

        if (piece_is_keyword(item, "any"))
            any = true;
        else if (protocol_read(item, &protocol, &named, &fault))
            reading_tell_fault(reading, item, &fault);
        else
            add_protocol(rule, protocol, named);
    }
    rule->protocol_any = any;
    if (any)
        memset(rule->protocols, 0xff, sizeof(rule->protocols));
    return 0;
}

int read_rule_from(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;

    return sets_read(reading->sets, entry, &rule->from);
}

int read_rule_to(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;

    return sets_read(reading->sets, entry, &rule->to);
}

/* A port or A-B. Returns 0 or -EINVAL with FAULT. */
static int read_ports(struct piece item, struct number_range *range, struct fault *fault)
{
    size_t dash = piece_find(item, '-');
    struct piece left = piece_trim(piece_part(item, 0, dash));
    struct piece right = piece_trim(piece_part(item, dash + 1, item.length));
    unsigned int first, last;

    if (dash == item.length)
        right = left;
    else if (!left.length || !right.length)
        return fault_set(fault, 0, item.length,
                         "\"%s\" is no range of ports: write it as A-B, with numbers from 0 to %u",
                         quote(item).text, PORT_MAX);
    if (piece_number(left, PORT_MAX, "port", &first, fault)) {
        fault->at += (size_t)(left.text - item.text);
        return -EINVAL;
    }
    if (piece_number(right, PORT_MAX, "port", &last, fault)) {
        fault->at += (size_t)(right.text - item.text);
        return -EINVAL;
    }
    if (first > last)
        return fault_set(fault, 0, item.length, "the range is reversed: write %u-%u", last, first);
    *range = (struct number_range){(u16)first, (u16)last};
    return 0;
}

/* Does every packet that RULE's protocols match have ports? */
static bool only_with_ports(const struct rule *rule)
{
    for (unsigned int protocol = 0; protocol < 256; protocol++)
        for (int family = 0; family < 2; family++)
            if (rule->protocols[family][protocol / 64] >> protocol % 64 & 1 &&
                !protocol_has_ports((u8)protocol))
                return false;
    return true;
}

/* Of a rule whose ports mean nothing this is the only thing told. */
static bool check_port_protocols(struct reading *reading, const struct rule *rule,
                                 const struct ini_entry *entry)
{
    if (!section_key_is_faulty(reading, "protocol") && !only_with_ports(rule)) {
        reading_tell(reading, entry->key,
                     "\"%s\" needs \"protocol\" to be tcp, udp or sctp, and nothing else",
                     quote(entry->key).text);
        return false;
    }
    return true;
}

static int read_port_list(struct reading *reading, const struct rule *rule,
                          const struct ini_entry *entry, bool *any, struct number_ranges *ranges)
{
    struct list list = list_of(reading->ini, entry, reading->diag);
    struct number_list ports = {0};
    struct number_range range;
    struct piece item;
    struct fault fault;
    bool all = false;

    while (list_next(&list, &item)) {
        if (piece_is_keyword(item, "any")) {
            all = true;
        } else if (read_ports(item, &range, &fault)) {
            reading_tell_fault(reading, item, &fault);
        } else if (number_list_add(&ports, range)) {
            free(ports.ranges);
            return -ENOMEM;
        }
    }
    if (all || !check_port_protocols(reading, rule, entry)) {
        free(ports.ranges);
        return 0;
    }
    number_list_finish(&ports, ranges);
    *any = false;
    return 0;
}

int read_rule_port(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;

    return read_port_list(reading, rule, entry, &rule->port_any, &rule->ports);
}

int read_rule_source_port(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;

    return read_port_list(reading, rule, entry, &rule->source_port_any, &rule->source_ports);
}

/* Which families' ICMP RULE is about; false when it is about anything else. */
static bool icmp_families(const struct rule *rule, bool allowed[2])
{
    static const u64 none[4] = {0};
    static const u64 icmp[2][4] = {{(u64)1 << PROTOCOL_ICMP}, {(u64)1 << PROTOCOL_ICMPV6}};

    for (int family = 0; family < 2; family++) {
        allowed[family] = !memcmp(rule->protocols[family], icmp[family], sizeof(none));
        if (!allowed[family] && memcmp(rule->protocols[family], none, sizeof(none)) != 0)
            return false;
    }
    return allowed[0] || allowed[1];
}

static int add_icmp(struct number_list types[2], const struct icmp_match *match)
{
    for (int family = 0; family < 2; family++) {
        u16 first = (u16)(match->type[family] << 8);
        struct number_range range = {first, (u16)(first | 0xff)};

        if (match->has_code)
            range.first = range.last = (u16)(first | match->code);
        if (match->known[family] && number_list_add(&types[family], range))
            return -ENOMEM;
    }
    return 0;
}

static int read_icmp_list(struct reading *reading, struct rule *rule, const struct ini_entry *entry,
                          const bool allowed[2])
{
    struct list list = list_of(reading->ini, entry, reading->diag);
    struct number_list types[2] = {{0}, {0}};
    struct icmp_match match;
    struct piece item;
    struct fault fault;
    bool all = false;
    int error = 0;

    while (!error && list_next(&list, &item)) {
        if (piece_is_keyword(item, "any"))
            all = true;
        else if (icmp_read(item, allowed, &match, &fault))
            reading_tell_fault(reading, item, &fault);
        else
            error = add_icmp(types, &match);
    }
    for (int family = 0; family < 2; family++) {
        if (all)
            free(types[family].ranges);
        else
            number_list_finish(&types[family], &rule->icmp[family]);
    }
    rule->icmp_any = all;
    return error;
}

int read_rule_icmp_type(struct reading *reading, void *target, const struct ini_entry *entry)
{
    struct rule *rule = target;
    bool allowed[2];

    if (section_key_is_faulty(reading, "protocol")) /* which types there are depends on it */
        return 0;
    if (entry->piece_count == 1 && piece_is_keyword(*ini_value(reading->ini, entry), "any"))
        return 0;
    if (icmp_families(rule, allowed))
        return read_icmp_list(reading, rule, entry, allowed);
    reading_tell(reading, entry->key,
                 "\"icmp-type\" needs \"protocol\" to be icmp or icmpv6 by name, and nothing else");
    return 0;
}
