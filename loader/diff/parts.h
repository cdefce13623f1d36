/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes combined ranges of protocols and ports apart: which protocols have which ports. */
#ifndef EDGEXDP_PARTS_H
#define EDGEXDP_PARTS_H

#include "context.h"

/* Protocols with the same numbers: ports or, for ICMP, type << 8 | code. */
struct part {
    u64 protocols[4];
    struct number_ranges numbers; /* empty: all, or the protocols have none */
    bool whole, icmp;
};

/* Initialise with zeros. */
struct parts {
    struct part part[256];
    size_t count;
};

/* KEYS are those of compile/lookup.h, in ascending order. Returns 0 or -ENOMEM; parts_clear()
 * frees, also after an error. */
int parts_split(const struct address_ranges *keys, const struct context *context,
                struct parts *parts);
void parts_clear(struct parts *parts);

#endif
