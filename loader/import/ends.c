/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ends.h"

#include <string.h>

#include "../base/memory.h"
#include "../policy/address.h"

#define BOTH 3 /* families, as bits */

static const struct spans *addresses_of(const struct condition *condition, bool to,
                                        enum family family)
{
    static const enum aspect aspects[2][2] = {{ASPECT_FROM4, ASPECT_FROM6},
                                              {ASPECT_TO4, ASPECT_TO6}};

    return condition->aspects[aspects[to][family - 1]];
}

bool ends_ask(const struct condition *condition, bool to)
{
    u8 families = condition_families(condition);

    return (families & 1 && addresses_of(condition, to, FAMILY_IPV4)) ||
           (families & 2 && addresses_of(condition, to, FAMILY_IPV6));
}

/* Are all addresses that are asked for unicast, so that what they are to this host need not be
 * said? */
static bool are_unicast(const struct condition *condition, bool to)
{
    static const struct address_range special4[] = {{0xe0000000, 0xffffffff}};
    struct address_range special6[] = {{(u128)0xff << 120, ~(u128)0}};
    const struct spans spans4 = {special4, 1, NULL, false}, spans6 = {special6, 1, NULL, false};
    u8 families = condition_families(condition);

    return (!(families & 1) || (addresses_of(condition, to, FAMILY_IPV4) &&
                                !spans_meet(addresses_of(condition, to, FAMILY_IPV4), &spans4))) &&
           (!(families & 2) || (addresses_of(condition, to, FAMILY_IPV6) &&
                                !spans_meet(addresses_of(condition, to, FAMILY_IPV6), &spans6)));
}

bool ends_imply_kind(const struct condition *condition, const struct condition *whole, bool to)
{
    enum aspect aspect = to ? ASPECT_TO_KIND : ASPECT_FROM_KIND;
    enum address_kind unicast =
        spans_hold(whole->aspects[aspect], ADDRESS_OTHER) ? ADDRESS_OTHER : ADDRESS_OWN;

    return are_unicast(condition, to) && spans_hold(condition->aspects[aspect], unicast) &&
           (spans_hold(condition->aspects[aspect], ADDRESS_OWN) ||
            !spans_hold(whole->aspects[aspect], ADDRESS_OWN));
}

/* FORWARDED: what passes through this host may be meant as well as what comes to it. */
static void put_kinds(struct items *items, const struct spans *kinds, bool forwarded)
{
    static const char *const names[] = {
        [ADDRESS_OWN] = "self, fe80::/10",
        [ADDRESS_BROADCAST] = "broadcast",
        [ADDRESS_MULTICAST] = "multicast",
    };
    bool rest = spans_hold(kinds, forwarded ? ADDRESS_OTHER : ADDRESS_OWN);
    char first[32];

    for (int kind = forwarded ? ADDRESS_OWN : ADDRESS_BROADCAST; kind < ADDRESS_OTHER; kind++) {
        if (spans_hold(kinds, (u128)kind) == rest)
            continue;
        snprintf(first, sizeof(first), "%s%s", rest && !items->count ? "any but " : "",
                 names[kind]);
        items_put(items, first);
    }
}

void ends_put_ranges(struct items *items, enum family family, const struct spans *set,
                     const char *before)
{
    char text[RANGE_TEXT_BYTES], item[RANGE_TEXT_BYTES + 8];

    for (size_t i = 0; i < set->count; i++) {
        snprintf(item, sizeof(item), "%s%s", items->count ? "" : before,
                 address_range_print(family, set->ranges[i], text));
        items_put(items, item);
    }
}

/* Is SET shorter to say by what is not in it? */
static bool is_mostly(const struct spans *set, enum family family)
{
    return set && set->count > 1 && !set->ranges[0].first &&
           set->ranges[set->count - 1].last ==
               aspect_last(family == FAMILY_IPV4 ? ASPECT_FROM4 : ASPECT_FROM6);
}

static void put_but(struct items *items, enum family family, const struct spans *set)
{
    struct address_range gaps[64];
    struct spans but = {gaps, 0, NULL, false};

    for (size_t i = 0; i + 1 < set->count && i < ARRAY_SIZE(gaps); i++)
        gaps[but.count++] =
            (struct address_range){set->ranges[i].last + 1, set->ranges[i + 1].first - 1};
    ends_put_ranges(items, family, &but, "any but ");
}

bool ends_exclude(const struct condition *condition, bool to)
{
    u8 families = condition_families(condition);
    enum family family = families & 1 ? FAMILY_IPV4 : FAMILY_IPV6;
    const struct spans *set = addresses_of(condition, to, family);

    if (families == BOTH || !set)
        return false;
    return set->label ? set->but : is_mostly(set, family) && set->count <= 64;
}

static void put_addresses(struct items *items, const struct condition *condition, bool to)
{
    u8 families = condition_families(condition);
    const char *label = NULL;

    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        const struct spans *set = addresses_of(condition, to, family);
        char named[NAME_BYTES + 16];

        if (!(families >> (family - 1) & 1))
            continue;
        if (!set) {
            items_put(items, family == FAMILY_IPV4 ? "0.0.0.0/0" : "::/0");
        } else if (set->label && (!set->but || families != BOTH)) {
            snprintf(named, sizeof(named), "%s%s", set->but ? "any but " : "", set->label);
            if (!label || strcmp(label, set->label) != 0)
                items_put(items, named);
            label = set->label;
        } else if (ends_exclude(condition, to)) {
            put_but(items, family, set);
        } else {
            ends_put_ranges(items, family, set, "");
        }
    }
}

/* Rules for later fragments are asked about all of them, forwarded ones too. */
static bool asks_later(const struct condition *condition)
{
    const struct spans *set = condition->aspects[ASPECT_FRAGMENT];

    return set && !spans_hold(set, FRAGMENT_NONE);
}

void ends_write(const struct condition *condition, const struct condition *whole, bool to,
                FILE *out)
{
    struct items items = {out, to ? "to" : "from", 0};
    enum aspect kind = to ? ASPECT_TO_KIND : ASPECT_FROM_KIND;

    if (ends_ask(condition, to))
        put_addresses(&items, condition, to);
    else if (condition_asks(condition, whole, kind))
        put_kinds(&items, condition->aspects[kind],
                  spans_hold(whole->aspects[kind], ADDRESS_OTHER) || asks_later(condition));
    items_end(&items);
}
