/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose turn it is: numbering rules, seating a generation, swapping, rolling back. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../compile/numbers.h"
#include "../memory.h"
#include "guard.h"

static bool is_live(const struct guard *guard, u32 seat)
{
    return seat < SEATS && (seat == guard->word->active || seat == guard->word->fallback);
}

const struct tables_header *guard_tables(const struct guard *guard)
{
    return guard->word->active < SEATS ? guard->generations[guard->word->active].block.memory
                                       : NULL;
}

const char *tables_path(const struct tables_header *header)
{
    return (const char *)((const u32 *)header + header->path);
}

const struct tables_rule *tables_rules(const struct tables_header *header)
{
    return (const struct tables_rule *)((const u32 *)header + header->rules);
}

const struct rule_entry *guard_rules(const struct guard *guard, size_t *capacity)
{
    *capacity = guard->capacity;
    return guard->rules;
}

/* Frees the numbers that no seat in force knows, also those that a killed command left. */
static int sweep_numbers(struct guard *guard)
{
    CLEANUP_FREE bool *known = calloc(guard->capacity + 1, sizeof(*known));
    if (!known)
        return -ENOMEM;
    for (u32 seat = 0; seat < SEATS; seat++) {
        const struct tables_header *header = guard->generations[seat].block.memory;
        if (!is_live(guard, seat) || !header)
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
static void place_rules(struct guard *guard)
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

/* The seats in force go on with the larger tables: same generations, loaded anew. */
static int reload_seats(struct guard *guard, struct why *why)
{
    for (u32 seat = 0; seat < SEATS; seat++) {
        const struct generation *generation = &guard->generations[seat];
        CLEANUP(programs_close) struct programs programs = {-1, -1};
        if (!is_live(guard, seat) || !generation->block.memory)
            continue;
        int error =
            generation_load(guard, generation->block.memory, generation->tables, &programs, why);
        if (!error)
            error = generation_enter(guard, seat, &programs, why);
        if (error)
            return error;
    }
    return 0;
}

/* Larger tables for rules and counters. What is counted from now on goes to new counters; what the
 * old ones hold is carried in the rules, so that no sum ever goes back. */
static int grow(struct guard *guard, size_t rules, struct why *why)
{
    size_t before = guard->capacity;
    CLEANUP_CLOSE int old_counters = dup(guard->maps[PIN_COUNTERS]);
    CLEANUP_FREE struct rule_entry *entries = calloc(before, sizeof(*entries));
    CLEANUP_FREE struct rule_counter *sums = calloc(before, sizeof(*sums));
    int new_rules, new_counters;

    if (old_counters < 0 || !entries || !sums)
        return why_set(why, -ENOMEM, "out of memory");
    memcpy(entries, guard->rules, before * sizeof(*entries));
    int error = create_rule_maps(rules, &new_rules, &new_counters, why);
    if (error)
        return error;
    close(guard->maps[PIN_RULES]);
    close(guard->maps[PIN_COUNTERS]);
    guard->maps[PIN_RULES] = new_rules;
    guard->maps[PIN_COUNTERS] = new_counters;
    error = guard_map(guard, why);
    if (!error)
        error = reload_seats(guard, why);
    if (error)
        return error;
    wait_for_programs();
    error = sum_counters(old_counters, before, sums);
    if (error)
        return why_kernel(why, error, "cannot read the counters");
    for (size_t i = 0; i < before; i++) {
        guard->rules[i] = entries[i];
        rule_counter_add(&guard->rules[i].carried, &sums[i]);
    }
    error = guard_pin(guard, pin_names[PIN_RULES], new_rules, why);
    return error ? error : guard_pin(guard, pin_names[PIN_COUNTERS], new_counters, why);
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

    if (error || !made || !fresh || sweep_numbers(guard))
        return why_set(why, -ENOMEM, "out of memory");
    error =
        numbers_assign(policy, entries, count, guard->rules, guard->capacity, &next, made, fresh);
    if (error == -ENOSPC) {
        error = grow(guard, guard->capacity + count, why);
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

static u32 spare_seat(const struct guard *guard)
{
    u32 seat = 0;
    while (is_live(guard, seat))
        seat++;
    return seat;
}

static void tables_pin_name(u32 seat, char name[16])
{
    snprintf(name, 16, "tables_%u", seat);
}

/* One store for both fields: no reader and no killed writer sees half of a swap. */
static void turn_to(struct guard *guard, u32 active, u32 fallback)
{
    struct seat_word word = {.active = active, .fallback = fallback};
    u64 both;
    memcpy(&both, &word, sizeof(both));
    __atomic_store_n(&guard->word->confirm_by_ns, 0, __ATOMIC_RELEASE);
    __atomic_store_n((u64 *)(void *)guard->word, both, __ATOMIC_RELEASE);
}

static void stamp(struct guard *guard)
{
    struct timespec now;
    struct tables_header *header = (struct tables_header *)guard_tables(guard);
    clock_gettime(CLOCK_REALTIME, &now);
    header->loaded_at_ns = (u64)now.tv_sec * SECOND_NS + (u64)now.tv_nsec;
}

static void forget_seat(struct guard *guard, u32 seat)
{
    char name[16], path[PATH_BYTES];
    struct generation *generation = &guard->generations[seat];

    generation_leave(guard, seat);
    tables_pin_name(seat, name);
    bpffs_join(guard->path, name, path);
    unlink(path);
    mapping_close(&generation->block);
    close_descriptor(&generation->tables);
    generation->tables = -1;
}

/* Loads IMAGE into SEAT, which nobody reads. */
static int fill_seat(struct guard *guard, u32 seat, const struct image *image, struct why *why)
{
    struct generation *generation = &guard->generations[seat];
    CLEANUP(programs_close) struct programs programs = {-1, -1};
    struct stat status;
    char name[16];

    int error = generation_create_tables(image->header, &generation->tables, why);
    if (error)
        return error;
    generation->block.bytes = (size_t)image->header->words * sizeof(u32);
    error = mapping_open(generation->tables, true, &generation->block);
    if (error)
        return why_kernel(why, error, "cannot map the tables");
    error = generation_load(guard, image->header, generation->tables, &programs, why);
    if (!error && !stat(guard->path, &status)) {
        tables_pin_name(seat, name);
        error = guard_pin(guard, name, generation->tables, why);
    }
    return error ? error : generation_enter(guard, seat, &programs, why);
}

int guard_seat(struct guard *guard, const struct image *image, struct why *why)
{
    u32 seat = spare_seat(guard), before = guard->word->active, stale = guard->word->fallback;

    int error = fill_seat(guard, seat, image, why);
    if (error) {
        forget_seat(guard, seat);
        return error;
    }
    turn_to(guard, seat, before);
    stamp(guard);
    place_rules(guard);
    if (stale < SEATS)
        forget_seat(guard, stale);
    sweep_numbers(guard);
    return 0;
}

int guard_rollback(struct guard *guard, struct why *why)
{
    u32 active = guard->word->active, fallback = guard->word->fallback;
    if (fallback >= SEATS)
        return why_set(why, -ENOENT,
                       "%s has had no policy before this one: there is nothing to go back to",
                       guard->interface);
    turn_to(guard, fallback, active);
    stamp(guard);
    place_rules(guard);
    return 0;
}
