/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a prepared policy to a seat in force: under the guard's lock, while everybody else waits. */
#ifndef EDGEXDP_APPLY_SEAT_H
#define EDGEXDP_APPLY_SEAT_H

#include "../kernel/kernel.h"
#include "apply.h"
#include "prepared.h"

/* Seat PREPARED's policy, with the numbers that its rules have on GUARD's interface; CONFIRM_NS is
 * as for guard_seat(). Returns 0 or -errno with WHY. */
int apply_seat(struct guard *guard, const struct prepared *prepared, u64 confirm_ns,
               struct why *why);

/* The same without a deadline, but only if the policy or its mode differs from what is in force, a
 * set's file has changed, or the programs are of another version than ours: *changed says so. */
int apply_seat_if_changed(struct guard *guard, const struct prepared *prepared, bool *changed,
                          struct why *why);

/* Put PREPARED's policy in the place of the one in force, and leave the fallback and a deadline as
 * they are. */
int apply_seat_instead(struct guard *guard, const struct prepared *prepared, struct why *why);

/* Seat a policy that accepts everything: a first policy that is not confirmed gives way to it. */
int apply_seat_unguarded(struct guard *guard, struct why *why);

/* Put the fallback in force again. */
int apply_seat_fallback(struct guard *guard, struct why *why);

/* Share flows as the policy in force says, which has been put in force again. Returns 0 or -errno
 * with WHY. */
int apply_seat_zone(struct guard *guard, struct why *why);

/* Note why senders are not told, connections not asked for, or SYN cookies not sent, if so. */
void apply_note_answers(const struct guard *guard, struct apply_notes *notes);

#endif
