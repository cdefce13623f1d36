/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting policies in force on several interfaces, all or none: everything is read and compiled
 * first; then each is changed, and if one fails, those before it are as they were. A single
 * interface is a list of one.
 */
#ifndef EDGEXDP_MANY_H
#define EDGEXDP_MANY_H

#include "apply.h"

struct apply_many {
    struct apply_request request; /* for each of them; `interface` does not count */
    char *const *interfaces;
    size_t count;
    /* By interface, made by the functions below, and freed by apply_many_clear(): */
    struct prepared *prepared;
    struct apply_notes *notes;
    size_t failed; /* the number of the one that failed */
};

void apply_many_clear(struct apply_many *many);

/* What attach does, with the policy PATH; what reload does (PATH may be NULL: each reads the file
 * that its policy was read from); and what rollback, confirm and detach do. They return -errno with
 * WHY. */
int apply_attach_many(struct apply_many *many, const char *path, struct why *why);
int apply_reload_many(struct apply_many *many, const char *path, struct why *why);
int apply_rollback_many(struct apply_many *many, struct why *why);
int apply_confirm_many(struct apply_many *many, struct why *why);
int apply_detach_many(struct apply_many *many, struct why *why);

#endif
