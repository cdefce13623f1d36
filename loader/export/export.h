/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a policy as the ruleset of another filter. */
#ifndef EDGEXDP_EXPORT_H
#define EDGEXDP_EXPORT_H

#include <stdio.h>

#include "../policy/policy.h"
#include "../policy/source.h"

/* The interface in the ruleset when the caller names none. */
#define EXPORT_INTERFACE "eth0"

/* Returns whether NAME can be an interface and needs no quoting in a ruleset. */
bool export_interface_is_good(const char *name);

/* Write POLICY for INTERFACE (NULL: EXPORT_INTERFACE, or of a policy for several all that it names)
 * as an nftables ruleset to STREAM; the output is always the same for the same policy. SOURCE is
 * the file that POLICY was read from, which the ruleset then carries; NULL: it carries none.
 * edgexdp-export(8) lists where it differs from the policy in meaning. Check for write errors with
 * ferror(STREAM). Returns 0, -ENODEV if INTERFACE is in no zone of [interfaces], or -ENOMEM. */
int export_nftables(const struct policy *policy, const struct source *source, const char *interface,
                    FILE *stream);

#endif
