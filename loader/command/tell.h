/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several commands tell: what came of it, and the truth about what is guarded. */
#ifndef EDGEXDP_TELL_H
#define EDGEXDP_TELL_H

#include "../apply/apply.h"

/* All that was found in PREPARED's files, to stderr. */
void tell_prepared(const struct prepared *prepared);

/* WHY, unless tell_prepared() has said it; returns ERROR. */
int tell_failure(const struct prepared *prepared, int error, const struct why *why);

/* Each of NOTES as a warning to stderr. */
void tell_notes(const char *interface, const struct apply_notes *notes);

/* Tell people what they have to do within CONFIRM_NS, unless it is 0. */
void tell_confirm(const char *interface, u64 confirm_ns);

/* What guard_mend() has put back on INTERFACE, to stderr. */
void tell_mended(const char *interface, const struct why *mended);

/* After an answer about GUARD, which was opened to be read: if one of its ways is open, say so to
 * stderr. Returns 0, or COMMAND_NO. */
int tell_trouble(const struct guard *guard);
/* The same of what guard_outline() gave. */
int tell_trouble_of(const struct guard_status *status);

#endif
