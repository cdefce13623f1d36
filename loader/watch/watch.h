/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `stats --watch`: rates, updated repeatedly. */
#ifndef EDGEXDP_WATCH_H
#define EDGEXDP_WATCH_H

#include <edgexdp/types.h>

#include "../base/why.h"

struct watch_options {
    const char *interface; /* NULL: all */
    u64 every_ns;
    bool all; /* include what was never counted */
};

/* Returns 0 when the user ended it, or -errno with WHY. */
int watch_run(const struct watch_options *options, struct why *why);

#endif
