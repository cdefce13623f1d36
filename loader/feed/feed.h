/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that routers announce, as blocks: reads what ExaBGP writes to a process, and keeps in force
 * what is announced. Whatever comes becomes one swap of blocks each time; between two swaps there
 * is time for others.
 */
#ifndef EDGEXDP_FEED_H
#define EDGEXDP_FEED_H

#include <edgexdp/types.h>

#include "../base/why.h"

struct feed_options {
    char *const *interfaces; /* all have the same flows in force */
    size_t interface_count;  /* at least 1 */
    const char *named;       /* what the user calls them */
    const char *permitted;   /* a list of addresses: where packets of flows may go to */
    size_t max;              /* flows */
    u64 hold_ns;             /* how long they outlive their session, or this process */
};

/* Read standard input to its end, or until a signal ends it. What is in force then stays so for
 * hold_ns. Returns 0, or -errno with WHY. */
int feed_run(const struct feed_options *options, struct why *why);

#endif
