/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "numbers.h"

#include <errno.h>
#include <string.h>

#include "../base/memory.h"

/* A hash index from names to places of a table. Open addressing; 0 is free. */
struct index {
    u32 *place_plus_1;
    size_t size; /* a power of two */
};

static size_t hash_of(const char *name)
{
    u64 hash = 0xcbf29ce484222325ull;
    for (; *name; name++)
        hash = (hash ^ (u8)*name) * 0x100000001b3ull;
    return (size_t)(hash ^ hash >> 32);
}

static int index_build(const struct numbered *table, struct index *index)
{
    index->size = 64;
    while (index->size < 2 * table->capacity)
        index->size *= 2;
    index->place_plus_1 = calloc(index->size, sizeof(u32));
    if (!index->place_plus_1)
        return -ENOMEM;
    for (u32 i = 0; i < table->capacity; i++) {
        if (!table->entries[i].name[0])
            continue;
        size_t at = hash_of(table->entries[i].name);
        while (index->place_plus_1[at &= index->size - 1])
            at++;
        index->place_plus_1[at] = i + 1;
    }
    return 0;
}

static void index_clear(struct index *index)
{
    free(index->place_plus_1);
}

/* Returns the number that the entry keeps, or CAPACITY if it keeps none. If the policy in force
 * has the name with another direction or action, the rule has changed, whatever an earlier
 * policy said. */
static u32 index_find(const struct index *index, const struct numbered *table,
                      const struct rule *rule, enum direction direction)
{
    u32 elsewhere = (u32)table->capacity;
    bool in_force = false;

    for (size_t at = hash_of(rule->name);; at++) {
        at &= index->size - 1;
        u32 place = index->place_plus_1[at] - 1;
        if (!index->place_plus_1[at])
            return in_force ? (u32)table->capacity : elsewhere;
        const struct rule_entry *entry = &table->entries[place];
        if (strcmp(entry->name, rule->name) != 0)
            continue;
        bool same = entry->direction == direction && entry->action == rule->action &&
                    !entry->refusal == !rule->refusal;
        if (same && table->in_force[place])
            return place;
        in_force |= table->in_force[place];
        elsewhere = same ? place : elsewhere;
    }
}

int numbers_assign(const struct policy *policy, const struct entry *entries, size_t count,
                   const struct numbered *table, u32 *next_identity, struct rule_number *numbers,
                   bool *fresh)
{
    CLEANUP(index_clear) struct index index = {0};
    u32 identity = *next_identity, free_place = 0;
    int error = index_build(table, &index);

    for (size_t i = 0; !error && i < count; i++) {
        const struct rule *rule = &policy->rules[entries[i].rule];
        u32 place = index_find(&index, table, rule, entries[i].direction);
        bool is_new = place == table->capacity;
        if (is_new) {
            while (free_place < table->capacity && table->entries[free_place].name[0])
                free_place++;
            if (free_place == table->capacity)
                return -ENOSPC;
            place = free_place++;
        }
        numbers[i].number = place;
        numbers[i].identity = is_new ? identity++ : table->entries[place].identity;
        if (fresh)
            fresh[i] = is_new;
    }
    if (!error)
        *next_identity = identity;
    return error;
}

struct rule_entry numbers_entry(const struct policy *policy, const struct entry *entry,
                                u32 identity, u64 now_ns)
{
    const struct rule *rule = &policy->rules[entry->rule];
    struct rule_entry made = {.direction = entry->direction,
                              .action = rule->action,
                              .refusal = rule->refusal,
                              .identity = identity,
                              .position = entry->rule + 1,
                              .line = rule->place.line,
                              .since_ns = now_ns};
    memcpy(made.name, rule->name, sizeof(made.name));
    return made;
}
