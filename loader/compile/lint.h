/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is right by the grammar and yet surely not meant. */
#ifndef EDGEXDP_LINT_H
#define EDGEXDP_LINT_H

#include "image.h"

/* Tell DIAG, as warnings and notes, of rules that can never match and why, of a rule that accepts
 * everything, and of outbound access without name resolution. Returns 0 or -ENOMEM. */
int policy_lint(const struct policy *policy, const struct image *image, struct diag *diag);

#endif
