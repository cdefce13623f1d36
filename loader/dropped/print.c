/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of `stats`. */
#include <errno.h>
#include <stdio.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../show/table.h"
#include "../show/times.h"
#include "dropped.h"
#include "summary.h"

static const char *or_dash(const char *text)
{
    return *text ? text : "-";
}

#define TICK_NS (SECOND_NS / 100) /* the longest: packets are stamped with the last one */

static bool is_older(const struct dropped *row, const struct dropped_wish *wish)
{
    return time_from_monotonic(row->last_seen_ns) + TICK_NS < wish->loaded_at_ns;
}

static int add_row(struct libscols_table *table, const struct dropped *row,
                   const struct dropped_wish *wish)
{
    struct dropped_fields fields;
    char packets[24], bytes[24], age[TIME_TEXT_BYTES], seen[TIME_TEXT_BYTES + 1];

    dropped_fields(row, &fields);
    snprintf(packets, sizeof(packets), "%llu", (unsigned long long)row->packets);
    snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)row->bytes);
    snprintf(seen, sizeof(seen), "%s%s",
             time_print_age(time_from_monotonic(row->last_seen_ns), age),
             is_older(row, wish) ? "*" : "");
    const char *const cells[] = {
        direction_names[row->direction],
        or_dash(fields.protocol),
        or_dash(fields.port),
        row->scope == DROPPED_ANYWHERE ? "anywhere" : or_dash(fields.remote),
        packets,
        bytes,
        seen,
    };
    return table_row(table, cells, ARRAY_SIZE(cells));
}

static int print_table(const struct dropped *rows, size_t count, const struct dropped_wish *wish)
{
    static const struct column columns[] = {
        {"DIR", false},    {"PROTOCOL", false}, {"PORT", false}, {"REMOTE", false},
        {"PACKETS", true}, {"BYTES", true},     {"SEEN", true},
    };
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    int error = table ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < count; i++)
        error = add_row(table, &rows[i], wish);
    if (!error)
        scols_print_table(table);
    scols_unref_table(table);
    return error;
}

/* What the table leaves open. */
static void print_notes(const struct dropped *rows, size_t shown, size_t count,
                        const struct dropped_wish *wish)
{
    char age[TIME_TEXT_BYTES];
    bool older = false;

    for (size_t i = 0; i < shown; i++)
        older |= is_older(&rows[i], wish);
    if (older)
        printf("* not since the policy in force was loaded, %s ago\n",
               time_print_age(wish->loaded_at_ns, age));
    if (shown < count)
        printf("%zu more %s (--all shows them)\n", count - shown,
               count - shown == 1 ? "row" : "rows");
}

int dropped_print(struct dropped *rows, size_t count, const struct dropped_wish *wish)
{
    count = summary_of_mode(rows, count, wish->audit);
    if (!wish->all)
        count = summary_merge(rows, count);
    size_t shown = !wish->all && count > DROPPED_SHOWN ? DROPPED_SHOWN : count;

    printf("\n%s by default, because no rule matched%s\n",
           wish->audit ? "Would have been dropped" : "Dropped",
           count ? ", most packets first:" : ": nothing yet");
    int error = count ? print_table(rows, shown, wish) : 0;
    if (!error)
        print_notes(rows, shown, count, wish);
    return error;
}
