/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening guards and policies. */
#ifndef EDGEXDP_OPEN_H
#define EDGEXDP_OPEN_H

#include "../apply/apply.h"

/* guard_open() to change INTERFACE. Puts back first whatever somebody took off it, and says so on
 * stderr. Returns 0, or -errno with WHY, also when it cannot be put back. */
int open_to_change(const char *interface, struct guard **guard, struct why *why);

/* prepared_compile(), with all its messages printed to stderr. */
int open_policy(const char *path, const struct host *host, struct prepared *prepared);

/* prepared_parse(), likewise. */
int open_text(const char *path, const struct host *host, struct prepared *prepared);

#endif
