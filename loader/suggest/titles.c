/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "titles.h"

#include <edgexdp/icmp.h>
#include <stdio.h>
#include <string.h>

#include "../base/labels.h"
#include "../policy/protocols.h"

/* By name, icmp is of IPv4 only and icmpv6 of IPv6 only; and protocol 41 has the name of a
 * family. */
static bool is_said_by_number(u8 family, u8 protocol, const char *name)
{
    bool types = protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;

    return !name || (types && !icmp_is(family, protocol)) || !strcmp(name, "ipv6") ||
           !strcmp(name, "ipv4");
}

char *titles_protocol(u8 family, u8 protocol, char text[PROTOCOL_WORD_BYTES])
{
    const char *name = protocol_name(protocol);

    if (is_said_by_number(family, protocol, name))
        snprintf(text, PROTOCOL_WORD_BYTES, "%u", protocol);
    else
        snprintf(text, PROTOCOL_WORD_BYTES, "%s", name);
    return text;
}

char *titles_service(u8 family, u8 protocol, u16 port, bool has_code, char text[SERVICE_WORD_BYTES])
{
    u8 type = (u8)(port >> 8), code = (u8)port;
    const char *name = icmp_is(family, protocol) ? icmp_type_name(family, type) : NULL;

    *text = '\0';
    if (icmp_is(family, protocol) && has_code)
        snprintf(text, SERVICE_WORD_BYTES, "%u/%u", type, code);
    else if (name)
        snprintf(text, SERVICE_WORD_BYTES, "%s", name);
    else if (icmp_is(family, protocol))
        snprintf(text, SERVICE_WORD_BYTES, "%u", type);
    else if (protocol_has_ports(protocol))
        snprintf(text, SERVICE_WORD_BYTES, "%u", port);
    return text;
}

static bool is_same_service(const struct suggested *one, const struct suggested *other)
{
    return one->direction == other->direction && one->family == other->family &&
           one->protocol == other->protocol && one->port == other->port;
}

/* Rules are named in lower-case letters, digits, dashes and dots. */
static void make_plain(char *name)
{
    for (; *name; name++) {
        if (*name >= 'A' && *name <= 'Z')
            *name = (char)(*name - 'A' + 'a');
        else if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-.", *name))
            *name = '-';
    }
}

/* No part is so long that there would be no room for the number. */
static void print_name(const struct suggested *rule, const char *zone, size_t number,
                       char name[RULE_NAME_BYTES])
{
    char protocol[PROTOCOL_WORD_BYTES], service[SERVICE_WORD_BYTES], again[24] = "";
    bool six = rule->family == FAMILY_IPV6 && !icmp_is(FAMILY_IPV6, rule->protocol);

    titles_protocol((u8)rule->family, rule->protocol, protocol);
    titles_service((u8)rule->family, rule->protocol, rule->port, rule->has_code, service);
    if (number > 1)
        snprintf(again, sizeof(again), "-%zu", number);
    snprintf(name, RULE_NAME_BYTES, "%s-%.12s%s%.22s%s%s%.10s%.8s",
             direction_names[rule->direction], protocol, *service ? "-" : "", service,
             six ? "-ipv6" : "", zone ? "-" : "", zone ? zone : "", again);
    make_plain(name);
}

static bool is_used(const struct suggestions *suggestions, size_t before, const char *name)
{
    for (size_t i = 0; i < before; i++)
        if (!strcmp(suggestions->rules[i].name, name))
            return true;
    return false;
}

void titles_give(struct suggestions *suggestions, const struct suggested_wish *wish)
{
    for (size_t i = 0; i < suggestions->count; i++) {
        struct suggested *rule = &suggestions->rules[i];
        size_t number = 1;

        for (size_t j = 0; j < i; j++)
            number += is_same_service(rule, &suggestions->rules[j]);
        print_name(rule, wish->zone, number, rule->name);
        while (is_used(suggestions, i, rule->name) ||
               (wish->is_taken && wish->is_taken(rule->name, wish->context)))
            print_name(rule, wish->zone, ++number, rule->name);
    }
}
