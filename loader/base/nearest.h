/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the known word that somebody probably meant. */
#ifndef EDGEXDP_NEAREST_H
#define EDGEXDP_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *written; /* not ended by a NUL */
    size_t length;
    const char *word; /* the best so far; NULL: none is near */
    unsigned int distance;
};

/* Starts a search for the word nearest to WRITTEN, of LENGTH bytes, which the result points to. */
struct nearest nearest_to(const char *written, size_t length);

/* Considers one known word; if two are equally near, the first is kept. */
void nearest_try(struct nearest *nearest, const char *word);

/* The end of a message: ` (did you mean "web"?)`, or nothing. */
struct hint {
    char text[64];
};

struct hint nearest_hint(const struct nearest *nearest);

#endif
