/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps `rules` and `counters`: giving numbers out, taking them back, making room for more. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../compile/numbers.h"
#include "../memory.h"
#include "guard.h"

const struct rule_entry *guard_rules(const struct guard *guard, size_t *capacity)
{
    *capacity = guard->capacity;
    return guard->rules;
}

/* Frees the numbers that no seat in force knows, also those that a killed command left. */
int rule_maps_sweep(struct guard *guard)
{
    CLEANUP_FREE bool *known = calloc(guard->capacity + 1, sizeof(*known));
    if (!known)
        return -ENOMEM;
    for (u32 seat = 0; seat < SEATS; seat++) {
        const struct tables_header *header = guard->generations[seat].block.memory;
        if (!seat_is_live(guard, seat) || !header)
            continue;
        for (u32 i = 0; i < header->rules_count; i++)
            if (tables_rules(header)[i].number < guard->capacity)
                known[tables_rules(header)[i].number] = true;
    }
    for (size_t number = 0; number < guard->capacity; number++)
        if (!known[number])
            guard->rules[number] = (struct rule_entry){0};
    return 0;
}

/* Where the rules of the generation in force stand in its file. */
void rule_maps_place(struct guard *guard)
{
    const struct tables_header *header = guard_tables(guard);
    for (u32 i = 0; header && i < header->rules_count; i++) {
        const struct tables_rule *rule = &tables_rules(header)[i];
        if (rule->number >= guard->capacity)
            continue;
        guard->rules[rule->number].position = rule->position;
        guard->rules[rule->number].line = rule->line;
    }
}

/* Sums of all CPUs, by rule number. */
static int sum_counters(int map, size_t capacity, struct rule_counter *sums)
{
    struct rule_counter *values;
    int cpus = guard_read_percpu(map, capacity, sizeof(*values), (void **)&values);
    if (cpus < 0)
        return cpus;
    for (size_t i = 0; i < capacity; i++) {
        sums[i] = (struct rule_counter){0};
        for (int cpu = 0; cpu < cpus; cpu++)
            rule_counter_add(&sums[i], &values[i * (size_t)cpus + (size_t)cpu]);
    }
    free(values);
    return 0;
}

