/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../show/figure.h"
#include "../show/table.h"
#include "report.h"

#define ROWS_MAX   512
#define ROWS_USUAL 10 /* of a table, where nothing limits them */
#define ROWS_ALONE 50 /* of the only table */

#define LABEL_WIDTH 26

#define SHARE_MIN 0.001 /* of all packets or bytes: a row with less tells nothing */

#define HEAD_LINES  3
#define TABLE_LINES 2 /* besides its rows: an empty one, and its titles */
#define ADVICE_ROOM (ADVICE_LINES + 2)

/* How important the rows of each table are, where there is room for only some of them. */
static const size_t weights[CENSUS_FIELDS_COUNT] = {
    [BY_KIND] = 4, [BY_SOURCE] = 10, [BY_NETWORK] = 4,     [BY_DESTINATION] = 3,
    [BY_PORT] = 5, [BY_RULE] = 5,    [BY_SOURCE_PORT] = 3, [BY_TCP_FLAGS] = 3,
};

static void print_share(double part, double whole, char text[RATE_TEXT_BYTES])
{
    snprintf(text, RATE_TEXT_BYTES, "%.1f%%", whole > 0 ? 100 * part / whole : 0);
}

static int add_row(struct libscols_table *table, const struct report *report,
                   enum census_field field, const struct census_row *row)
{
    const struct figures *all = &report->census->sides[report->direction].all;
    const struct figures *own = &row->figures;
    double rate = census_rate(report->census);
    char what[TOP_WORDS_BYTES], label[TOP_WORDS_BYTES + 32], packets[RATE_TEXT_BYTES],
        share[RATE_TEXT_BYTES], bytes[RATE_TEXT_BYTES], bytes_share[RATE_TEXT_BYTES],
        opened[RATE_TEXT_BYTES], dropped[RATE_TEXT_BYTES];

    top_words(field, &row->key, report->roster, what);
    snprintf(label, sizeof(label), field == BY_NETWORK ? "%s (%u seen)" : "%s", what, row->members);
    print_share(own->packets, all->packets, share);
    print_share(own->bytes, all->bytes, bytes_share);
    print_share(own->dropped, own->packets, dropped);
    const char *const cells[] = {
        label,       figure_rate(own->packets * rate, packets),
        share,       figure_rate(own->bytes * rate, bytes),
        bytes_share, figure_rate(own->opened * rate, opened),
        dropped,
    };
    return table_row(table, cells, ARRAY_SIZE(cells));
}

/* The tables stand below each other: their first columns are as wide. */
static struct libscols_table *new_table(enum census_field field, size_t width)
{
    char title[LABEL_WIDTH + 1];
    const struct column columns[] = {
        {title, false}, {"PACKETS/S", true}, {"%", true},       {"BYTES/S", true},
        {"%", true},    {"NEW/S", true},     {"DROPPED", true},
    };

    snprintf(title, sizeof(title), "%-*s", LABEL_WIDTH, census_fields[field].title);
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    if (!table)
        return NULL;
    if (width) {
        scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
        scols_table_set_termwidth(table, width);
        scols_column_set_flags(scols_table_get_column(table, 0), SCOLS_FL_TRUNC);
    }
    return table;
}

static bool is_worth_showing(const struct report *report, const struct census_row *row)
{
    const struct figures *all = &report->census->sides[report->direction].all;
    return row->figures.packets >= all->packets * SHARE_MIN ||
           row->figures.bytes >= all->bytes * SHARE_MIN;
}

/* Returns how many lines it took, or -ENOMEM. */
static int print_table(const struct report *report, enum census_field field, size_t max,
                       size_t width, FILE *frame)
{
    struct census_row rows[ROWS_MAX];
    size_t count = census_rows(report->census, report->direction, field, rows, max);
    CLEANUP_FREE char *text = NULL;

    while (count && !is_worth_showing(report, &rows[count - 1]))
        count--;
    if (!count)
        return 0;
    struct libscols_table *table = new_table(field, width);
    int error = table ? 0 : -ENOMEM;
    for (size_t i = 0; !error && i < count; i++)
        error = add_row(table, report, field, &rows[i]);
    if (!error && scols_print_table_to_string(table, &text))
        error = -ENOMEM;
    scols_unref_table(table);
    if (error)
        return error;
    fprintf(frame, "\n%s\n", text); /* the table's last row has no newline */
    return (int)count + TABLE_LINES;
}

