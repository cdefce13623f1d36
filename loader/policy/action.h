/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule does with a packet, in words: `accept`, `drop`, `reject`, `reject with tcp-reset`. */
#ifndef EDGEXDP_ACTION_H
#define EDGEXDP_ACTION_H

#include "piece.h"
#include "policy.h"

/* Is WORD the first or only word of an action? */
bool action_begins(struct piece word);

#endif
