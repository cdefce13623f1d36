/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could be done about what comes in: whom to ban, and which rule to limit. Pure. */
#ifndef EDGEXDP_ADVICE_H
#define EDGEXDP_ADVICE_H

#include "census.h"

struct advice {
    bool has_ban;
    struct sketch_key ban; /* an address or a network */
    bool has_limit;
    u32 rule;       /* as census_add() was told */
    bool opens;     /* most of what it accepts are SYNs */
    bool by_source; /* few sources send most of it: limit each */
    u64 limit;      /* a second */
};

/* Only what a rule accepts is thought of: everything else is dropped already, or was asked for. */
void advice_make(const struct census *census, struct advice *advice);

/* A round number (1, 2 or 5 times a power of ten) of at least VALUE. */
u64 advice_round(double value);

#endif
