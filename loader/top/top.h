/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `top`: who sends what, by samples, until it is told to end. */
#ifndef EDGEXDP_TOP_H
#define EDGEXDP_TOP_H

#include "../base/why.h"
#include "census.h"

struct top_options {
    char *const *interfaces;
    size_t interface_count;
    u64 for_ns; /* say it once, after this time; 0: repeatedly, until the user ends it */
    enum census_field only; /* one table; CENSUS_FIELDS_COUNT: all */
    enum direction direction;
    bool json;
};

/* Returns 0, or -errno with WHY. */
int top_run(const struct top_options *options, struct why *why);

#endif
