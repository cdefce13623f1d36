/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a value as a list: items separated by commas, on one line or several. */
#ifndef EDGEXDP_LIST_H
#define EDGEXDP_LIST_H

#include "ini.h"

struct list {
    const struct ini *ini;
    const struct ini_entry *entry;
    struct diag *diag;
    size_t next_piece;
    struct piece line;  /* the rest of the current line */
    struct piece field; /* the rest of the text between the current commas */
    bool open;          /* the last item had no comma after it */
    bool begun;         /* an item of the current field was returned */
    bool all_but;       /* it began with `any but`: everything but its items is meant */
};

struct list list_of(const struct ini *ini, const struct ini_entry *entry, struct diag *diag);

/* The same, if `any but` may precede the items. */
struct list list_of_all_but(const struct ini *ini, const struct ini_entry *entry,
                            struct diag *diag);

/* Gets the next item, without white space around it; false at the end. Missing commas and items are
 * reported to the diag and skipped. A comma may follow the last item. */
bool list_next(struct list *list, struct piece *item);

/* Returns the first item of the text between two commas. It ends at white space, except for white
 * space around the dash of a range or the + between flags, or in the name of a @FILE. */
struct piece list_first_item(struct piece field);

#endif
