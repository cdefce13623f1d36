/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that several commands share: their outcome, and whether the interface is really
 * guarded. */
#ifndef EDGEXDP_TELL_H
#define EDGEXDP_TELL_H

#include "../apply/apply.h"
#include "../apply/many.h"
#include "../policy/piece.h"

/* Print all messages about PREPARED's files to stderr. */
void tell_prepared(const struct prepared *prepared);

/* Print WHY unless tell_prepared() has said it; returns ERROR. */
int tell_failure(const struct prepared *prepared, int error, const struct why *why);

/* Print FAULT, found in TEXT, as errors of policies are: NAME stands for the file. */
void tell_fault(const char *name, const char *text, const struct fault *fault);

/* Print each of NOTES to stderr as a warning. */
void tell_notes(const char *interface, const struct apply_notes *notes);

/* All of it about several interfaces, of which one failed with ERROR (0: none did) because of WHY.
 * What is the same for all of them is said once. Returns ERROR. */
int tell_many(const struct apply_many *many, int error, const struct why *why);

/* Tell the user what to do within CONFIRM_NS, unless that is 0. */
void tell_confirm(const char *interface, u64 confirm_ns);

/* Tell on stderr what guard_mend() has put back on INTERFACE. */
void tell_mended(const char *interface, const struct why *mended);

/* After an answer about GUARD, which was opened for reading: if one of its ways is open, say so on
 * stderr. Returns 0, or COMMAND_NO. */
int tell_trouble(const struct guard *guard);
/* The same for what guard_outline() gave. */
int tell_trouble_of(const struct guard_status *status);

#endif
