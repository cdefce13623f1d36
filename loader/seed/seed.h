/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows for connections that are older than the filter, or began before it enforced. */
#ifndef EDGEXDP_SEED_H
#define EDGEXDP_SEED_H

#include "../kernel/kernel.h"

/* Make flows for the conversations that this host itself has opened and that TABLES accept outbound
 * by a rule or by `outbound`, so that they continue whichever side speaks first. Call it between
 * new_guard_attach_out() and new_guard_attach(). Returns 0 or -errno with WHY. */
int seed_flows(struct guard *guard, const struct tables_header *tables, struct why *why);

/* Call this when NEXT is about to be put in force: if it enforces and the policy in force does not,
 * do the same for TCP. (It cannot be told who began a UDP conversation, and while nothing is
 * enforced it may have been anybody.) It must be called before the swap, which removes the flows
 * made in audit mode. */
int seed_before_swap(struct guard *guard, const struct tables_header *next, struct why *why);

#endif
