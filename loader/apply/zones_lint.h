/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lint says of a policy with zones. */
#ifndef EDGEXDP_ZONES_LINT_H
#define EDGEXDP_ZONES_LINT_H

#include "../judge/zone_judges.h"

/* policy_lint() of WHOLE in every zone. A message about a rule counts if it is true in all zones
 * that the rule is for. Returns 0, what policy_compile() returns with DIAG, or -ENOMEM. */
int zones_lint(const struct policy *whole, struct zone_judges *judges, struct diag *diag);

#endif
