/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do two policies say the same, rule by rule? */
#ifndef EDGEXDP_SAME_POLICY_H
#define EDGEXDP_SAME_POLICY_H

#include "../../loader/policy/policy.h"

/* What differs first, in words; NULL: nothing does. Where they stand in their files does not count.
 */
const char *same_rule(const struct rule *a, const struct rule *b);
const char *same_expectation(const struct expectation *a, const struct expectation *b);
const char *same_policy(const struct policy *a, const struct policy *b);

#endif
