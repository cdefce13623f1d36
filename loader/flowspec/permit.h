/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which destinations flows may name. */
#ifndef EDGEXDP_PERMIT_H
#define EDGEXDP_PERMIT_H

#include "../base/why.h"
#include "../policy/host.h"
#include "nlri.h"

/* A list of addresses as a rule has it, read for one host. Initialise with zeros; free it with
 * permit_clear(). */
struct permit {
    struct diag *diag;
    struct policy *policy; /* with one rule, which holds the list */
};

/* Read LIST for HOST; *PERMIT, which may hold another list, is replaced. Returns 0; -EINVAL with
 * WHY, what is wrong with LIST; or -ENOMEM. On failure *PERMIT stays. */
int permit_read(const char *list, const struct host *host, struct permit *permit, struct why *why);
void permit_clear(struct permit *permit);

/* Returns whether every packet that NLRI matches goes to an address of the list. */
bool permit_holds(const struct permit *permit, const struct nlri *nlri);

#endif
