/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does one rule match whatever another one does? */
#ifndef EDGEXDP_COVER_H
#define EDGEXDP_COVER_H

#include "../policy/policy.h"

/* True when every packet that INNER matches, OUTER matches too. Directions are the caller's. Each
 * look at a list takes one of *STEPS; when there are none left the answer is false. */
bool rule_covers(const struct rule *outer, const struct rule *inner, u64 *steps);

#endif
