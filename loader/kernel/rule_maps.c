/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps `rules` and `counters`: giving numbers out, taking them back, making room for more. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../compile/numbers.h"
#include "peers.h"

const struct rule_entry *guard_rules(const struct guard *guard, size_t *capacity)
{
    *capacity = guard->capacity;
    return guard->rules;
}

/* Sums over all CPUs, by rule number. */
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

/* Keeps what the rule NUMBER decided in the totals. */
static void remember_gone(struct guard *guard, size_t number, const struct rule_counter *counted)
{
    struct rule_counter sum = guard->rules[number].carried;

    rule_counter_add(&sum, counted);
    totals_add_rule(guard->state->gone_packets, &guard->rules[number], &sum);
}

/* Frees the numbers that no seat in force knows, including those that a killed command left. */
int rule_maps_sweep(struct guard *guard)
{
    CLEANUP_FREE bool *known = calloc(guard->capacity + 1, sizeof(*known));
    CLEANUP_FREE struct rule_counter *sums = calloc(guard->capacity + 1, sizeof(*sums));
    bool summed = false;

    if (!known || !sums)
        return -ENOMEM;
    for (u32 seat = 0; seat < SEATS; seat++) {
        const struct tables_header *header = guard->generations[seat].block.memory;
        if (!seat_is_live(guard, seat) || !header)
            continue;
        for (u32 i = 0; i < header->rules_count; i++)
            if (tables_rules(header)[i].number < guard->capacity)
                known[tables_rules(header)[i].number] = true;
    }
    for (size_t number = 0; number < guard->capacity; number++) {
        if (known[number] || !guard->rules[number].name[0])
            continue;
        if (!summed)
            sum_counters(guard->maps[PIN_COUNTERS], guard->capacity, sums);
        summed = true;
        remember_gone(guard, number, &sums[number]);
        guard->rules[number] = (struct rule_entry){0};
    }
    return 0;
}

/* Writes down where the rules of the generation in force are in its file. */
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

void guard_wait_for_programs(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void seated_programs_close(struct seated_programs *programs)
{
    for (u32 seat = 0; seat < SEATS; seat++)
        programs_close(&programs->of[seat]);
}

int seated_programs_load(const struct guard *guard, struct seated_programs *programs,
                         struct why *why)
{
    int error = 0;

    for (u32 seat = 0; seat < SEATS; seat++)
        programs->of[seat] = (struct programs){-1, -1};
    for (u32 seat = 0; !error && seat < SEATS; seat++)
        if (guard->generations[seat].block.memory)
            error = generation_load(guard, guard->generations[seat].block.memory,
                                    guard->generations[seat].tables, &programs->of[seat], why);
    return error;
}

int seated_programs_enter(const struct guard *guard, const struct seated_programs *programs,
                          struct why *why)
{
    int error = 0;

    for (u32 seat = 0; !error && seat < SEATS; seat++)
        if (guard->generations[seat].block.memory)
            error = generation_enter(guard, seat, &programs->of[seat], why);
    return error;
}

int rule_maps_reload_seats(struct guard *guard, bool *begun, struct why *why)
{
    CLEANUP(seated_programs_close) struct seated_programs programs;
    int error = seated_programs_load(guard, &programs, why);

    *begun = !error;
    return error ? error : seated_programs_enter(guard, &programs, why);
}

/* The tables as they were before they grew. */
struct outgrown {
    int rules, counters;
    size_t capacity;
    struct rule_entry *entries;
    struct rule_counter *sums;
    bool begun; /* packets are counted in the larger ones: it cannot be undone */
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

/* From now on nothing counts in the outgrown maps: their counts are carried over into the rules, so
 * that no sum ever decreases. */
static int carry_over(struct guard *guard, struct outgrown *outgrown, struct why *why)
{
    guard_wait_for_programs();
    int error = sum_counters(outgrown->counters, outgrown->capacity, outgrown->sums);
    if (error)
        return why_kernel(why, error, "cannot read the counters");
    for (size_t i = 0; i < outgrown->capacity; i++) {
        guard->rules[i] = outgrown->entries[i];
        rule_counter_add(&guard->rules[i].carried, &outgrown->sums[i]);
    }
    return 0;
}

/* Growing takes several steps: see next.c. */
static const enum pin grown_pins[] = {PIN_RULES, PIN_COUNTERS};
#define GROWN ARRAY_SIZE(grown_pins)

static int outgrown_init(struct outgrown *outgrown, const struct guard *guard, struct why *why)
{
    outgrown->rules = outgrown->counters = -1;
    outgrown->capacity = guard->capacity;
    outgrown->entries = calloc(guard->capacity, sizeof(*outgrown->entries));
    outgrown->sums = calloc(guard->capacity, sizeof(*outgrown->sums));
    if (!outgrown->entries || !outgrown->sums)
        return why_set(why, -ENOMEM, "out of memory");
    memcpy(outgrown->entries, guard->rules, guard->capacity * sizeof(*outgrown->entries));
    return 0;
}

/* Replaces GUARD's maps by those that OUTGROWN holds, which are pinned as the next ones. If it
 * fails after it has begun, the next command finishes it: see rule_maps_recover(). */
static int put_in_place(struct guard *guard, struct outgrown *outgrown, struct why *why)
{
    int error = exchange_maps(guard, outgrown, why);
    if (!error)
        error = rule_maps_reload_seats(guard, &outgrown->begun, why);
    if (error && !outgrown->begun) {
        struct why ignored;
        exchange_maps(guard, outgrown, &ignored);
    }
    if (!error)
        error = carry_over(guard, outgrown, why);
    return error ? error : guard_next_take(guard, grown_pins, GROWN, why);
}

/* Enlarges the tables for rules and counters, with room for RULES more. */
static int grow(struct guard *guard, size_t rules, struct why *why)
{
    CLEANUP(outgrown_clear) struct outgrown outgrown = {.rules = -1, .counters = -1};

    int error = outgrown_init(&outgrown, guard, why);
    if (!error)
        error = create_rule_maps(guard->capacity + rules, &outgrown.rules, &outgrown.counters, why);
    if (!error)
        error = guard_next_pin(guard, grown_pins, GROWN,
                               (const int[GROWN]){outgrown.rules, outgrown.counters}, why);
    if (!error)
        error = put_in_place(guard, &outgrown, why);
    if (error && !outgrown.begun)
        guard_next_drop(guard, grown_pins, GROWN);
    return error;
}

int rule_maps_recover(struct guard *guard, struct why *why)
{
    CLEANUP(outgrown_clear) struct outgrown outgrown = {.rules = -1, .counters = -1};
    CLEANUP_CLOSE int rules = guard_next_open(guard, PIN_RULES);
    CLEANUP_CLOSE int counters = guard_next_open(guard, PIN_COUNTERS);

    if (counters < 0) {
        guard_next_drop(guard, grown_pins, GROWN);
        return 0;
    }
    if (rules < 0) {
        close_descriptor(&guard->maps[PIN_COUNTERS]);
        guard->maps[PIN_COUNTERS] = TAKE_FD(counters);
        return guard_next_take(guard, grown_pins, GROWN, why);
    }
    int error = outgrown_init(&outgrown, guard, why);
    if (error)
        return error;
    outgrown.rules = TAKE_FD(rules);
    outgrown.counters = TAKE_FD(counters);
    return put_in_place(guard, &outgrown, why);
}

/* Enters the new numbers. A number that is given again starts at 0 on every CPU. */
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
        guard->rules[numbers[i].number] =
            numbers_entry(policy, &entries[i], numbers[i].identity, monotonic_ns());
    }
    return 0;
}

