/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cover.h"

/* The number of ranges, from AT on, that end before ADDRESS: by steps that double, and then by
 * halving. */
static size_t skip(const struct address_ranges *ranges, size_t at, u128 address)
{
    size_t low = at, high, step = 1;

    while (low + step < ranges->count && ranges->ranges[low + step].last < address) {
        low += step;
        step *= 2;
    }
    high = low + step < ranges->count ? low + step : ranges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->ranges[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A long list against a short one takes as many steps as the short one has ranges. */
static bool addresses_cover(const struct address_ranges *outer, const struct address_ranges *inner,
                            u64 *steps)
{
    size_t at = 0;

    for (size_t i = 0; i < inner->count;) {
        const struct address_range *range = &inner->ranges[i];
        if (!*steps || !--*steps)
            return false;
        at = skip(outer, at, range->first);
        if (at == outer->count || outer->ranges[at].first > range->first)
            return false;
        u128 last = outer->ranges[at].last;
        size_t next = skip(inner, i, last);
        if (next < inner->count && inner->ranges[next].first <= last) {
            if (inner->ranges[next].last > last)
                return false;
            next++;
        }
        i = next;
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

static bool sets_cover(const struct address_set *outer, const struct address_set *inner, int family,
                       u64 *steps)
{
    return outer == inner || addresses_cover(&outer->family[family], &inner->family[family], steps);
}

/* The lists of addresses come last: they may be long. */
static bool family_covers(const struct rule *outer, const struct rule *inner, int family,
                          u64 *steps)
{
    if (!outer->protocol_any) {
        if (inner->protocol_any)
            return false;
        for (int word = 0; word < 4; word++)
            if (inner->protocols[family][word] & ~outer->protocols[family][word])
                return false;
    }
    return numbers_cover(outer->port_any, &outer->ports, inner->port_any, &inner->ports) &&
           numbers_cover(outer->source_port_any, &outer->source_ports, inner->source_port_any,
                         &inner->source_ports) &&
           numbers_cover(outer->icmp_any, &outer->icmp[family], inner->icmp_any,
                         &inner->icmp[family]) &&
           sets_cover(outer->from, inner->from, family, steps) &&
           sets_cover(outer->to, inner->to, family, steps);
}

/* Whether RULE can match anything in FAMILY. */
static bool speaks(const struct rule *rule, int family)
{
    bool protocols = rule->protocol_any;
    for (int word = 0; word < 4; word++)
        protocols |= rule->protocols[family][word] != 0;
    return protocols && rule->from->family[family].count && rule->to->family[family].count;
}

bool rule_covers(const struct rule *outer, const struct rule *inner, u64 *steps)
{
    if (!*steps)
        return false;
    --*steps;
    for (int family = 0; family < 2; family++)
        if (speaks(inner, family) && !family_covers(outer, inner, family, steps))
            return false;
    return true;
}
