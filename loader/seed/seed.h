/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections older than the filter. */
#ifndef EDGEXDP_SEED_H
#define EDGEXDP_SEED_H

#include "../kernel/kernel.h"

/* Make flows of this host's open conversations that TABLES accept outbound by a rule or by
 * `outbound`, so that they go on whichever side speaks first. To be called between
 * guard_attach_out() and guard_attach(). Returns 0 or -errno with WHY. */
int seed_flows(struct guard *guard, const struct tables_header *tables, struct why *why);

#endif
