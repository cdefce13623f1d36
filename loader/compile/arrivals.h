/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The zones of this host's interfaces, for rules that ask through which one a packet came in. */
#ifndef EDGEXDP_ARRIVALS_H
#define EDGEXDP_ARRIVALS_H

#include "../policy/policy.h"
#include "words.h"

/* Append them to WORDS, and say in HEADER where, if a test of HEADER asks for them: see tables.h.
 * Returns 0, -E2BIG or -ENOMEM. */
int arrivals_build(const struct policy *policy, struct words *words, struct tables_header *header);

#endif
