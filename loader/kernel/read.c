/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what the programs count. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "guard.h"

#define BATCH 4096

int guard_cpus(void)
{
    return libbpf_num_possible_cpus();
}

int guard_read_percpu(int map, size_t count, size_t value_bytes, void **values)
{
    int cpus = guard_cpus();
    if (cpus < 0)
        return cpus;
    CLEANUP_FREE u32 *keys = calloc(count + 1, sizeof(*keys));
    CLEANUP_FREE void *read = calloc(count * (size_t)cpus + 1, value_bytes);
    u32 batch = 0, read_count = (u32)count;

    if (!keys || !read)
        return -ENOMEM;
    int error = bpf_map_lookup_batch(map, NULL, &batch, keys, read, &read_count, NULL);
    /* ENOENT: there are no more entries. */
    if (error && error != -ENOENT)
        return error;
    *values = TAKE_PTR(read);
    return cpus;
}

void rule_counter_add(struct rule_counter *sum, const struct rule_counter *more)
{
    sum->packets += more->packets;
    sum->bytes += more->bytes;
    sum->reply_packets += more->reply_packets;
    sum->reply_bytes += more->reply_bytes;
    sum->limited_packets += more->limited_packets;
    sum->limited_bytes += more->limited_bytes;
    if (more->last_seen_ns > sum->last_seen_ns)
        sum->last_seen_ns = more->last_seen_ns;
}

static int read_seen(int map, struct seen sums[DIRECTIONS])
{
    struct seen *values;
    int cpus = guard_read_percpu(map, DIRECTIONS, sizeof(*values), (void **)&values);
    for (int i = 0; i < DIRECTIONS * cpus; i++) {
        sums[i / cpus].packets += values[i].packets;
        sums[i / cpus].unseated_packets += values[i].unseated_packets;
        sums[i / cpus].events_lost += values[i].events_lost;
    }
    if (cpus >= 0)
        free(values);
    return cpus < 0 ? cpus : 0;
}

int guard_events_lost(const struct guard *guard, u64 *lost)
{
    struct seen seen[DIRECTIONS] = {0};
    int error = read_seen(guard->maps[PIN_SEEN], seen);

    if (!error)
        *lost = seen[DIRECTION_IN].events_lost + seen[DIRECTION_OUT].events_lost;
    return error;
}

/* Adds up COUNT numbers, which begin FIRST bytes behind the beginning of each CPU's value. */
static int sum_numbers(int map, size_t value_bytes, size_t first, size_t count, u64 sums[])
{
    u8 *values;
    int cpus = guard_read_percpu(map, 1, value_bytes, (void **)&values);

    for (int cpu = 0; cpu < cpus; cpu++) {
        const u64 *numbers = (const u64 *)(values + (size_t)cpu * value_bytes + first);
        for (size_t i = 0; i < count; i++)
            sums[i] += numbers[i];
    }
    if (cpus >= 0)
        free(values);
    return cpus < 0 ? cpus : 0;
}

static int read_answers(int map, struct answers *sum)
{
    u64 sums[2] = {0};
    int error = sum_numbers(map, sizeof(struct refusals), offsetof(struct refusals, sent), 2, sums);

    *sum = (struct answers){.sent = sums[0], .withheld = sums[1]};
    return error;
}

static int read_cookies(int map, struct cookies *sum)
{
    u64 sums[3] = {0};
    int error = sum_numbers(map, sizeof(*sum), 0, 3, sums);

    *sum = (struct cookies){.sent = sums[0], .valid = sums[1], .invalid = sums[2]};
    return error;
}

static int read_reasons(const struct view *view, struct counters *counters)
{
    struct reason_counter *values;
    int cpus = guard_read_percpu(view->maps[VIEW_REASONS], REASON_SLOTS, sizeof(*values),
                                 (void **)&values);
    for (int i = 0; i < (int)REASON_SLOTS * cpus; i++) {
        struct reason_counter *sum = &counters->reasons[i / cpus];
        sum->reason = values[i].reason;
        sum->direction = values[i].direction;
        sum->verdict = values[i].verdict;
        sum->packets += values[i].packets;
        sum->bytes += values[i].bytes;
        if (values[i].last_seen_ns > sum->last_seen_ns)
            sum->last_seen_ns = values[i].last_seen_ns;
    }
    if (cpus >= 0)
        free(values);
    return cpus < 0 ? cpus : 0;
}

size_t guard_numbers(const struct guard *guard)
{
    size_t count = guard->capacity;

    while (count && !guard->rules[count - 1].name[0])
        count--;
    return count;
}

static int read_rules(const struct view *view, struct counters *counters)
{
    struct rule_counter *values;
    size_t count = view->rule_count;
    counters->rules = calloc(count + 1, sizeof(*counters->rules));
    if (!counters->rules)
        return -ENOMEM;
    int cpus =
        guard_read_percpu(view->maps[VIEW_COUNTERS], count, sizeof(*values), (void **)&values);
    if (cpus < 0)
        return cpus;
    for (size_t i = 0; i < count; i++) {
        counters->rules[i] = view->rules[i].carried;
        for (int cpu = 0; cpu < cpus; cpu++)
            rule_counter_add(&counters->rules[i], &values[i * (size_t)cpus + (size_t)cpu]);
    }
    counters->rule_count = count;
    free(values);
    return 0;
}

int view_counters(const struct view *view, struct counters *counters, struct why *why)
{
    struct counters made = {0};
    int error = read_seen(view->maps[VIEW_SEEN], made.seen);
    if (!error)
        error = read_answers(view->maps[VIEW_REFUSALS], &made.answers);
    if (!error)
        error = read_cookies(view->maps[VIEW_COOKIES], &made.cookies);
    if (!error)
        error = read_reasons(view, &made);
    if (!error)
        error = read_rules(view, &made);
    if (error) {
        counters_clear(&made);
        return why_kernel(why, error, "cannot read the counters");
    }
    *counters = made;
    return 0;
}

