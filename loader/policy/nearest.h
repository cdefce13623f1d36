/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The known word that somebody probably meant. */
#ifndef EDGEXDP_NEAREST_H
#define EDGEXDP_NEAREST_H

#include "piece.h"

struct nearest {
    struct piece written;
    const char *word; /* the best so far; NULL: none is near */
    unsigned int distance;
};

/* Starts a search for the word nearest to WRITTEN. */
struct nearest nearest_to(struct piece written);

/* Considers one known word; of two that are equally near the first is kept. */
void nearest_try(struct nearest *nearest, const char *word);

/* What a message says at its end: ` (did you mean "web"?)`, or nothing. */
struct hint {
    char text[64];
};

struct hint nearest_hint(const struct nearest *nearest);

#endif
