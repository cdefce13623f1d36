/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy file, made ready to be put in force. */
#ifndef EDGEXDP_PREPARE_H
#define EDGEXDP_PREPARE_H

#include <stdio.h>

#include "../compile/image.h"

/* A policy that may be put in force: read, compiled with its entries as numbers, linted, and its
 * expectations met. Everything to be said about it is printed to stderr. */
struct prepared {
    struct diag *diag;
    struct policy *policy; /* its path is absolute */
    struct image *image;
    struct archive archive; /* of its files */
};

int policy_prepare(const char *path, struct prepared *prepared);
/* The same, printed to STREAM. */
int policy_prepare_to(const char *path, struct prepared *prepared, FILE *stream);
void prepared_clear(struct prepared *prepared);

#endif
