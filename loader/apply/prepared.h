/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy file, made ready to be put in force. All of it that may take long is done here, before
 * anybody has to wait for a lock; it asks nothing of the kernel.
 */
#ifndef EDGEXDP_PREPARED_H
#define EDGEXDP_PREPARED_H

#include "../base/why.h"
#include "../compile/image.h"

struct prepared {
    struct diag *diag;      /* everything that is to be said about the file; owns its text */
    struct policy *policy;  /* its path is absolute, so that a later reload finds it */
    struct image *image;    /* its entries are called by their own numbers */
    struct archive archive; /* of the policy's files */
};

/* Read the policy file PATH, compile and lint it, and judge its expectations. PREPARED, which is
 * empty before, is the caller's to clear, also after a failure: its diag has all that is wrong with
 * the file then (but for want of memory), and nothing else is set. Returns 0, or -errno with WHY:
 * the first error, in one line. */
int prepared_read(struct prepared *prepared, const char *path, struct why *why);

/* The same without lint and expectations, and without an archive: it may be asked, and is not to be
 * put in force. */
int prepared_compile(struct prepared *prepared, const char *path, struct why *why);

/* Has its diag errors, because of which there is nothing else? */
bool prepared_has_errors(const struct prepared *prepared);

/* Are TABLES, which may be NULL, of the very same files, and do they enforce them? */
bool prepared_is_enforced(const struct prepared *prepared, const struct tables_header *tables);

void prepared_clear(struct prepared *prepared);

#endif
