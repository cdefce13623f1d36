/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether one rule matches everything that another one matches. */
#ifndef EDGEXDP_COVER_H
#define EDGEXDP_COVER_H

#include "../policy/policy.h"

/* Returns true when OUTER matches every packet that INNER matches. The caller compares directions.
 * Each look at a list takes one of *STEPS; when none are left, the answer is false. */
bool rule_covers(const struct rule *outer, const struct rule *inner, u64 *steps);

#endif
