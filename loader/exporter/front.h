/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page for people, at /. It is the same for all: what it shows it asks for by itself. */
#ifndef EDGEXDP_FRONT_H
#define EDGEXDP_FRONT_H

#include <stddef.h>

struct front {
    char *text; /* for free(), both */
    size_t length;
    char *policy; /* Content-Security-Policy: its own style and script, this server, nothing else */
};

/* Returns 0 or -ENOMEM. */
int front_make(struct front *front);

#endif
