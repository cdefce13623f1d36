/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/colour.h"
#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../show/figure.h"
#include "../show/table.h"

enum { BAR_COLUMN = 6, COLUMNS = 8 };

static void paint(struct libscols_table *table, size_t column, const char *colour)
{
    struct libscols_line *line = scols_table_get_line(table, scols_table_get_nlines(table) - 1);
    scols_cell_set_color(scols_line_get_cell(line, column), colour);
}

/* COLUMNS: the last one, of what limits drop, is left out where no limit ever did. MOST is the
 * highest rate: its bar is full. */
static int add_row(struct libscols_table *table, size_t columns, const struct screen *screen,
                   const struct rate *rate, double most)
{
    char packets[RATE_TEXT_BYTES], replies[RATE_TEXT_BYTES], bits[RATE_TEXT_BYTES];
    char limits[RATE_TEXT_BYTES], bar[BAR_TEXT_BYTES];
    const char *const cells[] = {
        rate->name,
        direction_names[rate->direction],
        labels_action(rate->verdict, rate->refusal),
        figure_rate(rate->packets, packets),
        rate->is_reason ? "" : figure_rate(rate->replies, replies),
        figure_rate(rate->bits, bits),
        figure_bar(most > 0 ? rate_sum(rate) / most : 0, screen->has_blocks, bar),
        rate->is_reason ? "" : figure_rate(rate->limited, limits),
    };

    if (table_row(table, cells, columns))
        return -ENOMEM;
    if (screen->has_colours && *bar)
        paint(table, BAR_COLUMN, rate->verdict == VERDICT_DROP ? "red" : "green");
    return 0;
}

static struct libscols_table *new_table(const struct screen *screen, size_t count)
{
    static const struct column columns[COLUMNS] = {
        {"RULE OR REASON", false},  {"DIR", false},      {"VERDICT", false},
        {"PACKETS/S", true},        {"REPLIES/S", true}, {"BITS/S", true},
        [BAR_COLUMN] = {"", false}, {"LIMITED/S", true},
    };
    struct libscols_table *table = table_new(columns, count);

    if (!table)
        return NULL;
    scols_table_enable_colors(table, screen->has_colours);
    scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
    scols_table_set_termwidth(table, screen->width);
    scols_column_set_flags(scols_table_get_column(table, 0), SCOLS_FL_TRUNC);
    return table;
}

static int print_table(FILE *frame, struct libscols_table *table)
{
    CLEANUP_FREE char *text = NULL;

    if (scols_table_is_empty(table))
        return 0;
    if (scols_print_table_to_string(table, &text))
        return -ENOMEM;
    fprintf(frame, "%s\n", text); /* the table's last row has no newline */
    return 0;
}

/* The longest names still leave room for it in 80 columns. */
static const char *mode_text(const struct tables_header *tables)
{
    return tables->switches.audit ? "audit: all pass" : tables_mode(tables);
}

static void print_head(FILE *frame, const struct screen *screen, const struct snapshot *snapshot,
                       const struct rates *rates)
{
    char in[RATE_TEXT_BYTES], out[RATE_TEXT_BYTES];
    bool is_coloured = screen->has_colours && snapshot->tables.switches.audit;

    fprintf(frame, "%s  policy %s (%s%s%s)\n", HARMLESS(snapshot->status.interface),
            snapshot->tables.name, colour_begin_if(is_coloured, COLOUR_WARNING),
            mode_text(&snapshot->tables), colour_end_if(is_coloured));
    fprintf(frame, "packets/s in %s, out %s; flows %zu of %zu\n",
            figure_rate(rates->seen[DIRECTION_IN], in),
            figure_rate(rates->seen[DIRECTION_OUT], out), snapshot->status.flows,
            snapshot->status.flows_max);
}

int frame_add(FILE *frame, const struct screen *screen, const struct snapshot *snapshot,
              const struct rates *rates, size_t rows, bool all)
{
    size_t columns = COLUMNS - !rates->are_limited;
    struct libscols_table *table = new_table(screen, columns);
    double most = rates->count ? rate_sum(&rates->list[0]) : 0;
    size_t shown = 0, hidden = 0;
    int error = table ? 0 : -ENOMEM;

    print_head(frame, screen, snapshot, rates);
    for (size_t i = 0; !error && i < rates->count; i++) {
        if (!all && !rates->list[i].total)
            continue;
        if (rows && shown == rows)
            hidden++;
        else
            error = add_row(table, columns, screen, &rates->list[i], most);
        shown += !hidden;
    }
    if (!error)
        error = print_table(frame, table);
    if (!error && hidden)
        fprintf(frame, "%zu more\n", hidden);
    scols_unref_table(table);
    return error;
}
