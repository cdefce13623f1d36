/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule's rate limit as the packet path reads it. */
#ifndef EDGEXDP_COMPILE_LIMITS_H
#define EDGEXDP_COMPILE_LIMITS_H

#include <edgexdp/limit.h>

#include "../policy/policy.h"

/* Returns LIMIT of RULE, which has NUMBER for packets of DIRECTION. */
struct tables_limit limit_compile(const struct limit *limit, const struct rule *rule,
                                  enum direction direction, u32 number);

#endif
