/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening guards and policies. */
#ifndef EDGEXDP_OPEN_H
#define EDGEXDP_OPEN_H

#include "../apply/apply.h"
#include "../apply/interfaces.h"

/* guard_open() to change INTERFACE. Puts back first whatever somebody took off it, and says so on
 * stderr. Returns 0, or -errno with WHY, also when it cannot be put back. */
int open_to_change(const char *interface, struct guard **guard, struct why *why);

/* interfaces_take() for a command, where those that are missing fail. Returns 0, or -errno after
 * saying why. */
int open_interfaces(const char *given, const char *policy, struct interfaces *interfaces);

/* prepared_compile(), with all its messages printed to stderr. */
int open_policy(const char *path, const struct host *host, struct prepared *prepared);

/* prepared_parse(), likewise. */
int open_text(const char *path, const struct host *host, struct prepared *prepared);

#endif
