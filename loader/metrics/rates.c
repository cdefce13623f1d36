/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"

#define BITS 8 /* of a byte */

/* A counter that has become smaller was restarted. */
static double growth(u64 before, u64 after, double seconds)
{
    return (double)(after >= before ? after - before : after) / seconds;
}

static int by_name(const void *one, const void *other)
{
    const struct rule_sample *a = *(const struct rule_sample *const *)one;
    const struct rule_sample *b = *(const struct rule_sample *const *)other;
    int order = strcmp(a->name, b->name);

    return order ? order : (int)a->direction - (int)b->direction;
}

/* The rules of SNAPSHOT by name, for find(); NULL when memory is short. */
static const struct rule_sample **index_rules(const struct snapshot *snapshot)
{
    size_t count = snapshot ? snapshot->rule_count : 0;
    const struct rule_sample **index = calloc(count + 1, sizeof(const struct rule_sample *));

    for (size_t i = 0; index && i < count; i++)
        index[i] = &snapshot->rules[i];
    if (index)
        qsort(index, count, sizeof(const struct rule_sample *), by_name);
    return index;
}

static struct rule_counter find(const struct rule_sample *const *index, size_t count,
                                const struct rule_sample *rule)
{
    const struct rule_sample *const *found =
        bsearch(&rule, index, count, sizeof(const struct rule_sample *), by_name);

    return found && (*found)->action == rule->action ? (*found)->counter : (struct rule_counter){0};
}

static struct rate rate_of_rule(const struct rule_sample *rule, const struct rule_counter *before,
                                double seconds)
{
    const struct rule_counter *now = &rule->counter;

    return (struct rate){
        .name = rule->name,
        .direction = rule->direction,
        .verdict = rule->action,
        .refusal = rule->refusal,
        .total = now->packets + now->reply_packets + now->limited_packets,
        .packets = growth(before->packets, now->packets, seconds),
        .replies = growth(before->reply_packets, now->reply_packets, seconds),
        .limited = growth(before->limited_packets, now->limited_packets, seconds),
        .bits = BITS * (growth(before->bytes, now->bytes, seconds) +
                        growth(before->reply_bytes, now->reply_bytes, seconds)),
    };
}

static struct rate rate_of_reason(const struct reason_counter *now,
                                  const struct reason_counter *before, double seconds)
{
    return (struct rate){
        .name = reason_names[now->reason],
        .is_reason = true,
        .direction = now->direction,
        .verdict = now->verdict,
        .total = now->packets,
        .packets = growth(before->packets, now->packets, seconds),
        .bits = BITS * growth(before->bytes, now->bytes, seconds),
    };
}

static int compare(double one, double other)
{
    return (one < other) - (one > other);
}

/* Ties are decided by the order in the file, and by that of the reasons. */
static int fastest_first(const void *one, const void *other)
{
    const struct rate *a = one, *b = other;
    int order = compare(rate_sum(a), rate_sum(b));

    if (!order)
        order = (a->total < b->total) - (a->total > b->total);
    return order ? order : (int)a->order - (int)b->order;
}

/* Without an earlier snapshot no rate is known. */
static void stand_still(struct rates *rates)
{
    memset(rates->seen, 0, sizeof(rates->seen));
    for (size_t i = 0; i < rates->count; i++)
        rates->list[i].packets = rates->list[i].replies = rates->list[i].limited =
            rates->list[i].bits = 0;
}

int rates_make(const struct snapshot *before, const struct snapshot *after, double seconds,
               struct rates *rates)
{
    static const struct snapshot nothing;
    const struct snapshot *from = before ? before : &nothing;
    CLEANUP_FREE const struct rule_sample **index = index_rules(from);
    struct rates made = {.list = calloc(after->rule_count + REASON_SLOTS, sizeof(struct rate))};

    if (!index || !made.list) {
        rates_clear(&made);
        return -ENOMEM;
    }
    for (size_t i = 0; i < after->rule_count; i++) {
        struct rule_counter counter = find(index, from->rule_count, &after->rules[i]);
        made.list[made.count++] = rate_of_rule(&after->rules[i], &counter, seconds);
    }
    for (u32 slot = 0; slot < REASON_SLOTS; slot++)
        made.list[made.count++] =
            rate_of_reason(&after->reasons[slot], &from->reasons[slot], seconds);
    for (int d = 0; d < DIRECTIONS; d++)
        made.seen[d] = growth(from->seen[d].packets, after->seen[d].packets, seconds);
    if (!before)
        stand_still(&made);
    for (size_t i = 0; i < made.count; i++)
        made.list[i].order = (u32)i;
    qsort(made.list, made.count, sizeof(struct rate), fastest_first);
    made.are_limited = snapshot_rules_limited(after->rules, after->rule_count);
    *rates = made;
    return 0;
}

void rates_clear(struct rates *rates)
{
    free(rates->list);
    *rates = (struct rates){0};
}

struct totals_rates totals_rates(const struct totals *now, const struct last_look *before,
                                 u64 now_ns)
{
    struct totals_rates rates = {0};

    if (!before->time_ns || before->time_ns >= now_ns)
        return rates;
    rates.span_ns = now_ns - before->time_ns;
    double seconds = (double)rates.span_ns / SECOND_NS;
    for (int d = 0; d < DIRECTIONS; d++) {
        rates.seen[d] = growth(before->seen_packets[d], now->seen[d], seconds);
        for (int v = 0; v < VERDICTS; v++)
            rates.packets[d][v] = growth(before->packets[d][v], now->packets[d][v], seconds);
    }
    return rates;
}
