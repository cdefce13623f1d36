/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of protocols and ports in one, taken apart: which protocols have which ports. */
#ifndef EDGEXDP_PARTS_H
#define EDGEXDP_PARTS_H

#include "../policy/policy.h"

/* Protocols with the same numbers: ports, or of ICMP type << 8 | code. */
struct part {
    u64 protocols[4];
    struct number_ranges numbers; /* none: all, or there are none to have */
    bool whole, icmp;
};

/* Start with zeros. */
struct parts {
    struct part part[256];
    size_t count;
};

/* KEYS are those of compile/lookup.h, ascending. Returns 0 or -ENOMEM; parts_clear() frees, also
 * after an error. */
int parts_split(const struct address_ranges *keys, int family, struct parts *parts);
void parts_clear(struct parts *parts);

#endif
