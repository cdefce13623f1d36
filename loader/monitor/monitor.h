/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shows drops and logged packets of some interfaces as they happen, on a terminal, in a pipe or in
 * a file, until the user has seen enough. */
#ifndef EDGEXDP_MONITOR_H
#define EDGEXDP_MONITOR_H

#include "../event/filter.h"
#include "../kernel/kernel.h"

struct monitor_options {
    char *const *interfaces;
    size_t interface_count;
    struct filter filter;
    u64 count; /* 0: unlimited */
    bool json;
    const char *write; /* a file to write packets to, "-" for stdout and nothing else there; or NULL
                        */
};

/* Returns 0 when it was ended or has shown as many as asked for, or -errno with WHY. */
int monitor_run(const struct monitor_options *options, struct why *why);

#endif
