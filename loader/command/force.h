/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a prepared policy in force: what attach and reload have in common. */
#ifndef EDGEXDP_FORCE_H
#define EDGEXDP_FORCE_H

#include "../kernel/kernel.h"
#include "command.h"

#define BAD_TIME "%s is no time: write a number and s, m, h or d, for example 90s"

/* Compile PREPARED's policy once more, with the numbers that its rules have on GUARD's interface,
 * and seat it; CONFIRM_NS as guard_seat() has it. Returns 0 or -errno with WHY. */
int put_in_force(struct guard *guard, struct prepared *prepared, u64 confirm_ns, struct why *why);

/* Refuse a policy under which the caller's own SSH session could not be opened again through
 * INTERFACE: see lockout.h. */
int refuse_lockout(const struct prepared *prepared, const char *interface, struct why *why);

/* Tell people what they have to do within CONFIRM_NS, unless it is 0. */
void say_confirm(const char *interface, u64 confirm_ns);

#endif
