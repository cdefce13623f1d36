/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the sums of a replay as JSON: see edgexdp-json(5). */
#include <errno.h>
#include <string.h>

#include <edgexdp/refusal.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../metrics/json.h"
#include "../policy/limit.h"
#include "../policy/protocols.h"
#include "replay.h"

/* The times of packets are CLOCK_REALTIME already. */
static u64 as_it_is(u64 ns)
{
    return ns;
}

static struct json_object *source_json(const struct tally_row *row)
{
    struct json_object *object = json_object_new_object();
    char text[ADDRESS_TEXT_BYTES];
    enum family family = row->key.family;

    json_add_text(object, "source",
                  address_print(family, address_from_bytes(family, row->key.address), text));
    return object;
}

static struct json_object *target_json(const struct tally_row *row)
{
    struct json_object *object = json_object_new_object();
    char text[TARGET_TEXT_BYTES];
    struct tally_key protocol = {.protocol = row->key.protocol, .fragment = 1};

    json_add_text(object, "to", replay_target(&row->key, text));
    replay_target(&protocol, text)[strcspn(text, " ")] = '\0';
    json_add_text(object, "protocol", text);
    if (protocol_has_ports(row->key.protocol) && !row->key.fragment)
        json_add_number(object, "port", row->key.port);
    else
        json_add_text(object, "port", NULL);
    return object;
}

static int top_json(struct json_object *to, const char *key, const struct tally *tally, size_t top,
                    struct json_object *(*name)(const struct tally_row *row))
{
    CLEANUP_FREE struct tally_row *rows = NULL;
    size_t count;
    int error = tally_top(tally, top, &rows, &count);

    if (error)
        return error;
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = name(&rows[i]);
        json_add_text(row, "direction", direction_names[rows[i].key.direction]);
        json_add_number(row, "packets", rows[i].packets);
        json_add_number(row, "bytes", rows[i].bytes);
        json_object_array_add(array, row);
    }
    json_object_object_add(to, key, array);
    return 0;
}

/* The packets of a change may be of several protocols, so what "default" means is left open. */
static struct json_object *outcome_json(const struct bench *bench, const struct outcome *outcome)
{
    static const char *const kinds[] = {[OUTCOME_REASON] = "reason",
                                        [OUTCOME_RULE] = "rule",
                                        [OUTCOME_REPLY] = "reply",
                                        [OUTCOME_LIMITED] = "limit"};
    struct json_object *object = json_object_new_object();
    bool reason = outcome->kind == OUTCOME_REASON;

    json_add_text(object, "verdict", verdict_names[outcome->verdict]);
    json_add_text(object, "reject", refusal_names[outcome_refusal(outcome)]);
    json_add_text(object, "outcome", kinds[outcome->kind]);
    json_add_text(object, "rule", bench_rule(bench, outcome));
    json_add_text(object, "reason", reason ? reason_names[outcome->reason] : NULL);
    return object;
}

static struct json_object *change_json(const struct replay *replay, const struct change *change)
{
    struct json_object *object = json_object_new_object();
    struct json_object *examples = json_object_new_array();

    json_add_text(object, "direction", direction_names[change->direction]);
    json_object_object_add(object, "old", outcome_json(&replay->before, &change->before));
    json_object_object_add(object, "new", outcome_json(&replay->after, &change->after));
    json_add_number(object, "packets", change->packets);
    json_add_number(object, "bytes", change->bytes);
    for (size_t i = 0; i < change->example_count; i++)
        json_object_array_add(examples, json_text(change->examples[i]));
    json_object_object_add(object, "examples", examples);
    return object;
}

static int changes_json(struct json_object *to, const struct replay *replay)
{
    CLEANUP_FREE struct change *changes = NULL;
    size_t count;
    int error = changes_list(replay->changes, &changes, &count);

    if (error)
        return error;
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, change_json(replay, &changes[i]));
    json_add_text(to, "compared_with", replay->before.policy->path);
    json_object_object_add(to, "changes", array);
    json_add_number(to, "decided_otherwise", replay->moved);
    return 0;
}

static struct json_object *sums_json(const struct replay *replay, const char *name)
{
    const struct sums *sums = &replay->sums;
    struct json_object *object = json_object_new_object();
    struct json_object *seen = json_object_new_object();