static void print_total(const struct report *report, enum direction direction, FILE *frame)
{
    const struct figures *all = &report->census->sides[direction].all;
    double rate = census_rate(report->census);
    char packets[RATE_TEXT_BYTES], bytes[RATE_TEXT_BYTES], opened[RATE_TEXT_BYTES],
        dropped[RATE_TEXT_BYTES];

    print_share(all->dropped, all->packets, dropped);
    fprintf(frame, "%s: %s packets/s, %s bytes/s, %s new connections/s, %s dropped\n",
            direction_names[direction], figure_rate(all->packets * rate, packets),
            figure_rate(all->bytes * rate, bytes), figure_rate(all->opened * rate, opened),
            dropped);
}

/* A line about one of several interfaces. */
static void print_part(const struct report *report, const struct sampled *part, FILE *frame)
{
    double rate = census_rate(report->census);
    char packets[RATE_TEXT_BYTES], bytes[RATE_TEXT_BYTES];

    fprintf(frame, "%s: policy %s (%s)", HARMLESS(part->interface), part->policy, part->mode);
    for (int direction = 0; direction < DIRECTIONS; direction++)
        fprintf(frame, ", %s %s packets/s and %s bytes/s", direction_names[direction],
                figure_rate(part->figures[direction].packets * rate, packets),
                figure_rate(part->figures[direction].bytes * rate, bytes));
    if (*part->trouble)
        fprintf(frame, "; %s", HARMLESS(part->trouble));
    fputc('\n', frame);
}

/* One of how many packets was looked at? */
static double every(const struct census *census)
{
    double packets =
        census->sides[DIRECTION_IN].all.packets + census->sides[DIRECTION_OUT].all.packets;
    return census->samples > 0 ? (packets + census->lost) / census->samples : 1;
}

static void print_head(const struct report *report, FILE *frame)
{
    double one_of = every(report->census);

    fprintf(frame, "%s  ", HARMLESS(report->interface));
    if (report->count == 1)
        fprintf(frame, "policy %s (%s), ", report->sampled->policy, report->sampled->mode);
    fprintf(frame, "what %s in %.1f s", report->direction == DIRECTION_IN ? "came in" : "went out",
            report->census->seconds);
    if (one_of >= 1.05)
        fprintf(frame, ", from one of %.*f packets", one_of < 9.95, one_of);
    if (report->count == 1 && *report->sampled->trouble)
        fprintf(frame, "\n%s", HARMLESS(report->sampled->trouble));
    fputc('\n', frame);
    for (int direction = 0; direction < DIRECTIONS; direction++)
        print_total(report, (enum direction)direction, frame);
    for (size_t i = 0; report->count > 1 && i < report->count; i++)
        print_part(report, &report->sampled[i], frame);
}

static int print_advice(const struct report *report, FILE *frame)
{
    char *lines[ADVICE_LINES];
    int count = report_advice(report, lines);

    if (count > 0)
        fputs("\nWhat one could type, or write into the policy:\n", frame);
    for (int i = 0; i < count; i++) {
        fprintf(frame, "    %s\n", lines[i]);
        free(lines[i]);
    }
    return count < 0 ? count : 0;
}

/* How many rows the table of FIELD may have where ROWS lines are left for all of them. */
static size_t rows_for(const struct report *report, enum census_field field, size_t rows)
{
    size_t fixed = HEAD_LINES + ADVICE_ROOM, all = 0;
    bool alone = report->only != CENSUS_FIELDS_COUNT;

    if (!rows)
        return alone ? ROWS_ALONE : ROWS_USUAL;
    if (alone)
        return rows > fixed + TABLE_LINES ? rows - fixed - TABLE_LINES : 1;
    for (int i = 0; i < CENSUS_FIELDS_COUNT; i++)
        all += weights[i];
    fixed += CENSUS_FIELDS_COUNT * TABLE_LINES;
    size_t share = rows > fixed ? (rows - fixed) * weights[field] / all : 0;
    return share ? share : 1;
}

int report_print(const struct report *report, size_t rows, size_t width, FILE *frame)
{
    size_t parts = report->count > 1 ? report->count : 0;
    if (rows)
        rows = rows > parts ? rows - parts : 1;
    size_t left = rows > HEAD_LINES + ADVICE_ROOM ? rows - HEAD_LINES - ADVICE_ROOM : 0;

    print_head(report, frame);
    for (int i = 0; i < CENSUS_FIELDS_COUNT; i++) {
        enum census_field field = (enum census_field)i;
        size_t max = rows_for(report, field, rows);

        if (report->only != CENSUS_FIELDS_COUNT && report->only != field)
            continue;
        if (rows && left < TABLE_LINES + 1)
            break;
        if (rows && max > left - TABLE_LINES)
            max = left - TABLE_LINES;
        int lines = print_table(report, field, max < ROWS_MAX ? max : ROWS_MAX, width, frame);
        if (lines < 0)
            return lines;
        left -= rows ? (size_t)lines : 0;
    }
    return print_advice(report, frame);
}
