/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How policy_read() and policy_read_text() work inside; for tests too. */
#ifndef EDGEXDP_READ_H
#define EDGEXDP_READ_H

#include "policy.h"
#include "source.h"

/* Read the policy SOURCE, which is DIAG's. Set files are read by OPENER. Returns as
 * policy_read_text() does. */
int policy_read_source(const struct source *source, source_opener *opener, struct policy **policy,
                       struct diag *diag);

#endif
