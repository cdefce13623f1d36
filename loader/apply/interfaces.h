/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces that an argument of the command line names: one, a list, or `all`. */
#ifndef EDGEXDP_INTERFACES_H
#define EDGEXDP_INTERFACES_H

#include "prepared.h"

#define INTERFACES_ALL "all"

/* Initialise with zeros. */
struct interfaces {
    char **names; /* each once */
    size_t count, capacity;
    char **patterns; /* `all` of a policy: others that appear belong to it too, if one fits */
    size_t pattern_count, pattern_capacity;
};

void interfaces_clear(struct interfaces *interfaces);

/* How an interface that is named is taken which is not there. */
enum interfaces_missing {
    MISSING_FAILS, /* -ENODEV, if `all` names it; otherwise whoever opens it fails */
    MISSING_WAITS, /* like one that is there */
};

/* Take GIVEN, "eth0" or "eth0,eth1" or "all", apart. An interface that has a name with a comma is
 * meant by it. `all` is the interfaces that [interfaces] of the file POLICY names; what patterns do
 * not find is not missing. Without POLICY (NULL) it is those that are guarded. READ, which is empty
 * before, has the messages about POLICY if it has errors; the caller clears it. Returns 0, or
 * -errno with WHY. */
int interfaces_take(const char *given, const char *policy, enum interfaces_missing missing,
                    struct interfaces *interfaces, struct prepared *read, struct why *why);

/* Add the interfaces that are there and fit a pattern. Returns 0 or -errno. */
int interfaces_find(struct interfaces *interfaces);

/* Add those of OTHER, and its patterns instead of the own ones. Without memory, some are missing.
 */
void interfaces_join(struct interfaces *interfaces, struct interfaces *other);

/* Call VISIT for each of them, until it fails. *WHY belongs to it. */
int interfaces_each(const struct interfaces *interfaces,
                    int (*visit)(const char *interface, void *context, struct why *why),
                    void *context, struct why *why);

#endif
