/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of edgexdp/baseline.h and edgexdp/martian.h, for those who do not judge by them but
 * compare or write what they say. */
#ifndef EDGEXDP_POLICY_BASELINE_H
#define EDGEXDP_POLICY_BASELINE_H

#include "policy.h"

/* Packets of one family and one protocol. */
struct baseline_row {
    enum family family;
    u8 protocol;
    bool direction[DIRECTIONS];
    u8 hop_limit; /* the only one that will do, or 0 */
    struct number_range source_ports;
    struct number_range ports; /* of ICMP: types, as type << 8 | code */
};

struct baseline_rows {
    const struct baseline_row *rows;
    size_t count;
};

/* A key of [baseline] that accepts packets: it has the name of the reason that they are counted at.
 */
struct baseline_key {
    enum reason reason;
    size_t offset; /* of its switch in struct baseline */
    struct baseline_rows accepted;
};

#define BASELINE_KEY_COUNT 4
extern const struct baseline_key baseline_keys[BASELINE_KEY_COUNT];

bool baseline_accepts(const struct baseline *baseline, const struct baseline_key *key);

/* What may come from 0.0.0.0 and ::, which are martians otherwise. By family, as all below: those
 * of IPv4 first. */
extern const struct baseline_rows martian_exempt[2];

/* Prefixes that no packet comes from; 0.0.0.0 and :: are in the first of each family. */
#define MARTIAN_PREFIXES 4
extern const struct address_range martian_prefixes[2][MARTIAN_PREFIXES];

/* The same without 0.0.0.0 and ::, as ranges. Returns how many there are. */
size_t baseline_martian_ranges(enum family family, struct address_range ranges[MARTIAN_PREFIXES]);

#endif
