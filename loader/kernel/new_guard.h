/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a guard that was just made: for create.c and new_guard.c, and for tests that run
 * its programs. */
#ifndef EDGEXDP_NEW_GUARD_H
#define EDGEXDP_NEW_GUARD_H

#include "guard.h"

struct new_guard {
    struct guard *guard;
    struct roots roots;
    enum attach_mode mode; /* asked for */
    int link_out;          /* -1 with clsact */
    bool out_attached;     /* and not pinned yet */
    bool unfinished;       /* its pins are in a folder that has no name yet */
};

/* Nothing made yet; NULL when memory is short. */
struct new_guard *new_guard_new(const char *interface, enum attach_mode mode);

#endif
