/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of one kind (rules, sets, ...), each with a number: what it is called, that it is called so
 * once, and which one somebody meant.
 */
#ifndef EDGEXDP_CATALOG_H
#define EDGEXDP_CATALOG_H

#include "../base/nearest.h"
#include "piece.h"

struct catalog;

#define NO_NAME ((size_t)-1)

/* Returns NULL when memory is short. */
struct catalog *catalog_new(void);
void catalog_free(struct catalog *catalog);
void catalog_freep(struct catalog **catalog);

/* Adds NAME, which is copied, with NUMBER, unless it is there. Returns 0, -EEXIST or -ENOMEM. */
int catalog_add(struct catalog *catalog, struct piece name, size_t number);

/* The number of NAME, or NO_NAME. */
size_t catalog_find(const struct catalog *catalog, struct piece name);

/* The end of a message about the unknown name WRITTEN. Only the first hundred of them are worth the
 * search: it takes time, and who has more has another problem. */
struct hint catalog_hint(struct catalog *catalog, struct piece written);

/* Which bytes a name may hold. */
struct name_style {
    const char *what;        /* "rule name" */
    const char *punctuation; /* allowed besides letters and digits */
    bool letter_first;
};

/* Is NAME of that style, neither empty nor longer than NAME_BYTES - 1? Returns 0 or -EINVAL with
 * FAULT. */
int name_check(struct piece name, const struct name_style *style, struct fault *fault);

#endif
