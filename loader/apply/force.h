/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a prepared policy in force: what attach, reload and run have in common. */
#ifndef EDGEXDP_FORCE_H
#define EDGEXDP_FORCE_H

#include "../kernel/kernel.h"
#include "prepare.h"

/* Guard INTERFACE, which is not guarded yet, by PREPARED's policy; CONFIRM_NS as guard_seat() has
 * it. BANS, or NULL: whom to ban from the beginning. NOTE as guard_attach() has it, or why they are
 * not banned. Returns 0 or -errno with WHY. */
int attach_in_force(const char *interface, const struct attach_options *options, u64 confirm_ns,
                    struct prepared *prepared, struct bans *bans, struct why *note,
                    struct why *why);

/* Seat PREPARED's policy, with the numbers that its rules have on GUARD's interface; CONFIRM_NS as
 * guard_seat() has it. All that takes long was done when it was prepared: GUARD's lock keeps
 * everybody else waiting. Returns 0 or -errno with WHY. */
int put_in_force(struct guard *guard, struct prepared *prepared, u64 confirm_ns, struct why *why);

/* The same without a deadline, but only if it is another policy than the one in force, or in
 * another mode, or if a set's file has changed: *changed says so. */
int put_if_changed(struct guard *guard, struct prepared *prepared, bool *changed, struct why *why);

/* Put the policy before in force again. Returns 0 or -errno with WHY. */
int roll_back(struct guard *guard, struct why *why);

/* Refuse a policy under which the caller's own SSH session could not be opened again through
 * INTERFACE: see lockout.h. */
int refuse_lockout(const struct prepared *prepared, const char *interface, struct why *why);

/* Count for the metrics that somebody asked for a reload of INTERFACE, and that it ended with ERROR
 * (0: well). */
void count_reload(const char *interface, int error);

/* Would a lease of INTERFACE's address end for want of DHCP? NOTE says so then, and what to add. */
void note_lease(const struct prepared *prepared, const char *interface, struct why *note);

#endif
