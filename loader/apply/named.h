/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of hosts in the policy of an interface, and its words of the host, as they are now. */
#ifndef EDGEXDP_APPLY_NAMED_H
#define EDGEXDP_APPLY_NAMED_H

#include "../names/ask.h"

/* Set `is_live` of all addresses that are gone, if INTERFACE is guarded and has flows of them that
 * count. */
void named_look(const char *interface, struct known_names *known);

/* Get what the words of KEPT, in force on INTERFACE since SINCE (CLOCK_REALTIME), stand for now;
 * names as KNOWN has them. *now is for the caller to free. Returns 0 or -errno. */
int named_host_now(const char *interface, const struct host *kept, u64 since,
                   const struct known_names *known, struct host **now);

#endif
