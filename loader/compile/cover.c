/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cover.h"

#include "../policy/match.h"

/* Returns the index of the first range, from AT on, that does not end before ADDRESS. Gallops: the
 * steps double, then halve. */
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

/* Comparing a long list with a short one takes only as many steps as the short one has ranges. */
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

static bool numbers_cover(const struct number_ranges *outer, const struct number_ranges *inner,
                          u64 *steps)
{
    size_t at = 0;

    for (size_t i = 0; i < inner->count; i++) {
        if (!*steps || !--*steps)
            return false;
        while (at < outer->count && outer->ranges[at].last < inner->ranges[i].first)
            at++;
        if (at == outer->count || outer->ranges[at].first > inner->ranges[i].first ||
            outer->ranges[at].last < inner->ranges[i].last)
            return false;
    }
    return true;
}

static bool match_covers(const struct match *outer, const struct match *inner, enum field field,
                         enum family family, u64 *steps)
{
    struct number_range all_outer, all_inner;

    if (outer->set)
        return outer->set == inner->set || addresses_cover(&outer->set->family[family - 1],
                                                           &inner->set->family[family - 1], steps);
    struct number_ranges out = match_numbers(outer, field, family, &all_outer);
    struct number_ranges in = match_numbers(inner, field, family, &all_inner);
    return (outer->any && inner->any) || numbers_cover(&out, &in, steps);
}

/* Address lists are compared last, since they may be long. */
static bool family_covers(const struct rule *outer, const struct rule *inner, enum family family,
                          u64 *steps)
{
    for (int addresses = 0; addresses < 2; addresses++)
        for (enum field field = 0; field < FIELDS; field++)
            if ((field_rows[field].kind == KIND_ADDRESSES) == addresses &&
                !match_covers(&outer->matches[field], &inner->matches[field], field, family, steps))
                return false;
    return true;
}

bool rule_covers(const struct rule *outer, const struct rule *inner, u64 *steps)
{
    if (!*steps)
        return false;
    --*steps;
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++)
        if (rule_speaks_of(inner, family) && !family_covers(outer, inner, family, steps))
            return false;
    return true;
}
