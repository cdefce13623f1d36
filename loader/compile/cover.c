/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cover.h"

static bool addresses_cover(const struct address_ranges *outer, const struct address_ranges *inner)
{
    size_t at = 0;
    for (size_t i = 0; i < inner->count; i++) {
        while (at < outer->count && outer->ranges[at].last < inner->ranges[i].first)
            at++;
        if (at == outer->count || outer->ranges[at].first > inner->ranges[i].first ||
            outer->ranges[at].last < inner->ranges[i].last)
            return false;
    }
    return true;
}

static bool numbers_cover(bool outer_any, const struct number_ranges *outer, bool inner_any,
                          const struct number_ranges *inner)
{
    size_t at = 0;
    if (outer_any)
        return true;
    if (inner_any)
        return outer->count == 1 && outer->ranges[0].first == 0 && outer->ranges[0].last == 0xffff;
    for (size_t i = 0; i < inner->count; i++) {
        while (at < outer->count && outer->ranges[at].last < inner->ranges[i].first)
            at++;
        if (at == outer->count || outer->ranges[at].first > inner->ranges[i].first ||
            outer->ranges[at].last < inner->ranges[i].last)
            return false;
    }
    return true;
}

static bool family_covers(const struct rule *outer, const struct rule *inner, int family)
{
    if (!outer->protocol_any) {
        if (inner->protocol_any)
            return false;
        for (int word = 0; word < 4; word++)
            if (inner->protocols[family][word] & ~outer->protocols[family][word])
                return false;
    }
    return addresses_cover(&outer->from->family[family], &inner->from->family[family]) &&
           addresses_cover(&outer->to->family[family], &inner->to->family[family]) &&
           numbers_cover(outer->port_any, &outer->ports, inner->port_any, &inner->ports) &&
           numbers_cover(outer->source_port_any, &outer->source_ports, inner->source_port_any,
                         &inner->source_ports) &&
           numbers_cover(outer->icmp_any, &outer->icmp[family], inner->icmp_any,
                         &inner->icmp[family]);
}

/* Whether RULE can match anything in FAMILY. */
static bool speaks(const struct rule *rule, int family)
{
    bool protocols = rule->protocol_any;
    for (int word = 0; word < 4; word++)
        protocols |= rule->protocols[family][word] != 0;
    return protocols && rule->from->family[family].count && rule->to->family[family].count;
}

bool rule_covers(const struct rule *outer, const struct rule *inner)
{
    for (int family = 0; family < 2; family++)
        if (speaks(inner, family) && !family_covers(outer, inner, family))
            return false;
    return true;
}
