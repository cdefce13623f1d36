/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rate limits as the packet path reads them. */
#ifndef EDGEXDP_COMPILE_LIMITS_H
#define EDGEXDP_COMPILE_LIMITS_H

#include <edgexdp/limit.h>

#include "classes.h"
#include "image.h"
#include "words.h"

/* Returns LIMIT of RULE, which has NUMBER for packets of DIRECTION. */
struct tables_limit limit_compile(const struct limit *limit, const struct rule *rule,
                                  enum direction direction, u32 number);

/* Append the limits of all rules of POLICY to WORDS, and for each rule number where its own are and
 * how it protects its listeners; HEADER says where all this is. Returns 0, -E2BIG or -ENOMEM. */
int limits_build(const struct policy *policy, const struct entry *entries, size_t count,
                 const struct rule_number *numbers, struct words *words,
                 struct tables_header *header);

#endif
