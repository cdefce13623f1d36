/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy in the words of other filters. */
#ifndef EDGEXDP_EXPORT_H
#define EDGEXDP_EXPORT_H

#include <stdio.h>

#include "../policy/policy.h"

/* What stands in for the interface where nobody has named one. */
#define EXPORT_INTERFACE "eth0"

/* Can NAME be an interface, and stand in a ruleset as it is? */
bool export_interface_is_good(const char *name);

/* Write POLICY for INTERFACE as a ruleset of nftables to STREAM, the same each time. Where it means
 * something else than the policy, edgexdp-export(8) says so. Whether STREAM took it, ferror()
 * tells. */
void export_nftables(const struct policy *policy, const char *interface, FILE *stream);

#endif