    json_add_text(object, "capture", name);
    json_add_text(object, "interface", replay->interface);
    json_add_text(object, "zone", replay->zone);
    json_add_text(object, "policy", replay->after.policy->name);
    json_add_number(object, "packets", sums->packets);
    json_add_number(object, "accept", sums->verdicts[VERDICT_ACCEPT]);
    json_add_number(object, "drop", sums->verdicts[VERDICT_DROP]);
    json_add_number(object, "cut", sums->cut);
    for (int d = 0; d < DIRECTIONS; d++)
        json_add_number(seen, direction_names[d], sums->seen[d]);
    json_object_object_add(object, "seen", seen);
    json_add_time(object, "first", sums->first_ns);
    json_add_time(object, "last", sums->last_ns);
    json_object_object_add(object, "rules", json_rules(sums->rules, sums->rule_count, as_it_is));
    json_object_object_add(object, "reasons", json_reasons(sums->reasons));
    return object;
}

static void add_limited_sums(struct json_object *object, const struct limited_sums *sums)
{
    json_add_number(object, "matched_packets", sums->packets);
    json_add_number(object, "matched_bytes", sums->bytes);
    json_add_number(object, "limited_packets", sums->limited_packets);
    json_add_number(object, "limited_bytes", sums->limited_bytes);
    json_add_time(object, "first", sums->first_ns);
    json_add_time(object, "last", sums->last_ns);
}

/* Whom LIMIT held. Who is null if the limit is for the rule as a whole. */
static struct json_object *limited_json(const struct bench *bench, const struct limited_row *row,
                                        const struct limit *limit)
{
    struct json_object *object = json_object_new_object();
    enum direction direction = bench->image->entries[row->key.rule].direction;
    char who[WHO_TEXT_BYTES];

    json_add_text(object, "direction", direction_names[direction]);
    replay_who(&row->key, limit, who);
    json_add_text(object, "who", row->key.family == FAMILY_NONE ? NULL : who);
    add_limited_sums(object, &row->sums);
    return object;
}

static int top_limited_json(struct json_object *to, const struct replay *replay, size_t top)
{
    const struct bench *bench = &replay->after;
    CLEANUP_FREE struct limited_row *rows = NULL;
    char text[LIMIT_TEXT_BYTES];
    size_t count;
    int error = limited_top(replay->limited, top, &rows, &count);

    if (error)
        return error;
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        const struct limit *limit = bench_limit(bench, &rows[i].key);
        struct json_object *row = limited_json(bench, &rows[i], limit);
        u32 rule = bench->image->entries[rows[i].key.rule].rule;
        json_add_text(row, "rule", bench->policy->rules[rule].name);
        json_add_text(row, "limit", limit_print(limit, text));
        json_object_array_add(array, row);
    }
    json_object_object_add(to, "top_limited", array);
    return 0;
}

static struct json_object *trial_json(const struct bench *bench, const struct trial *trial)
{
    struct json_object *object = json_object_new_object();
    struct limited_row worst = limited_worst(trial->limited);
    struct limited_sums total = limited_total(trial->limited);
    char text[LIMIT_TEXT_BYTES];

    json_add_text(object, "limit", limit_print(&trial->limit, text));
    add_limited_sums(object, &total);
    json_add_number(object, "keys", limited_keys(trial->limited));
    json_object_object_add(
        object, "worst", total.limited_packets ? limited_json(bench, &worst, &trial->limit) : NULL);
    return object;
}

static void trials_json(struct json_object *to, const struct replay *replay)
{
    const struct trials *trials = replay->trials;
    struct json_object *object = json_object_new_object();
    struct json_object *array = json_object_new_array();

    json_add_text(object, "rule", replay->after.policy->rules[trials->rule].name);
    for (u32 i = 0; i < trials->count; i++)
        json_object_array_add(array, trial_json(&replay->after, &trials->list[i]));
    json_object_object_add(object, "limits", array);
    json_object_object_add(to, "try", object);
}

int replay_make_json(const struct replay *replay, const char *name, size_t top,
                     struct json_object **json)
{
    struct json_object *object = sums_json(replay, name);
    int error = top_json(object, "top_sources", replay->sums.sources, top, source_json);

    if (!error)
        error = top_json(object, "top_ports", replay->sums.targets, top, target_json);
    if (!error)
        error = top_limited_json(object, replay, top);
    if (!error && replay->trials)
        trials_json(object, replay);
    if (!error && replay->before.policy)
        error = changes_json(object, replay);
    if (error)
        json_object_put(object);
    else
        *json = object;
    return error;
}

int replay_print_json(const struct replay *replay, const char *name, size_t top)
{
    struct json_object *object;
    int error = replay_make_json(replay, name, top, &object);

    if (!error)
        json_print(object);
    return error;
}
