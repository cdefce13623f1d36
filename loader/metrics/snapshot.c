/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"

bool rule_was_used(const struct rule_sample *rule)
{
    const struct rule_counter *counter = &rule->counter;
    return counter->packets || counter->reply_packets || counter->limited_packets;
}

bool snapshot_rules_limited(const struct rule_sample *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].counter.limited_packets)
            return true;
    return false;
}

/* Joins what the tables, `rules` and the counters say of each rule of the policy in force. */
static int take_rules(const struct view *view, const struct counters *counters,
                      struct snapshot *snapshot)
{
    const struct tables_header *tables = view->tables;
    size_t count = 0;

    snapshot->rules = calloc(tables->rules_count + 1, sizeof(*snapshot->rules));
    if (!snapshot->rules)
        return -ENOMEM;
    for (u32 i = 0; i < tables->rules_count; i++) {
        const struct tables_rule *rule = &tables_rules(tables)[i];
        struct rule_sample *sample = &snapshot->rules[count];
        if (rule->number >= view->rule_count || !view->rules[rule->number].name[0])
            continue;
        const struct rule_entry *entry = &view->rules[rule->number];
        *sample = (struct rule_sample){.direction = entry->direction,
                                       .action = entry->action,
                                       .refusal = entry->refusal,
                                       .number = rule->number,
                                       .position = rule->position,
                                       .file = snapshot->path + rule->file,
                                       .line = rule->line,
                                       .counter = counters->rules[rule->number],
                                       .is_limited = view_rule_is_limited(view, rule->number)};
        memcpy(sample->name, entry->name, sizeof(sample->name) - 1);
        count++;
    }
    snapshot->rule_count = count;
    return 0;
}

static char *copy_paths(const struct tables_header *tables)
{
    size_t bytes = tables->path_words * sizeof(u32);
    char *paths = malloc(bytes);

    return paths ? memcpy(paths, tables_path(tables), bytes) : NULL;
}

int snapshot_take(const struct view *view, struct snapshot *snapshot, struct why *why)
{
    CLEANUP(snapshot_clear) struct snapshot made = {0};
    CLEANUP(counters_clear) struct counters counters = {0};

    int error = view_status(view, &made.status, why);
    if (!error)
        error = view_counters(view, &counters, why);
    if (!error)
        error = view_blocks(view, &made.blocks, &made.block_count, why);
    if (error)
        return error;
    made.tables = *view->tables;
    made.path = copy_paths(view->tables);
    view_totals(view, &counters, &made.totals);
    made.answers = counters.answers;
    made.cookies = counters.cookies;
    memcpy(made.seen, counters.seen, sizeof(made.seen));
    memcpy(made.reasons, counters.reasons, sizeof(made.reasons));
    if (!made.path || take_rules(view, &counters, &made))
        return why_set(why, -ENOMEM, "out of memory");
    *snapshot = made;
    made = (struct snapshot){0};
    return 0;
}

int snapshot_take_of(const struct guard *guard, struct snapshot *snapshot, struct why *why)
{
    struct view view;

    guard_view(guard, &view);
    return snapshot_take(&view, snapshot, why);
}

void snapshot_clear(struct snapshot *snapshot)
{
    free(snapshot->path);
    free(snapshot->rules);
    free(snapshot->blocks);
    snapshot->blocks = NULL;
    snapshot->path = NULL;
    snapshot->rules = NULL;
}

static int count_sources(const struct view *view, struct snapshot *snapshot, struct why *why)
{
    struct limit_sources sources;
    int error = view_limit_sources(view, &sources, why);

    for (size_t i = 0; !error && i < snapshot->rule_count; i++)
        if (snapshot->rules[i].is_limited)
            snapshot->rules[i].limit_sources =
                sources.owners[limit_owner(snapshot->rules[i].number)];
    return error;
}

int snapshots_add(struct snapshots *snapshots, const struct view *view, struct why *why)
{
    void *grown = array_grow(snapshots->list, snapshots->count, &snapshots->capacity,
                             sizeof(*snapshots->list));
    if (!grown)
        return why_set(why, -ENOMEM, "out of memory");
    snapshots->list = grown;
    int error = snapshot_take(view, &snapshots->list[snapshots->count], why);
    if (error)
        return error;
    snapshots->count++;
    return snapshots->count_sources
               ? count_sources(view, &snapshots->list[snapshots->count - 1], why)
               : 0;
}

void snapshots_clear(struct snapshots *snapshots)
{
    for (size_t i = 0; i < snapshots->count; i++)
        snapshot_clear(&snapshots->list[i]);
    free(snapshots->list);
    *snapshots = (struct snapshots){.count_sources = snapshots->count_sources};
}

struct visiting {
    int (*visit)(struct guard *guard, void *context, struct why *why);
    void *context;
    int error; /* the first */
    struct why *why;
};

/* Another namespace's, gone, or detached just now: not ours to show. */
static bool is_absent(int error)
{
    return error == -EXDEV || error == -ENODEV || error == -ENOENT;
}

/* An interface that fails does not hide the others. Never hold two guards at once: to settle a
 * deadline, guard_open() may have to wait until there are no readers, and we would be one. */
static int visit_one(const char *interface, void *context)
{
    struct visiting *visiting = context;
    struct why why = {0};
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(interface, GUARD_READ, &guard, &why);

    if (!error)
        error = visiting->visit(guard, visiting->context, &why);
    if (error && !is_absent(error) && !visiting->error) {
        visiting->error = error;
        *visiting->why = why;
    }
    return 0;
}

int snapshot_visit_guards(const char *interface,
                          int (*visit)(struct guard *guard, void *context, struct why *why),
                          void *context, struct why *why)
{
    struct visiting visiting = {visit, context, 0, why};
    int error = interface ? visit_one(interface, &visiting) : guard_each(visit_one, &visiting, why);
    return error ? error : visiting.error;
}

int snapshots_add_guard(struct snapshots *snapshots, const struct guard *guard, struct why *why)
{
    struct view view;

    guard_view(guard, &view);
    return snapshots_add(snapshots, &view, why);
}

static int add(struct guard *guard, void *context, struct why *why)
{
    return snapshots_add_guard(context, guard, why);
}

int snapshots_take(const char *interface, struct snapshots *snapshots, struct why *why)
{
    return snapshot_visit_guards(interface, add, snapshots, why);
}
