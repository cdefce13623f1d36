/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pool.h"

#include "../base/memory.h"

#include <errno.h>
#include <string.h>

#define NOBODY SIZE_MAX

struct pooled {
    struct address_set *set;
    u64 hash;
    bool used;
};

struct pool {
    struct pooled *sets;
    size_t count, capacity;
    size_t *table; /* numbers of sets, open addressing; size is a power of two */
    size_t size;
};

struct pool *pool_new(void)
{
    return calloc(1, sizeof(struct pool));
}

void address_set_free(struct address_set *set)
{
    if (!set)
        return;
    free(set->family[0].ranges);
    free(set->family[1].ranges);
    free((char *)set->label);
    free(set);
}

static void address_set_freep(struct address_set **set)
{
    address_set_free(*set);
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->count; i++)
        address_set_free(pool->sets[i].set);
    free(pool->sets);
    free(pool->table);
    free(pool);
}

static u64 hash_ranges(u64 hash, const struct address_ranges *ranges)
{
    hash += ranges->count;
    for (size_t i = 0; i < ranges->count; i++) {
        const struct address_range *range = &ranges->ranges[i];
        const u64 words[] = {(u64)range->first, (u64)(range->first >> 64), (u64)range->last,
                             (u64)(range->last >> 64)};

        for (size_t word = 0; word < ARRAY_SIZE(words); word++) {
            hash = (hash ^ words[word]) * 0x9e3779b97f4a7c15u;
            hash ^= hash >> 29;
        }
    }
    return hash;
}

static bool is_equal(const struct address_ranges *a, const struct address_ranges *b)
{
    return a->count == b->count &&
           (!a->count || !memcmp(a->ranges, b->ranges, a->count * sizeof(*a->ranges)));
}

/* Returns the place in the table of the set that holds FAMILIES, or the free place for it. */
static size_t *seek(const struct pool *pool, u64 hash, const struct address_ranges families[2])
{
    size_t at = hash & (pool->size - 1);

    for (; pool->table[at] != NOBODY; at = (at + 1) & (pool->size - 1)) {
        const struct pooled *pooled = &pool->sets[pool->table[at]];

        if (pooled->hash == hash && is_equal(&pooled->set->family[0], &families[0]) &&
            is_equal(&pooled->set->family[1], &families[1]))
            break;
    }
    return &pool->table[at];
}

static int enlarge(struct pool *pool)
{
    size_t size = pool->size ? pool->size * 2 : 16;
    size_t *table = malloc(size * sizeof(*table));

    if (!table)
        return -ENOMEM;
    memset(table, 0xff, size * sizeof(*table));
    free(pool->table);
    pool->table = table;
    pool->size = size;
    for (size_t i = 0; i < pool->count; i++)
        *seek(pool, pool->sets[i].hash, pool->sets[i].set->family) = i;
    return 0;
}

static int add(struct pool *pool, struct address_set *set, u64 hash)
{
    struct pooled *grown =
        array_grow(pool->sets, pool->count, &pool->capacity, sizeof(struct pooled));

    if (!grown)
        return -ENOMEM;
    pool->sets = grown;
    pool->sets[pool->count] = (struct pooled){set, hash, false};
    *seek(pool, hash, set->family) = pool->count++;
    return 0;
}

int pool_intern(struct pool *pool, struct address_ranges families[2], const char *label,
                size_t *number)
{
    u64 hash = hash_ranges(hash_ranges(0, &families[0]), &families[1]);
    CLEANUP(address_set_freep) struct address_set *set = calloc(1, sizeof(*set));
    size_t found;

    if (!set) {
        free(families[0].ranges);
        free(families[1].ranges);
        return -ENOMEM;
    }
    memcpy(set->family, families, sizeof(set->family));
    if (pool->count * 2 >= pool->size && enlarge(pool))
        return -ENOMEM;
    found = *seek(pool, hash, set->family);
    if (found == NOBODY) {
        set->label = strdup(label);
        if (!set->label || add(pool, set, hash))
            return -ENOMEM;
        TAKE_PTR(set);
        found = pool->count - 1;
    }
    *number = found;
    return 0;
}

struct address_set *pool_at(const struct pool *pool, size_t number)
{
    return pool->sets[number].set;
}

void pool_use(struct pool *pool, size_t number)
{
    pool->sets[number].used = true;
}

int pool_rename(struct pool *pool, size_t number, const char *label)
{
    struct address_set *set = pool->sets[number].set;
    char *copy = strdup(label);

    if (!copy)
        return -ENOMEM;
    free((char *)set->label);
    set->label = copy;
    return 0;
}

int pool_release(struct pool *pool, struct address_set ***sets, size_t *count)
{
    struct address_set **used = malloc((pool->count + 1) * sizeof(struct address_set *));
    size_t kept = 0;

    if (!used)
        return -ENOMEM;
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->sets[i].used) {
            pool->sets[i].set->index = kept;
            used[kept++] = TAKE_PTR(pool->sets[i].set);
        }
    }
    *sets = used;
    *count = kept;
    return 0;
}
