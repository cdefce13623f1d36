/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what the programs count. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../memory.h"
#include "guard.h"

#define FLOWS_BATCH 4096

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
    /* ENOENT: that was the last of them. */
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
    if (more->last_seen_ns > sum->last_seen_ns)
        sum->last_seen_ns = more->last_seen_ns;
}

static int read_seen(const struct guard *guard, struct reading *reading)
{
    struct seen *values;
    int cpus =
        guard_read_percpu(guard->maps[PIN_SEEN], DIRECTIONS, sizeof(*values), (void **)&values);
    for (int i = 0; i < DIRECTIONS * cpus; i++) {
        reading->seen[i / cpus].packets += values[i].packets;
        reading->seen[i / cpus].unseated_packets += values[i].unseated_packets;
    }
    if (cpus >= 0)
        free(values);
    return cpus < 0 ? cpus : 0;
}

static int read_reasons(const struct guard *guard, struct reading *reading)
{
    struct reason_counter *values;
    int cpus = guard_read_percpu(guard->maps[PIN_REASONS], REASON_SLOTS, sizeof(*values),
                                 (void **)&values);
    for (int i = 0; i < (int)REASON_SLOTS * cpus; i++) {
        struct reason_counter *sum = &reading->reasons[i / cpus];
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

static int read_rules(const struct guard *guard, struct reading *reading)
{
    struct rule_counter *values;
    size_t count = guard->capacity;
    reading->rules = calloc(count, sizeof(*reading->rules));
    if (!reading->rules)
        return -ENOMEM;
    int cpus =
        guard_read_percpu(guard->maps[PIN_COUNTERS], count, sizeof(*values), (void **)&values);
    if (cpus < 0)
        return cpus;
    for (size_t i = 0; i < count; i++) {
        reading->rules[i] = guard->rules[i].carried;
        for (int cpu = 0; cpu < cpus; cpu++)
            rule_counter_add(&reading->rules[i], &values[i * (size_t)cpus + (size_t)cpu]);
    }
    reading->rule_count = count;
    free(values);
    return 0;
}

int guard_read(const struct guard *guard, struct reading *reading, struct why *why)
{
    struct reading made = {0};
    int error = read_seen(guard, &made);
    if (!error)
        error = read_reasons(guard, &made);
    if (!error)
        error = read_rules(guard, &made);
    if (error) {
        reading_clear(&made);
        return why_kernel(why, error, "cannot read the counters");
    }
    *reading = made;
    return 0;
}

void reading_clear(struct reading *reading)
{
    free(reading->rules);
    reading->rules = NULL;
}

static int count_flows(const struct guard *guard, size_t *count)
{
    CLEANUP_FREE struct flow_key *keys = calloc(FLOWS_BATCH, sizeof(*keys));
    CLEANUP_FREE struct flow *values = calloc(FLOWS_BATCH, sizeof(*values));
    u32 in = 0, out = 0;
    bool first = true;

    if (!keys || !values)
        return -ENOMEM;
    *count = 0;
    for (;;) {
        u32 got = FLOWS_BATCH;
        int error = bpf_map_lookup_batch(guard->maps[PIN_FLOWS], first ? NULL : &in, &out, keys,
                                         values, &got, NULL);
        if (error && error != -ENOENT)
            return error;
        *count += got;
        if (error)
            return 0;
        in = out;
        first = false;
    }
}

int guard_status(const struct guard *guard, struct guard_status *status, struct why *why)
{
    struct guard_status made = {.state = *guard->state, .seat = *guard->word};
    struct bpf_map_info info = {0};
    u32 size = sizeof(info);

    memcpy(made.interface, guard->interface, sizeof(made.interface));
    attach_status(guard, &made);
    int error = bpf_obj_get_info_by_fd(guard->maps[PIN_FLOWS], &info, &size) ? -errno : 0;
    made.flows_max = info.max_entries;
    if (!error)
        error = count_flows(guard, &made.flows);
    if (error)
        return why_kernel(why, error, "cannot read the flows");
    *status = made;
    return 0;
}
