/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "networks.h"

#include <string.h>

#define MEMBERS_MIN 4    /* fewer are better shown one by one */
#define SHARE_MIN   0.01 /* of all packets */
#define NETWORKS    64   /* more than SHARE_MIN admits in most cases */

unsigned int network_bits(enum family family, enum network_step step)
{
    static const unsigned int bits[][NETWORK_STEPS] = {{24, 16}, {64, 48}};
    return bits[family == FAMILY_IPV6][step];
}

struct sketch_key network_of(const struct sketch_key *key, enum network_step step)
{
    struct sketch_key network = {.family = key->family,
                                 .bits = (u8)network_bits((enum family)key->family, step)};

    memcpy(network.address, key->address, network.bits / 8);
    return network;
}

unsigned int network_member(const struct sketch_key *inner, const struct sketch_key *wider)
{
    u32 hash = 0;

    for (unsigned int byte = wider->bits / 8; byte < inner->bits / 8; byte++)
        hash = hash * 251 + inner->address[byte];
    return (hash ^ hash >> 8 ^ hash >> 16 ^ hash >> 24) & 0xff;
}

static bool is_inside(const struct sketch_key *key, const struct sketch_key *network)
{
    return key->family == network->family && key->bits > network->bits &&
           !memcmp(key->address, network->address, network->bits / 8);
}

/* Adds the entries of SKETCH that are networks worth showing: big enough, of many members, and none
 * of these, which are in INNER, has more than half of it. */
static size_t add_worthy(struct sketch *sketch, struct sketch *inner, double least,
                         struct census_row *rows)
{
    const struct sketch_entry *const *entries, *const *members;
    size_t count = sketch_sorted(sketch, &entries), inner_count = sketch_sorted(inner, &members);
    size_t found = 0;

    for (size_t i = 0; i < count && found < NETWORKS; i++) {
        const struct sketch_entry *entry = entries[i];
        size_t first = 0;

        if (entry->figures.packets < least)
            break;
        if (sketch_members(entry) < MEMBERS_MIN)
            continue;
        while (first < inner_count && !is_inside(&members[first]->key, &entry->key))
            first++;
        if (first < inner_count && members[first]->figures.packets > entry->figures.packets / 2)
            continue;
        rows[found++] = (struct census_row){entry->key, entry->figures, sketch_members(entry)};
    }
    return found;
}

static bool is_covered(const struct census_row *row, const struct census_row *wide, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_inside(&row->key, &wide[i].key))
            return true;
    return false;
}

size_t networks_rows(const struct census_side *side, struct census_row *rows, size_t max)
{
    struct census_row wide[NETWORKS], near[NETWORKS];
    double least = side->all.packets * SHARE_MIN;
    size_t wide_count = add_worthy(side->wide, side->fields[BY_NETWORK], least, wide);
    size_t near_count = add_worthy(side->fields[BY_NETWORK], side->fields[BY_SOURCE], least, near);
    size_t i = 0, j = 0, count = 0;

    while (count < max && (i < wide_count || j < near_count)) {
        if (j < near_count && is_covered(&near[j], wide, wide_count))
            j++;
        else if (j == near_count ||
                 (i < wide_count && wide[i].figures.packets >= near[j].figures.packets))
            rows[count++] = wide[i++];
        else
            rows[count++] = near[j++];
    }
    return count;
}
