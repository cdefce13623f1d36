/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that an exported ruleset carries. */
#ifndef EDGEXDP_COMMAND_EXPORTED_H
#define EDGEXDP_COMMAND_EXPORTED_H

#include "../import/exported.h"

/* Take the policy out of EXPORTED, and compare the ruleset with what it is exported as now. TEXT is
 * the ruleset's, or NULL. Returns 0 with *result set, -EINVAL (DIAG says what is wrong), or
 * -ENOMEM. */
int exported_take(struct exported *exported, const struct source *text, struct diag *diag,
                  struct import_result *result);

#endif
