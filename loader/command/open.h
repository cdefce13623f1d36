/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening what is guarded, and the truth about it: no command goes by programs that are not there.
 */
#ifndef EDGEXDP_OPEN_H
#define EDGEXDP_OPEN_H

#include "../kernel/kernel.h"

/* guard_open() to change INTERFACE. What somebody took off it is put back first, and said to
 * stderr. Returns 0, or -errno with WHY, also where it cannot be put back. */
int open_to_change(const char *interface, struct guard **guard, struct why *why);

/* What guard_mend() has put back on INTERFACE, to stderr. */
void say_mended(const char *interface, const struct why *mended);

/* After an answer about GUARD, which was opened to be read: if one of its ways is open, say so to
 * stderr. Returns 0, or COMMAND_NO. */
int say_trouble(const struct guard *guard);
/* The same of what guard_outline() gave. */
int say_trouble_of(const struct guard_status *status);

#endif
