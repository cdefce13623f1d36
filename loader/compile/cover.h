/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does one rule match whatever another one does? */
#ifndef EDGEXDP_COVER_H
#define EDGEXDP_COVER_H

#include "../policy/policy.h"

/* True when every packet that INNER matches, OUTER matches too. Directions are the caller's. */
bool rule_covers(const struct rule *outer, const struct rule *inner);

#endif
