/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections older than the filter, or than its will to enforce. */
#ifndef EDGEXDP_SEED_H
#define EDGEXDP_SEED_H

#include "../kernel/kernel.h"

/* Make flows of the conversations that this host itself has opened and that TABLES accept outbound
 * by a rule or by `outbound`, so that they go on whichever side speaks first. To be called between
 * new_guard_attach_out() and new_guard_attach(). Returns 0 or -errno with WHY. */
int seed_flows(struct guard *guard, const struct tables_header *tables, struct why *why);

/* NEXT is about to be in force: if it enforces and what is in force does not, the same of TCP. (Who
 * began to talk by UDP cannot be told, and while nothing is enforced it may have been anybody.) To
 * be called before the swap, which forgets what the time of audit leaves behind. */
int seed_before_swap(struct guard *guard, const struct tables_header *next, struct why *why);

#endif
