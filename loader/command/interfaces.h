/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces that an argument of the command line names: one, a list, or `all`. */
#ifndef EDGEXDP_INTERFACES_H
#define EDGEXDP_INTERFACES_H

#include <stddef.h>

#include "../base/why.h"

#define INTERFACES_ALL "all"

/* Initialise with zeros. */
struct interfaces {
    char **names; /* each once */
    size_t count, capacity;
};

void interfaces_clear(struct interfaces *interfaces);

/* Take GIVEN, "eth0" or "eth0,eth1" or "all", apart. An interface that has a name with a comma is
 * meant by it. `all` is the interfaces that [interfaces] of the file POLICY names, of which each
 * must exist unless it is a pattern; without POLICY (NULL), those that are guarded. Returns 0, or
 * -errno after saying why. */
int interfaces_take(const char *given, const char *policy, struct interfaces *interfaces);

/* Call VISIT for each of them, until it fails. *WHY belongs to it. */
int interfaces_each(const struct interfaces *interfaces,
                    int (*visit)(const char *interface, void *context, struct why *why),
                    void *context, struct why *why);

#endif
