/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inner parts of policy_read() and policy_read_text(); also for tests. */
#ifndef EDGEXDP_READ_H
#define EDGEXDP_READ_H

#include "host.h"
#include "policy.h"
#include "source.h"

/* Read the policy SOURCE, which belongs to DIAG, for HOST (see policy_read()). OPENER reads set
 * files. Returns as policy_read_text() does. */
int policy_read_source(const struct source *source, source_opener *opener, const struct host *host,
                       struct policy **policy, struct diag *diag);

/* The same for patterns of blocks: `from` and `to` may be ADDRESS/OFFSET-LENGTH, which the programs
 * of a policy do not ask. */
int policy_read_blocks(const struct source *source, source_opener *opener, const struct host *host,
                       struct policy **policy, struct diag *diag);

#endif