/* A rule counts what it decided in its own direction, and the replies to it in the other. */
void totals_add_rule(u64 packets[DIRECTIONS][VERDICTS], const struct rule_entry *rule,
                     const struct rule_counter *counter)
{
    packets[rule->direction][rule->action] += counter->packets;
    packets[!rule->direction][VERDICT_ACCEPT] += counter->reply_packets;
    packets[rule->direction][VERDICT_DROP] += counter->limited_packets;
}

void view_totals(const struct view *view, const struct counters *counters, struct totals *totals)
{
    struct totals made = {0};

    memcpy(made.packets, view->outline.state.gone_packets, sizeof(made.packets));
    for (int d = 0; d < DIRECTIONS; d++)
        made.seen[d] = counters->seen[d].packets;
    for (size_t i = 0; i < counters->rule_count; i++)
        if (view->rules[i].name[0])
            totals_add_rule(made.packets, &view->rules[i], &counters->rules[i]);
    for (u32 slot = 0; slot < REASON_SLOTS; slot++) {
        const struct reason_counter *counter = &counters->reasons[slot];
        made.packets[counter->direction][counter->verdict] += counter->packets;
    }
    *totals = made;
}

static u64 look_check(const struct last_look *look)
{
    const u64 *words = &look->time_ns;
    u64 check = 0;

    for (size_t i = 0; i < offsetof(struct last_look, check) / sizeof(u64); i++)
        check = (check ^ words[i]) * 0x9e3779b97f4a7c15ull + i;
    return check;
}

void guard_look(struct guard *guard, const struct totals *totals, struct last_look *before)
{
    struct last_look now = {.time_ns = monotonic_ns(),
                            .number = guard->state->last_look.number + 1};

    memcpy(now.seen_packets, totals->seen, sizeof(now.seen_packets));
    memcpy(now.packets, totals->packets, sizeof(now.packets));
    now.check = look_check(&now);
    *before = guard->state->last_look;
    if (before->check != look_check(before))
        before->time_ns = 0;
    guard->state->last_look = now;
}

void last_look_begin(struct last_look *look)
{
    *look = (struct last_look){.time_ns = monotonic_ns()};
    look->check = look_check(look);
}

void counters_clear(struct counters *counters)
{
    free(counters->rules);
    counters->rules = NULL;
}

/* A batch continues where the previous one ended: a number says where in a hash, a key
 * elsewhere. */
int guard_map_each(int map, size_t key_bytes, size_t value_bytes,
                   int (*visit)(const void *key, const void *value, void *context), void *context)
{
    CLEANUP_FREE u8 *keys = calloc(BATCH, key_bytes);
    CLEANUP_FREE u8 *values = calloc(BATCH, value_bytes);
    CLEANUP_FREE u8 *place = calloc(1, key_bytes);
    bool first = true;

    if (!keys || !values || !place)
        return -ENOMEM;
    for (;;) {
        u32 got = BATCH;
        int end = bpf_map_lookup_batch(map, first ? NULL : place, place, keys, values, &got, NULL);
        if (end && end != -ENOENT)
            return end;
        for (u32 i = 0; i < got; i++) {
            int error = visit(keys + i * key_bytes, values + i * value_bytes, context);
            if (error)
                return error;
        }
        if (end)
            return 0;
        first = false;
    }
}

static int count_one(const void *key, const void *value, void *count)
{
    (void)key;
    (void)value;
    (*(size_t *)count)++;
    return 0;
}

static int count_flows(const struct view *view, size_t *count)
{
    *count = 0;
    return guard_map_each(view->maps[VIEW_FLOWS], sizeof(struct flow_key), sizeof(struct flow),
                          count_one, count);
}

void guard_outline(const struct guard *guard, struct guard_status *status)
{
    *status = (struct guard_status){.state = *guard->state, .seat = *guard->word};
    memcpy(status->interface, guard->interface, sizeof(status->interface));
    hooks_look(guard, status);
}

static const char *way_word(enum standing standing, const char *guarded)
{
    static const char *const words[] = {[WAY_OPEN] = "missing",
                                        [WAY_REPLACED] = "replaced",
                                        [WAY_UNSEATED] = "unseated",
                                        [WAY_MISREAD] = "misread",
                                        [WAY_UNKNOWN] = "unknown"};

    return standing == WAY_GUARDED ? guarded : words[standing];
}

const char *guard_status_ingress(const struct guard_status *status)
{
    bool is_tc = status->state.link_layer == LINK_BARE;

    return way_word(status->ways[DIRECTION_IN].standing,
                    is_tc ? egress_hook_names[status->state.egress_hook]
                          : attach_mode_names[status->state.attach_mode]);
}

const char *guard_status_egress(const struct guard_status *status)
{
    return way_word(status->ways[DIRECTION_OUT].standing,
                    egress_hook_names[status->state.egress_hook]);
}

int view_status(const struct view *view, struct guard_status *status, struct why *why)
{
    struct guard_status made = view->outline;
    struct bpf_map_info info = {0};
    u32 size = sizeof(info);

    int error = bpf_obj_get_info_by_fd(view->maps[VIEW_FLOWS], &info, &size) ? -errno : 0;
    made.flows_max = info.max_entries;
    if (!error)
        error = count_flows(view, &made.flows);
    if (error)
        return why_kernel(why, error, "cannot read the flows");
    error = bans_count(view, &made.bans);
    if (!error)
        error = blocks_count(view, made.blocks);
    if (error)
        return why_kernel(why, error, "cannot count the bans and blocks");
    *status = made;
    return 0;
}
