/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

static struct rule_sample sample_of(const struct policy *policy, const struct entry *entry)
{
    const struct rule *rule = &policy->rules[entry->rule];
    struct rule_sample sample = {.direction = entry->direction,
                                 .action = rule->action,
                                 .refusal = rule->refusal,
                                 .position = entry->rule + 1,
                                 .file = rule_file(policy, rule),
                                 .line = rule->place.line};

    memcpy(sample.name, rule->name, sizeof(sample.name));
    return sample;
}

int sums_start(const struct policy *policy, const struct image *image, struct sums *sums)
{
    struct sums made = {.rules = calloc(image->entry_count + 1, sizeof(*made.rules)),
                        .rule_count = image->entry_count,
                        .sources = tally_new(),
                        .targets = tally_new()};

    if (!made.rules || !made.sources || !made.targets) {
        sums_clear(&made);
        return -ENOMEM;
    }
    for (size_t i = 0; i < image->entry_count; i++)
        made.rules[i] = sample_of(policy, &image->entries[i]);
    for (u32 slot = 0; slot < REASON_SLOTS; slot++) {
        made.reasons[slot].reason = slot / VERDICTS / DIRECTIONS;
        made.reasons[slot].direction = slot / VERDICTS % DIRECTIONS;
        made.reasons[slot].verdict = slot % VERDICTS;
    }
    *sums = made;
    return 0;
}

void sums_clear(struct sums *sums)
{
    free(sums->rules);
    tally_free(sums->sources);
    tally_free(sums->targets);
    *sums = (struct sums){0};
}

void sums_see(struct sums *sums, enum direction direction, u64 time_ns)
{
    if (!sums->packets || time_ns < sums->first_ns)
        sums->first_ns = time_ns;
    if (time_ns > sums->last_ns)
        sums->last_ns = time_ns;
    sums->packets++;
    sums->seen[direction]++;
}

/* Counts as count() in bpf/generation.h does. */
void sums_judge(struct sums *sums, const struct outcome *outcome, enum direction direction,
                u64 bytes, u64 time_ns)
{
    sums->verdicts[outcome->verdict]++;
    if (outcome->kind == OUTCOME_REASON) {
        struct reason_counter *reason =
            &sums->reasons[REASON_SLOT(outcome->reason, direction, outcome->verdict)];
        reason->packets++;
        reason->bytes += bytes;
        reason->last_seen_ns = time_ns;
        return;
    }
    struct rule_counter *rule = &sums->rules[outcome->rule].counter;
    if (outcome->kind == OUTCOME_REPLY) {
        rule->reply_packets++;
        rule->reply_bytes += bytes;
        return;
    }
    rule->last_seen_ns = time_ns;
    if (outcome->kind == OUTCOME_LIMITED) {
        rule->limited_packets++;
        rule->limited_bytes += bytes;
        return;
    }
    rule->packets++;
    rule->bytes += bytes;
}

int sums_drop(struct sums *sums, const struct event *event)
{
    struct tally_key key;
    int error = 0;

    if (tally_source(event, &key))
        error = tally_add(sums->sources, &key, event->frame_bytes);
    if (!error && tally_target(event, &key))
        error = tally_add(sums->targets, &key, event->frame_bytes);
    return error;
}
