/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables on the terminal, over libsmartcols. */
#ifndef EDGEXDP_TABLE_H
#define EDGEXDP_TABLE_H

#include <libsmartcols.h>
#include <stddef.h>

#include <edgexdp/types.h>

struct column {
    const char *title;
    bool number; /* align right */
};

/* A table with these columns; NULL when memory is short. Free it with scols_unref_table(). */
struct libscols_table *table_new(const struct column *columns, size_t count);

/* A new row, its cells as text: one for each column. Returns 0 or -ENOMEM. */
int table_row(struct libscols_table *table, const char *const *cells, size_t count);

/* Print TABLE, unless it could not be made or filled because of ERROR, and free it; say so when
 * memory is short. Returns 0 or -ENOMEM. */
int table_end(struct libscols_table *table, int error);

#endif