/* Which numbers the policy in force has; the caller frees it. NULL when memory is short. */
static bool *numbers_in_force(const struct guard *guard)
{
    const struct tables_header *header = guard_tables(guard);
    bool *in_force = calloc(guard->capacity + 1, sizeof(*in_force));
    for (u32 i = 0; in_force && header && i < header->rules_count; i++)
        if (tables_rules(header)[i].number < guard->capacity)
            in_force[tables_rules(header)[i].number] = true;
    return in_force;
}

struct numbering {
    const struct policy *policy;
    struct entry *entries;
    size_t count;
    struct rule_number *numbers;
    bool *fresh;
    struct peers peers; /* who share the flows */
    u32 next_identity;
};

static void numbering_clear(struct numbering *numbering)
{
    free(numbering->entries);
    free(numbering->numbers);
    free(numbering->fresh);
    peers_clear(&numbering->peers);
}

static int numbering_init(const struct guard *guard, struct numbering *numbering)
{
    int error = policy_entries(numbering->policy, &numbering->entries, &numbering->count);

    numbering->numbers = calloc(numbering->count + 1, sizeof(*numbering->numbers));
    numbering->fresh = calloc(numbering->count + 1, sizeof(*numbering->fresh));
    if (error || !numbering->numbers || !numbering->fresh)
        return -ENOMEM;
    return *guard->state->zone.zone ? peers_find(guard, peer_shares_flows, NULL, &numbering->peers)
                                    : 0;
}

/* A rule that peers have too gets their identity. */
static int take_identities(struct numbering *numbering)
{
    CLEANUP(peer_rules_clear) struct peer_rules rules = {0};
    int error = peer_rules_list(&numbering->peers, &rules);

    for (size_t i = 0; !error && i < numbering->count; i++) {
        struct rule_number *number = &numbering->numbers[i];
        struct rule_entry rule =
            numbers_entry(numbering->policy, &numbering->entries[i], number->identity, 0);
        u32 theirs = numbering->fresh[i] ? peer_rules_identity(&rules, &rule) : 0;
        if (theirs)
            number->identity = theirs;
    }
    return error;
}

static int assign(const struct guard *guard, struct numbering *numbering)
{
    CLEANUP_FREE bool *in_force = numbers_in_force(guard);
    struct numbered table = {guard->rules, in_force, guard->capacity};

    numbering->next_identity = identities_next(guard);
    if (!in_force)
        return -ENOMEM;
    int error = numbers_assign(numbering->policy, numbering->entries, numbering->count, &table,
                               &numbering->next_identity, numbering->numbers, numbering->fresh);
    return error || !numbering->peers.count ? error : take_identities(numbering);
}

int guard_number(struct guard *guard, const struct policy *policy, struct rule_number **numbers,
                 struct why *why)
{
    CLEANUP(numbering_clear) struct numbering numbering = {.policy = policy};
    int error = numbering_init(guard, &numbering);

    if (!error && rule_maps_sweep(guard))
        error = -ENOMEM;
    if (!error)
        error = assign(guard, &numbering);
    if (error == -ENOSPC) {
        error = grow(guard, numbering.count, why);
        if (error)
            return error;
        error = assign(guard, &numbering);
    }
    if (!error) {
        identities_give(guard, &numbering.peers, numbering.next_identity);
        error = enter_numbers(guard, policy, numbering.entries, numbering.count, numbering.numbers,
                              numbering.fresh);
    }
    if (error) {
        rule_maps_sweep(guard);
        return why_kernel(why, error, "cannot number the rules");
    }
    *numbers = TAKE_PTR(numbering.numbers);
    return 0;
}

void guard_forget_numbers(struct guard *guard)
{
    rule_maps_sweep(guard);
}
