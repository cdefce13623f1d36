/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do two policies say the same, rule by rule? */
#ifndef EDGEXDP_SAME_POLICY_H
#define EDGEXDP_SAME_POLICY_H

#include "../../loader/policy/policy.h"

/* Describes the first difference; NULL if there is none. Positions in the files do not count. */
const char *same_rule(const struct rule *a, const struct rule *b);
const char *same_expectation(const struct expectation *a, const struct expectation *b);
const char *same_policy(const struct policy *a, const struct policy *b);

#endif
