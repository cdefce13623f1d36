/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates of other filters as limits of a policy. */
#ifndef EDGEXDP_IMPORT_RATE_H
#define EDGEXDP_IMPORT_RATE_H

#include "ruleset.h"

struct rate {
    u64 amount;
    const char *unit;   /* "" or "packets"; "bytes", "kbytes", "mbytes" */
    const char *period; /* "second", "minute", "hour", "day", "week" */
    u64 burst;
    const char *burst_unit;
};

/* Make *LIMIT of RATE, for the rule as a whole. Returns NULL, or why there is no such limit. */
const char *rate_limit(struct arena *arena, const struct rate *rate, struct limit *limit);

/* Returns why edgexdp refuses LIMIT, or NULL. */
const char *rate_check(struct arena *arena, const struct limit *limit);

#endif
