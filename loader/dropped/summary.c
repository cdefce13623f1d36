/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "summary.h"

#include <edgexdp/dropped.h>

#include <stdlib.h>
#include <string.h>

#include "../policy/address.h"

static int compare(u64 one, u64 other)
{
    return (one > other) - (one < other);
}

static int by_service(const struct dropped *one, const struct dropped *other)
{
    return compare(dropped_service(one), dropped_service(other));
}

static int by_key(const void *one, const void *other)
{
    int order = by_service(one, other);
    return order ? order : compare(dropped_network(one), dropped_network(other));
}

static int by_address(const void *one, const void *other)
{
    const struct dropped *a = one, *b = other;
    return memcmp(a->remote, b->remote, sizeof(a->remote));
}

/* Ties are decided by what cannot tie, so that the order is the same each time. */
static int most_first(const void *one, const void *other)
{
    const struct dropped *a = one, *b = other;
    int order = (a->scope == DROPPED_ANYTHING) - (b->scope == DROPPED_ANYTHING);

    if (!order)
        order = compare(b->packets, a->packets);
    if (!order)
        order = by_service(one, other);
    return order ? order : by_address(one, other);
}

static void sort(struct dropped *rows, size_t count)
{
    if (count)
        qsort(rows, count, sizeof(*rows), most_first);
}

/* Adds rows that are the same to the first of them. */
size_t summary_join(struct dropped *rows, size_t count)
{
    size_t kept = 0;

    if (count)
        qsort(rows, count, sizeof(*rows), by_key);
    for (size_t i = 0; i < count; i++) {
        if (kept && dropped_is_same(&rows[kept - 1], &rows[i]))
            dropped_add(&rows[kept - 1], &rows[i]);
        else
            rows[kept++] = rows[i];
    }
    sort(rows, kept);
    return kept;
}

size_t summary_of_mode(struct dropped *rows, size_t count, bool audit)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (rows[i].audit == audit)
            rows[kept++] = rows[i];
    return kept;
}

/* How many leading bits all far ends of ROW have in common. */
static unsigned int length_of(const struct dropped *row)
{
    unsigned int length = address_bits(row->family);
    u128 differing = address_from_bytes(row->family, row->differing);

    for (; differing; differing >>= 1)
        length--;
    return length;
}

struct address_range summary_remote(const struct dropped *row)
{
    return address_prefix(row->family, address_from_bytes(row->family, row->remote),
                          length_of(row));
}

static unsigned int shortest(enum family family)
{
    return family == FAMILY_IPV4 ? 8 : 16;
}

static bool share_prefix(const struct dropped *one, const struct dropped *other,
                         unsigned int length)
{
    u128 differing = address_from_bytes(one->family, one->remote) ^
                     address_from_bytes(other->family, other->remote);
    return !(differing >> (address_bits(one->family) - length));
}

/* How many prefixes of LENGTH hold ROWS, which are sorted by address. */
static size_t count_prefixes(const struct dropped *rows, size_t count, unsigned int length)
{
    size_t prefixes = count > 0;

    for (size_t i = 1; i < count; i++)
        prefixes += !share_prefix(&rows[i - 1], &rows[i], length);
    return prefixes;
}

/* Adds up ROWS, sorted by address, that share a prefix of LENGTH; of length 0, all of them. */
static size_t merge_prefixes(struct dropped *rows, size_t count, unsigned int length)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept && (!length || share_prefix(&rows[kept - 1], &rows[i], length)))
            dropped_add(&rows[kept - 1], &rows[i]);
        else
            rows[kept++] = rows[i];
    }
    return kept;
}

/* Merges the networks of one service, none of which has many packets. */
static size_t merge_small(struct dropped *rows, size_t count)
{
    unsigned int length = address_bits(rows->family);

    qsort(rows, count, sizeof(*rows), by_address);
    while (length >= shortest(rows->family) &&
           count_prefixes(rows, count, length) > SUMMARY_NETWORKS)
        length--;
    if (length < shortest(rows->family))
        length = 0;
    count = merge_prefixes(rows, count, length);
    if (!length)
        rows->scope = DROPPED_ANYWHERE;
    return count;
}

static u64 packets_of(const struct dropped *rows, size_t count)
{
    u64 packets = 0;

    for (size_t i = 0; i < count; i++)
        packets += rows[i].packets;
    return packets;
}

/* Merges the COUNT networks of one service; sorted most packets first. */
static size_t merge_service(struct dropped *rows, size_t count)
{
    u64 packets = packets_of(rows, count);
    size_t large = 0;

    while (large < count && rows[large].packets * 10 >= packets)
        large++;
    if (count - large <= SUMMARY_NETWORKS)
        return count;
    return large + merge_small(rows + large, count - large);
}

static int by_service_most_first(const void *one, const void *other)
{
    int order = by_service(one, other);
    return order ? order : most_first(one, other);
}

size_t summary_merge(struct dropped *rows, size_t count)
{
    size_t kept = 0, end;

    if (count)
        qsort(rows, count, sizeof(*rows), by_service_most_first);
    for (size_t begin = 0; begin < count; begin = end) {
        for (end = begin + 1; end < count && !by_service(&rows[begin], &rows[end]);)
            end++;
        size_t left = rows[begin].scope == DROPPED_NETWORK
                          ? merge_service(rows + begin, end - begin)
                          : end - begin;
        memmove(rows + kept, rows + begin, left * sizeof(*rows));
        kept += left;
    }
    return summary_join(rows, kept);
}
