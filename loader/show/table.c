/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <errno.h>

#include "../base/say.h"

struct libscols_table *table_new(const struct column *columns, size_t count)
{
    struct libscols_table *table = scols_new_table();
    for (size_t i = 0; table && i < count; i++) {
        if (!scols_table_new_column(table, columns[i].title, 0,
                                    columns[i].number ? SCOLS_FL_RIGHT : 0)) {
            scols_unref_table(table);
            return NULL;
        }
    }
    return table;
}

int table_row(struct libscols_table *table, const char *const *cells, size_t count)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (!line)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (scols_line_set_data(line, i, cells[i]))
            return -ENOMEM;
    return 0;
}

int table_end(struct libscols_table *table, int error)
{
    if (!error)
        error = scols_print_table(table);
    scols_unref_table(table);
    if (error)
        say_error("out of memory");
    return error;
}
