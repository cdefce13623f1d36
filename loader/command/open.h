/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening what is guarded, and policies. */
#ifndef EDGEXDP_OPEN_H
#define EDGEXDP_OPEN_H

#include "../apply/apply.h"

/* guard_open() to change INTERFACE. What somebody took off it is put back first, and said to
 * stderr. Returns 0, or -errno with WHY, also where it cannot be put back. */
int open_to_change(const char *interface, struct guard **guard, struct why *why);

/* prepared_compile(), and all that is to be said of it, to stderr. */
int open_policy(const char *path, struct prepared *prepared);

#endif
