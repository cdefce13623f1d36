/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of one kind (rules, sets, ...), each with a number. A catalog finds the number of a name,
 * ensures that each name is used once, and suggests the name that was probably meant.
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

/* Returns the number of NAME, or NO_NAME. */
size_t catalog_find(const struct catalog *catalog, struct piece name);

/* Returns the end of a message about the unknown name WRITTEN. Suggestions are only searched for
 * the first hundred of them: the search takes time, and a policy with more has another problem. */
struct hint catalog_hint(struct catalog *catalog, struct piece written);

/* Which bytes a name may contain. */
struct name_style {
    const char *what;        /* "rule name" */
    const char *punctuation; /* allowed besides letters and digits */
    bool letter_first;
    unsigned int longest; /* bytes */
};

/* Checks that NAME has that style and is not empty. Returns 0, or -EINVAL with FAULT. */
int name_check(struct piece name, const struct name_style *style, struct fault *fault);

#endif
