/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of ICMP: the matches icmp and icmp6. */
#include "ipt.h"

#include <string.h>

#include "../base/memory.h"
#include "../policy/protocols.h"

/* Names of types that iptables has and nftables has not, or has with a code. */
static const struct {
    const char *name;
    enum family family;
    u8 type;
    short code; /* -1: any */
} types[] = {
    {"any", FAMILY_IPV4, 255, -1},
    {"pong", FAMILY_IPV4, 0, -1},
    {"ping", FAMILY_IPV4, 8, -1},
    {"ttl-exceeded", FAMILY_IPV4, 11, -1},
    {"network-unreachable", FAMILY_IPV4, 3, 0},
    {"host-unreachable", FAMILY_IPV4, 3, 1},
    {"protocol-unreachable", FAMILY_IPV4, 3, 2},
    {"port-unreachable", FAMILY_IPV4, 3, 3},
    {"fragmentation-needed", FAMILY_IPV4, 3, 4},
    {"source-route-failed", FAMILY_IPV4, 3, 5},
    {"network-prohibited", FAMILY_IPV4, 3, 9},
    {"host-prohibited", FAMILY_IPV4, 3, 10},
    {"communication-prohibited", FAMILY_IPV4, 3, 13},
    {"ttl-zero-during-transit", FAMILY_IPV4, 11, 0},
    {"ttl-zero-during-reassembly", FAMILY_IPV4, 11, 1},
    {"network-redirect", FAMILY_IPV4, 5, 0},
    {"host-redirect", FAMILY_IPV4, 5, 1},
    {"neighbour-solicitation", FAMILY_IPV6, 135, -1},
    {"neighbor-solicitation", FAMILY_IPV6, 135, -1},
    {"neighbour-advertisement", FAMILY_IPV6, 136, -1},
    {"neighbor-advertisement", FAMILY_IPV6, 136, -1},
    {"router-solicitation", FAMILY_IPV6, 133, -1},
    {"router-advertisement", FAMILY_IPV6, 134, -1},
    {"redirect", FAMILY_IPV6, 137, -1},
    {"ttl-exceeded", FAMILY_IPV6, 3, -1},
    {"no-route", FAMILY_IPV6, 1, 0},
    {"communication-prohibited", FAMILY_IPV6, 1, 1},
    {"beyond-scope", FAMILY_IPV6, 1, 2},
    {"address-unreachable", FAMILY_IPV6, 1, 3},
    {"port-unreachable", FAMILY_IPV6, 1, 4},
    {"ttl-zero-during-transit", FAMILY_IPV6, 3, 0},
    {"ttl-zero-during-reassembly", FAMILY_IPV6, 3, 1},
    {"bad-header", FAMILY_IPV6, 4, 0},
    {"unknown-header-type", FAMILY_IPV6, 4, 1},
    {"unknown-option", FAMILY_IPV6, 4, 2},
};

/* Reads TYPE, TYPE/CODE or a name. */
static bool read_type(enum family family, char *text, unsigned int *type, int *code)
{
    char *slash = strchr(text, '/');
    unsigned int number = 0;
    int found;

    *code = -1;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (types[i].family == family && !strcmp(types[i].name, text)) {
            *type = types[i].type;
            *code = types[i].code;
            return true;
        }
    }
    if (slash)
        *slash++ = '\0';
    if (slash && !ipt_number(slash, 255, &number))
        return false;
    if (slash)
        *code = (int)number;
    if (ipt_number(text, 255, type))
        return true;
    found = icmp_type_find(family, piece_of(text));
    *type = (unsigned int)found;
    return found >= 0;
}

static void read_any_type(struct ipt_rule *rule, bool negated)
{
    if (negated)
        ipt_narrow(rule, ASPECT_TYPE4, false, &spans_none);
}

static void read_icmp_type(struct ipt_rule *rule, bool negated, const char *value)
{
    enum aspect aspect = rule->family == FAMILY_IPV4 ? ASPECT_TYPE4 : ASPECT_TYPE6;
    unsigned int type;
    int code;

    if (!read_type(rule->family, strdupa(value), &type, &code))
        ipt_bad_value(rule, value);
    else if (rule->family == FAMILY_IPV4 && type == 255 && code < 0) /* iptables' word for any */
        read_any_type(rule, negated);
    else if (code < 0)
        ipt_narrow(rule, aspect, negated, spans_range(ipt_arena(rule), type << 8, type << 8 | 255));
    else
        ipt_narrow(rule, aspect, negated,
                   spans_one(ipt_arena(rule), type << 8 | (unsigned int)code));
}

static const struct ipt_option options[] = {
    {NULL, "--icmp-type", read_icmp_type, 1},
    {NULL, "--icmpv6-type", read_icmp_type, 1},
};

const struct ipt_options ipt_icmp_options = {options, ARRAY_SIZE(options)};
