/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the sums of a replay as tables. */
#include <errno.h>
#include <stdio.h>

#include "../base/colour.h"
#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../show/times.h"
#include "print.h"

const char *print_count(u64 count, number text)
{
    snprintf(text, sizeof(number), "%llu", (unsigned long long)count);
    return text;
}

int print_table(struct libscols_table *table, int error)
{
    if (!error && !scols_table_is_empty(table)) {
        putchar('\n');
        scols_print_table(table);
    }
    scols_unref_table(table);
    return error;
}

static int print_rules(const struct sums *sums)
{
    static const struct column columns[] = {
        {"RULE", false}, {"DIR", false},    {"ACTION", false},     {"PACKETS", true},
        {"BYTES", true}, {"REPLIES", true}, {"REPLY-BYTES", true}, {"LIMITED", true},
    };
    size_t count = ARRAY_SIZE(columns) - !snapshot_rules_limited(sums->rules, sums->rule_count);
    struct libscols_table *table = table_new(columns, count);
    int error = table ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < sums->rule_count; i++) {
        const struct rule_sample *rule = &sums->rules[i];
        const struct rule_counter *counter = &rule->counter;
        number packets, bytes, replies, reply_bytes, limited;
        if (!rule_was_used(rule))
            continue;
        const char *const cells[] = {rule->name,
                                     direction_names[rule->direction],
                                     labels_action(rule->action, rule->refusal),
                                     print_count(counter->packets, packets),
                                     print_count(counter->bytes, bytes),
                                     print_count(counter->reply_packets, replies),
                                     print_count(counter->reply_bytes, reply_bytes),
                                     print_count(counter->limited_packets, limited)};
        error = table_row(table, cells, count);
    }
    return print_table(table, error);
}

static int print_reasons(const struct sums *sums)
{
    static const struct column columns[] = {
        {"REASON", false}, {"DIR", false}, {"VERDICT", false}, {"PACKETS", true}, {"BYTES", true},
    };
    struct libscols_table *table = table_new(columns, ARRAY_SIZE(columns));
    int error = table ? 0 : -ENOMEM;

    for (u32 slot = 0; !error && slot < REASON_SLOTS; slot++) {
        const struct reason_counter *counter = &sums->reasons[slot];
        number packets, bytes;
        if (!counter->packets)
            continue;
        const char *const cells[] = {
            reason_names[counter->reason], direction_names[counter->direction],
            verdict_names[counter->verdict], print_count(counter->packets, packets),
            print_count(counter->bytes, bytes)};
        error = table_row(table, cells, ARRAY_SIZE(cells));
    }
    return print_table(table, error);
}

static char *source_text(const struct tally_key *key, char text[TARGET_TEXT_BYTES])
{
    return address_print(key->family, address_from_bytes(key->family, key->address), text);
}

static int print_top(const char *title, const struct tally *tally, size_t top,
                     char *(*name)(const struct tally_key *key, char text[TARGET_TEXT_BYTES]))
{
    const struct column columns[] = {
        {title, false}, {"DIR", false}, {"PACKETS", true}, {"BYTES", true}};
    CLEANUP_FREE struct tally_row *rows = NULL;
    size_t count;
    int error = tally_top(tally, top, &rows, &count);
    struct libscols_table *table = error ? NULL : table_new(columns, ARRAY_SIZE(columns));

    if (!table)
        return -ENOMEM;
    for (size_t i = 0; !error && i < count; i++) {
        char text[TARGET_TEXT_BYTES];
        number packets, bytes;
        const char *const cells[] = {
            name(&rows[i].key, text), direction_names[rows[i].key.direction],
            print_count(rows[i].packets, packets), print_count(rows[i].bytes, bytes)};
        error = table_row(table, cells, ARRAY_SIZE(cells));
    }
    return print_table(table, error);
}

/* Adds a row, and one more for each further example. */
static int add_change(struct libscols_table *table, const struct replay *replay,
                      const struct change *change)
{
    char before[REPLAY_OUTCOME_BYTES], after[REPLAY_OUTCOME_BYTES];
    number packets, bytes;
    const char *const cells[] = {replay_outcome(&replay->before, &change->before, before),
                                 replay_outcome(&replay->after, &change->after, after),
                                 print_count(change->packets, packets),
                                 print_count(change->bytes, bytes),
                                 change->example_count ? change->examples[0] : ""};
    int error = table_row(table, cells, ARRAY_SIZE(cells));

    for (size_t i = 1; !error && i < change->example_count; i++) {
        const char *const more[] = {"", "", "", "", change->examples[i]};
        error = table_row(table, more, ARRAY_SIZE(more));
    }
    return error;
}

static int print_changes(const struct replay *replay)
{
    static const struct column columns[] = {
        {"WAS", false}, {"IS", false}, {"PACKETS", true}, {"BYTES", true}, {"FOR EXAMPLE", false}};
    CLEANUP_FREE struct change *changes = NULL;
    size_t count;
    u64 changed = 0;
    int error = changes_list(replay->changes, &changes, &count);
    struct libscols_table *table = error ? NULL : table_new(columns, ARRAY_SIZE(columns));

    if (!table)
        return -ENOMEM;
    for (size_t i = 0; !error && i < count; i++) {
        changed += changes[i].packets;
        error = add_change(table, replay, &changes[i]);
    }
    printf("\nCompared with policy %s of %s: %llu packet%s change%s the verdict; of the "
           "others, %llu %s decided by another rule or reason\n",
           replay->before.policy->name, HARMLESS(replay->before.policy->path),
           (unsigned long long)changed, changed == 1 ? "" : "s", changed == 1 ? "s" : "",
           (unsigned long long)replay->moved, replay->moved == 1 ? "is" : "are");
    return print_table(table, error);
}

static void print_head(const struct replay *replay, const char *name)
{
    const struct sums *sums = &replay->sums;
    char first[TIME_TEXT_BYTES], last[TIME_TEXT_BYTES];

    printf("%s  policy %s  packets in %llu, out %llu: %llu accepted, %llu dropped\n",
           HARMLESS(name), replay->after.policy->name, (unsigned long long)sums->seen[DIRECTION_IN],
           (unsigned long long)sums->seen[DIRECTION_OUT],
           (unsigned long long)sums->verdicts[VERDICT_ACCEPT],
           (unsigned long long)sums->verdicts[VERDICT_DROP]);
    if (sums->packets)
        printf("from %s to %s\n", time_print(sums->first_ns, first),
               time_print(sums->last_ns, last));
    if (sums->cut)
        printf("%llu not judged: the capture cut them short\n", (unsigned long long)sums->cut);
    if (replay->after.policy->mode == MODE_AUDIT)
        printf("%sThe policy is in audit mode: what it drops here, it would let pass%s\n",
               colour_begin(stdout, COLOUR_WARNING), colour_end(stdout));
}

int replay_print(const struct replay *replay, const char *name, size_t top)
{
    const struct sums *sums = &replay->sums;

    print_head(replay, name);
    if (replay->trials)
        return print_trials(replay);
    int error = print_rules(sums);
    if (!error)
        error = print_limited(replay, top);
    if (!error)
        error = print_reasons(sums);
    if (!error)
        error = print_top("DROPPED SOURCE", sums->sources, top, source_text);
    if (!error)
        error = print_top("DROPPED TO", sums->targets, top, replay_target);
    return !error && replay->before.policy ? print_changes(replay) : error;
}
