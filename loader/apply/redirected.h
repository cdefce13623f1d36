/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that the kernel passes on, which therefore have no socket of this host. */
#ifndef EDGEXDP_APPLY_REDIRECTED_H
#define EDGEXDP_APPLY_REDIRECTED_H

#include "../base/why.h"
#include "../policy/policy.h"

/* If POLICY accepts connections to ports that the kernel passes on, and breaks them by `tcp-state`
 * or `protect`, which ask this host's sockets, NOTE says so, and what to write. */
void redirected_note(const struct policy *policy, struct why *note);

#endif
