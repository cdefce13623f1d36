/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages about a policy that takes too much to compile: they state the bounds and what costs
 * most. */
#ifndef EDGEXDP_EXCESS_H
#define EDGEXDP_EXCESS_H

#include "classes.h"
#include "image.h"

/* The policy distinguishes more than MAX kinds of WHAT. */
void excess_tell_kinds(const struct policy *policy, u32 max, const char *what, bool of_addresses,
                       struct diag *diag);

/* The policy's addresses alone take too much room. */
void excess_tell_tables(const struct policy *policy, const struct classes *classes,
                        const struct bounds *bounds, struct diag *diag);

/* The policy's rules of one direction and family (0 or 1) take too much. RULES are those that cost
 * most, the costliest first: COUNT indices into policy->rules, at least one. */
void excess_tell_rules(const struct policy *policy, const struct classes *classes,
                       const struct bounds *bounds, enum direction direction, int family,
                       const u32 *rules, u32 count, struct diag *diag);

#endif
