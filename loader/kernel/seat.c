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

bool guard_audits(const struct guard *guard)
{
    return guard->state->audit;
}

void guard_end_audit(struct guard *guard)
{
    guard->state->audit = false;
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

    if (error || !made || !fresh || sweep_numbers(guard))
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
        sweep_numbers(guard);
        return error;
    }
    turn_to(guard, seat, before);
    asker_free(TAKE_PTR(guard->asker));
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
    asker_free(TAKE_PTR(guard->asker));
    stamp(guard);
    place_rules(guard);
    return 0;
}
