/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "baseline.h"

#include <edgexdp/martian.h>
#include <edgexdp/tcp_flags.h>

#define ROW(family_, protocol_, directions, hops, ...)                                             \
    {.family = FAMILY_##family_,                                                                   \
     .protocol = IPPROTO_##protocol_,                                                              \
     .direction = {BASELINE_##directions & BASELINE_IN, BASELINE_##directions & BASELINE_OUT},     \
     .hop_limit = hops,                                                                            \
     RANGES(__VA_ARGS__)},
#define RANGES(first_source, last_source, first, last)                                             \
    .source_ports = {first_source, last_source}, .ports = {first, last}
#define ROWS_OF(rows_)                                                                             \
    {                                                                                              \
        .rows = (const struct baseline_row[]){rows_(ROW)},                                         \
        .count = sizeof((const struct baseline_row[]){rows_(ROW)}) / sizeof(struct baseline_row)   \
    }
#define KEY(key, REASON, rows)                                                                     \
    {.reason = REASON_##REASON,                                                                    \
     .offset = offsetof(struct baseline, key),                                                     \
     .accepted = ROWS_OF(rows)},

const struct baseline_key baseline_keys[BASELINE_KEY_COUNT] = {BASELINE_KEYS(KEY)};
const struct baseline_rows martian_exempt[2] = {ROWS_OF(MARTIAN_EXEMPT_IPV4),
                                                ROWS_OF(MARTIAN_EXEMPT_IPV6)};

#define ALL_BITS (~(u128)0)
#define LAST(first, bits, width)                                                                   \
    ((first) | ((bits) < (width) ? ALL_BITS >> (128 - (width)) >> (bits) % (width) : 0))
#define PREFIX(first, bits) {first, LAST((u128)(first), bits, 32)},
#define PREFIX6(upper, lower, bits)                                                                \
    {(u128)(upper) << 64 | (lower), LAST((u128)(upper) << 64 | (lower), bits, 128)},

const struct address_range martian_prefixes[2][MARTIAN_PREFIXES] = {
    {MARTIAN_PREFIXES_IPV4(PREFIX)}, {MARTIAN_PREFIXES_IPV6(PREFIX6)}};

bool baseline_accepts(const struct baseline *baseline, const struct baseline_key *key)
{
    return *(const bool *)((const char *)baseline + key->offset);
}

size_t baseline_martian_ranges(enum family family, struct address_range ranges[MARTIAN_PREFIXES])
{
    size_t count = 0;

    for (size_t i = 0; i < MARTIAN_PREFIXES; i++) {
        struct address_range range = martian_prefixes[family - 1][i];
        range.first += !range.first;
        if (range.first <= range.last)
            ranges[count++] = range;
    }
    return count;
}

size_t baseline_bad_flags(struct number_range ranges[BAD_FLAG_RANGES])
{
    size_t count = 0;

    for (unsigned int flags = 0; flags <= 0xff; flags++) {
        if (!tcp_flags_are_bad((u8)flags))
            continue;
        if (!flags || !tcp_flags_are_bad((u8)(flags - 1)))
            ranges[count++].first = (u16)flags;
        ranges[count - 1].last = (u16)flags;
    }
    return count;
}
