/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A value as a list: items between commas, on one line or several. */
#ifndef EDGEXDP_LIST_H
#define EDGEXDP_LIST_H

#include "ini.h"

struct list {
    const struct ini *ini;
    const struct ini_entry *entry;
    struct diag *diag;
    size_t next_piece;
    struct piece line;  /* what is left of the present line */
    struct piece field; /* what is left between the present commas */
    bool open;          /* the last item had no comma behind it */
    bool begun;         /* an item of the present field has been given */
    bool all_but;       /* it began with `any but`: everything but its items is meant */
};

struct list list_of(const struct ini *ini, const struct ini_entry *entry, struct diag *diag);

/* The same, where `any but` may stand before the items. */
struct list list_of_all_but(const struct ini *ini, const struct ini_entry *entry,
                            struct diag *diag);

/* The next item, without white space around; false at the end. Missing commas and missing items are
 * told to the diag and passed over. A comma may stand behind the last item. */
bool list_next(struct list *list, struct piece *item);

/* The first item of what stands between two commas: up to white space, which may however stand
 * around the dash of a range and in the name of a @FILE. */
struct piece list_first_item(struct piece field);

#endif
