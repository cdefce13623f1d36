/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of edgexdp/baseline.h and edgexdp/martian.h, for code that does not judge by them but
 * compares or writes what they say. */
#ifndef EDGEXDP_POLICY_BASELINE_H
#define EDGEXDP_POLICY_BASELINE_H

#include "policy.h"

/* Packets of one family and one protocol. */
struct baseline_row {
    enum family family;
    u8 protocol;
    bool direction[DIRECTIONS];
    u8 hop_limit; /* the only accepted hop limit, or 0 for any */
    struct number_range source_ports;
    struct number_range ports; /* for ICMP: types, as type << 8 | code */
};

struct baseline_rows {
    const struct baseline_row *rows;
    size_t count;
};

/* A key of [baseline] that accepts packets. It has the name of the reason at which they are
 * counted. */
struct baseline_key {
    enum reason reason;
    size_t offset; /* offset of its switch in struct baseline */
    struct baseline_rows accepted;
};

#define BASELINE_KEY_COUNT 4
extern const struct baseline_key baseline_keys[BASELINE_KEY_COUNT];

bool baseline_accepts(const struct baseline *baseline, const struct baseline_key *key);

/* What may come from 0.0.0.0 and ::, which otherwise are martians. Indexed by family, as is
 * everything below: IPv4 first. */
extern const struct baseline_rows martian_exempt[2];

/* Prefixes that no packet comes from; in each family, the first contains 0.0.0.0 or ::. */
#define MARTIAN_PREFIXES 4
extern const struct address_range martian_prefixes[2][MARTIAN_PREFIXES];

/* The same prefixes as ranges, without 0.0.0.0 and ::. Returns their number. */
size_t baseline_martian_ranges(enum family family, struct address_range ranges[MARTIAN_PREFIXES]);

/* Combinations of TCP's flags that no host sends, as ranges of the byte that holds them. Returns
 * their number. */
#define BAD_FLAG_RANGES 128
size_t baseline_bad_flags(struct number_range ranges[BAD_FLAG_RANGES]);

#endif
