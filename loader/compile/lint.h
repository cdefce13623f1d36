/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warns of what the grammar allows but is surely not meant. */
#ifndef EDGEXDP_LINT_H
#define EDGEXDP_LINT_H

#include "image.h"

/* Report to DIAG, as warnings and notes, rules that can never match and why, a rule that accepts
 * everything, and outbound access without name resolution. Returns 0 or -ENOMEM. */
int policy_lint(const struct policy *policy, const struct image *image, struct diag *diag);

#endif
