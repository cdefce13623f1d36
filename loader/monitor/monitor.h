/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops and logged packets as they happen, to a terminal, a pipe or a file, until somebody has seen
 * enough. */
#ifndef EDGEXDP_MONITOR_H
#define EDGEXDP_MONITOR_H

#include "../event/filter.h"
#include "../kernel/kernel.h"

struct monitor_options {
    const char *interface;
    struct filter filter;
    u64 count; /* 0: no end */
    bool json;
    const char *write; /* a file to write packets to, "-" for stdout and nothing else there; or NULL
                        */
};

/* Returns 0 when it was ended or has shown so many as were asked for, or -errno with WHY. */
int monitor_run(const struct monitor_options *options, struct why *why);

#endif
