/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "numbers.h"

#include <errno.h>
#include <string.h>

#include "../memory.h"

/* Places of a table, found by what a number belongs to. Open addressing; 0 is free. */
struct index {
    u32 *place_plus_1;
    size_t size; /* a power of two */
};

static size_t hash_of(const char *name, enum direction direction, enum verdict action)
{
    u64 hash = 0xcbf29ce484222325ull ^ (u64)direction << 1 ^ (u64)action;
    for (; *name; name++)
        hash = (hash ^ (u8)*name) * 0x100000001b3ull;
    return (size_t)(hash ^ hash >> 32);
}

static int index_build(const struct rule_entry *table, size_t capacity, struct index *index)
{
    index->size = 64;
    while (index->size < 2 * capacity)
        index->size *= 2;
    index->place_plus_1 = calloc(index->size, sizeof(u32));
    if (!index->place_plus_1)
        return -ENOMEM;
    for (u32 i = 0; i < capacity; i++) {
        if (!table[i].name[0])
            continue;
        size_t at = hash_of(table[i].name, table[i].direction, table[i].action);
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

/* The number of the entry, or CAPACITY. */
static u32 index_find(const struct index *index, const struct rule_entry *table, size_t capacity,
                      const struct rule *rule, enum direction direction)
{
    size_t at = hash_of(rule->name, direction, rule->action);
    for (;; at++) {
        at &= index->size - 1;
        u32 place = index->place_plus_1[at];
        if (!place)
            return (u32)capacity;
        const struct rule_entry *entry = &table[place - 1];
        if (entry->direction == direction && entry->action == rule->action &&
            !strcmp(entry->name, rule->name))
            return place - 1;
    }
}

int numbers_assign(const struct policy *policy, const struct entry *entries, size_t count,
                   const struct rule_entry *table, size_t capacity, u32 *next_identity,
                   struct rule_number *numbers, bool *fresh)
{
    CLEANUP(index_clear) struct index index = {0};
    u32 identity = *next_identity, free_place = 0;
    int error = index_build(table, capacity, &index);

    for (size_t i = 0; !error && i < count; i++) {
        const struct rule *rule = &policy->rules[entries[i].rule];
        u32 place = index_find(&index, table, capacity, rule, entries[i].direction);
        bool is_new = place == capacity;
        if (is_new) {
            while (free_place < capacity && table[free_place].name[0])
                free_place++;
            if (free_place == capacity)
                return -ENOSPC;
            place = free_place++;
        }
        numbers[i].number = place;
        numbers[i].identity = is_new ? identity++ : table[place].identity;
        if (fresh)
            fresh[i] = is_new;
    }
    if (!error)
        *next_identity = identity;
    return error;
}

struct rule_entry numbers_entry(const struct policy *policy, const struct entry *entry,
                                u32 identity)
{
    const struct rule *rule = &policy->rules[entry->rule];
    struct rule_entry made = {.direction = entry->direction,
                              .action = rule->action,
                              .identity = identity,
                              .position = entry->rule + 1,
                              .line = rule->place.line};
    memcpy(made.name, rule->name, sizeof(made.name));
    return made;
}
