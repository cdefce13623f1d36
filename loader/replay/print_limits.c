/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints whom limits held, or would hold, as tables. */
#include <errno.h>
#include <stdio.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../policy/limit.h"
#include "../show/times.h"
#include "print.h"

/* Of ALL, as "12.3%". */
static const char *share(u64 part, u64 all, number text)
{
    snprintf(text, sizeof(number), "%.1f%%", all ? 100.0 * (double)part / (double)all : 0.0);
    return text;
}

static int add_limited(struct libscols_table *table, const struct bench *bench,
                       const struct limited_row *row)
{
    const struct limited_sums *sums = &row->sums;
    const struct entry *entry = &bench->image->entries[row->key.rule];
    const struct limit *limit = bench_limit(bench, &row->key);
    char limit_text[LIMIT_TEXT_BYTES], who[WHO_TEXT_BYTES];
    char first[TIME_TEXT_BYTES], last[TIME_TEXT_BYTES];
    number packets, bytes, part;
    const char *const cells[] = {bench->policy->rules[entry->rule].name,
                                 direction_names[entry->direction],
                                 limit_print(limit, limit_text),
                                 replay_who(&row->key, limit, who),
                                 print_count(sums->limited_packets, packets),
                                 print_count(sums->limited_bytes, bytes),
                                 share(sums->limited_packets, sums->packets, part),
                                 time_print(sums->first_ns, first),
                                 time_print(sums->last_ns, last)};

    return table_row(table, cells, ARRAY_SIZE(cells));
}

int print_limited(const struct replay *replay, size_t top)
{
    static const struct column columns[] = {{"RULE", false}, {"DIR", false},    {"LIMIT", false},
                                            {"WHO", false},  {"LIMITED", true}, {"BYTES", true},
                                            {"SHARE", true}, {"FIRST", false},  {"LAST", false}};
    CLEANUP_FREE struct limited_row *rows = NULL;
    size_t count;
    int error = limited_top(replay->limited, top, &rows, &count);
    struct libscols_table *table = error ? NULL : table_new(columns, ARRAY_SIZE(columns));

    if (!table)
        return -ENOMEM;
    for (size_t i = 0; !error && i < count; i++)
        error = add_limited(table, &replay->after, &rows[i]);
    return print_table(table, error);
}

static int add_trial(struct libscols_table *table, const struct trial *trial)
{
    struct limited_sums total = limited_total(trial->limited);
    char limit[LIMIT_TEXT_BYTES], who[WHO_TEXT_BYTES] = "";
    number packets, bytes, part, bytes_part, keys, its = "", its_part = "";
    struct limited_row worst = limited_worst(trial->limited);

    if (worst.sums.limited_packets) {
        replay_who(&worst.key, &trial->limit, who);
        print_count(worst.sums.limited_packets, its);
        share(worst.sums.limited_packets, worst.sums.packets, its_part);
    }
    const char *const cells[] = {limit_print(&trial->limit, limit),
                                 print_count(total.limited_packets, packets),
                                 share(total.limited_packets, total.packets, part),
                                 print_count(total.limited_bytes, bytes),
                                 share(total.limited_bytes, total.bytes, bytes_part),
                                 print_count(limited_keys(trial->limited), keys),
                                 who,
                                 its,
                                 its_part};
    return table_row(table, cells, ARRAY_SIZE(cells));
}

int print_trials(const struct replay *replay)
{
    static const struct column columns[] = {{"LIMIT", false}, {"LIMITED", true}, {"SHARE", true},
                                            {"BYTES", true},  {"SHARE", true},   {"KEYS", true},
                                            {"WORST", false}, {"LIMITED", true}, {"SHARE", true}};
    const struct trials *trials = replay->trials;
    struct limited_sums total = limited_total(trials->list[0].limited);
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    int error = table ? 0 : -ENOMEM;

    if (table)
        printf("\nRule %s accepts %llu packets, %llu bytes, without its own limits; of these, each "
               "limit alone would have dropped:\n",
               replay->after.policy->rules[trials->rule].name, (unsigned long long)total.packets,
               (unsigned long long)total.bytes);
    for (u32 i = 0; !error && i < trials->count; i++)
        error = add_trial(table, &trials->list[i]);
    return table ? print_table(table, error) : error;
}