/* Wait until no program that ran when we asked is still running. */
static void wait_for_programs(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static void all_programs_close(struct programs (*programs)[SEATS])
{
    for (u32 seat = 0; seat < SEATS; seat++)
        programs_close(&(*programs)[seat]);
}

/* The generations in force once more, over the maps that GUARD has now; seated only when all of
 * them are loaded. */
static int reload_seats(struct guard *guard, struct why *why)
{
    CLEANUP(all_programs_close) struct programs programs[SEATS] = {{-1, -1}, {-1, -1}, {-1, -1}};
    int error = 0;

    for (u32 seat = 0; !error && seat < SEATS; seat++)
        if (guard->generations[seat].block.memory)
            error = generation_load(guard, guard->generations[seat].block.memory,
                                    guard->generations[seat].tables, &programs[seat], why);
    for (u32 seat = 0; !error && seat < SEATS; seat++)
        if (guard->generations[seat].block.memory)
            error = generation_enter(guard, seat, &programs[seat], why);
    return error;
}

/* What the tables were before they grew. */
struct outgrown {
    int rules, counters;
    size_t capacity;
    struct rule_entry *entries;
    struct rule_counter *sums;
};

static void outgrown_clear(struct outgrown *outgrown)
{
    close_descriptor(&outgrown->rules);
    close_descriptor(&outgrown->counters);
    free(outgrown->entries);
    free(outgrown->sums);
}

/* Swaps GUARD's maps of rules and counters with those of OUTGROWN. */
static int exchange_maps(struct guard *guard, struct outgrown *outgrown, struct why *why)
{
    int rules = guard->maps[PIN_RULES], counters = guard->maps[PIN_COUNTERS];
    guard->maps[PIN_RULES] = outgrown->rules;
    guard->maps[PIN_COUNTERS] = outgrown->counters;
    outgrown->rules = rules;
    outgrown->counters = counters;
    return guard_map(guard, why);
}

/* From now on nothing counts in the outgrown maps: what they hold is carried in the rules, so that
 * no sum ever goes back. */
static int carry_over(struct guard *guard, struct outgrown *outgrown, struct why *why)
{
    wait_for_programs();
    int error = sum_counters(outgrown->counters, outgrown->capacity, outgrown->sums);
    if (error)
        return why_kernel(why, error, "cannot read the counters");
    for (size_t i = 0; i < outgrown->capacity; i++) {
        guard->rules[i] = outgrown->entries[i];
        rule_counter_add(&guard->rules[i].carried, &outgrown->sums[i]);
    }
    error = guard_pin(guard, pin_names[PIN_RULES], guard->maps[PIN_RULES], why);
    if (error)
        return error;
    return guard_pin(guard, pin_names[PIN_COUNTERS], guard->maps[PIN_COUNTERS], why);
}

/* Larger tables for rules and counters, with room for RULES more. */
static int grow(struct guard *guard, size_t rules, struct why *why)
{
    CLEANUP(outgrown_clear) struct outgrown outgrown = {-1, -1, guard->capacity, NULL, NULL};
    outgrown.entries = calloc(guard->capacity, sizeof(*outgrown.entries));
    outgrown.sums = calloc(guard->capacity, sizeof(*outgrown.sums));
    if (!outgrown.entries || !outgrown.sums)
        return why_set(why, -ENOMEM, "out of memory");
    memcpy(outgrown.entries, guard->rules, guard->capacity * sizeof(*outgrown.entries));

    int error = create_rule_maps(guard->capacity + rules, &outgrown.rules, &outgrown.counters, why);
    if (!error)
        error = exchange_maps(guard, &outgrown, why);
    if (error)
        return error;
    error = reload_seats(guard, why);
    if (!error)
        return carry_over(guard, &outgrown, why);
    struct why ignored;
    exchange_maps(guard, &outgrown, &ignored);
    return error;
}

/* A number that starts anew starts at 0 on every CPU. */
static int enter_numbers(struct guard *guard, const struct policy *policy,
                         const struct entry *entries, size_t count,
                         const struct rule_number *numbers, const bool *fresh)
{
    int cpus = guard_cpus();
    CLEANUP_FREE struct rule_counter *zeros = calloc((size_t)(cpus > 0 ? cpus : 1), sizeof(*zeros));
    if (cpus < 0 || !zeros)
        return cpus < 0 ? cpus : -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!fresh[i])
            continue;
        if (bpf_map_update_elem(guard->maps[PIN_COUNTERS], &numbers[i].number, zeros, BPF_ANY))
            return -errno;
        guard->rules[numbers[i].number] = numbers_entry(policy, &entries[i], numbers[i].identity);
    }
    return 0;
}

int guard_number(struct guard *guard, const struct policy *policy, struct rule_number **numbers,
                 struct why *why)
{
    CLEANUP_FREE struct entry *entries = NULL;
    size_t count = 0;
    int error = policy_entries(policy, &entries, &count);
    CLEANUP_FREE struct rule_number *made = calloc(count + 1, sizeof(*made));
    CLEANUP_FREE bool *fresh = calloc(count + 1, sizeof(*fresh));
    u32 next = guard->state->next_identity;

    if (error || !made || !fresh || rule_maps_sweep(guard))
        return why_set(why, -ENOMEM, "out of memory");
    error =
        numbers_assign(policy, entries, count, guard->rules, guard->capacity, &next, made, fresh);
    if (error == -ENOSPC) {
        error = grow(guard, count, why);
        if (error)
            return error;
        error = numbers_assign(policy, entries, count, guard->rules, guard->capacity, &next, made,
                               fresh);
    }
    if (!error)
        error = enter_numbers(guard, policy, entries, count, made, fresh);
    if (error)
        return why_kernel(why, error, "cannot number the rules");
    guard->state->next_identity = next;
    *numbers = TAKE_PTR(made);
    return 0;
}
