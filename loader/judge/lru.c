/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lru.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY        0u /* entries are numbered from 1 */
#define ROOM_AT_FIRST 64u

/* An entry of the table; its key and its value follow it, in this order. */
struct entry {
    u32 next;  /* the next entry in the same bucket */
    u32 older; /* a ring through entry 0, which is unused: its `older` is the youngest of all, */
    u32 newer; /* and its `newer` the oldest */
    u32 hash;
    u64 key[];
};

struct lru {
    u32 key_bytes, value_bytes, most;
    u32 stride; /* bytes of an entry */
    u32 count, room;
    u32 mask;     /* buckets - 1 */
    u32 *buckets; /* their number: room, rounded up to a power of two */
    u8 *entries;  /* room + 1 */
};

static struct entry *entry_at(const struct lru *lru, u32 number)
{
    return (struct entry *)(lru->entries + (size_t)number * lru->stride);
}

static void *value_of(const struct lru *lru, struct entry *entry)
{
    return (u8 *)entry->key + lru->key_bytes;
}

/* Multiply and fold. Someone who writes packets may choose keys that collide, but would only slow
 * down the replay of his own packets. */
static u32 hash_of(const struct lru *lru, const void *key)
{
    u64 hash = 0x9e3779b97f4a7c15ull, word;

    for (u32 at = 0; at < lru->key_bytes; at += 8) {
        memcpy(&word, (const u8 *)key + at, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdull;
        hash ^= hash >> 32;
    }
    return (u32)(hash ^ hash >> 29);
}

struct lru *lru_new(u32 key_bytes, u32 value_bytes, u32 most)
{
    struct lru *lru = calloc(1, sizeof(*lru));
    if (!lru)
        return NULL;
    lru->key_bytes = key_bytes;
    lru->value_bytes = value_bytes;
    lru->most = most;
    lru->stride = (u32)sizeof(struct entry) + key_bytes + value_bytes;
    return lru;
}

void lru_clear(struct lru *lru)
{
    free(lru->buckets);
    free(lru->entries);
    lru->buckets = NULL;
    lru->entries = NULL;
    lru->count = lru->room = lru->mask = 0;
}

void lru_free(struct lru *lru)
{
    if (!lru)
        return;
    lru_clear(lru);
    free(lru);
}

static void link_bucket(struct lru *lru, u32 number)
{
    struct entry *entry = entry_at(lru, number);
    u32 *bucket = &lru->buckets[entry->hash & lru->mask];
    entry->next = *bucket;
    *bucket = number;
}

static void unlink_bucket(struct lru *lru, u32 number)
{
    struct entry *entry = entry_at(lru, number);
    u32 *from = &lru->buckets[entry->hash & lru->mask];
    while (*from != number)
        from = &entry_at(lru, *from)->next;
    *from = entry->next;
}

static void link_youngest(struct lru *lru, u32 number)
{
    struct entry *ends = entry_at(lru, NOBODY), *entry = entry_at(lru, number);
    entry->newer = NOBODY;
    entry->older = ends->older;
    entry_at(lru, ends->older)->newer = number;
    ends->older = number;
}

static void unlink_age(struct lru *lru, u32 number)
{
    struct entry *entry = entry_at(lru, number);
    entry_at(lru, entry->older)->newer = entry->newer;
    entry_at(lru, entry->newer)->older = entry->older;
}

/* Returns false when memory is short; the table is then unchanged. */
static bool grow(struct lru *lru)
{
    u32 room = lru->room ? lru->room * 2 : ROOM_AT_FIRST, buckets = ROOM_AT_FIRST;

    if (room > lru->most || room < lru->room)
        room = lru->most;
    while (buckets < room)
        buckets *= 2;
    u8 *entries = realloc(lru->entries, ((size_t)room + 1) * lru->stride);
    if (!entries)
        return false;
    lru->entries = entries;
    u32 *heads = calloc(buckets, sizeof(*heads));
    if (!heads)
        return false;
    if (!lru->room)
        memset(entries, 0, lru->stride);
    free(lru->buckets);
    lru->buckets = heads;
    lru->mask = buckets - 1;
    lru->room = room;
    for (u32 number = 1; number <= lru->count; number++)
        link_bucket(lru, number);
    return true;
}

static u32 number_of(const struct lru *lru, const void *key, u32 hash)
{
    if (!lru->count)
        return NOBODY;
    u32 number = lru->buckets[hash & lru->mask];
    while (number != NOBODY) {
        struct entry *entry = entry_at(lru, number);
        if (entry->hash == hash && !memcmp(entry->key, key, lru->key_bytes))
            break;
        number = entry->next;
    }
    return number;
}

static void *touch(struct lru *lru, u32 number)
{
    if (entry_at(lru, NOBODY)->older != number) {
        unlink_age(lru, number);
        link_youngest(lru, number);
    }
    return value_of(lru, entry_at(lru, number));
}

void *lru_find(struct lru *lru, const void *key)
{
    u32 number = number_of(lru, key, hash_of(lru, key));
    return number == NOBODY ? NULL : touch(lru, number);
}

/* Returns the number of an entry for a new key; the entry is in no list. */
static u32 take(struct lru *lru)
{
    if (lru->count == lru->most) {
        u32 oldest = entry_at(lru, NOBODY)->newer;
        unlink_bucket(lru, oldest);
        unlink_age(lru, oldest);
        return oldest;
    }
    if (lru->count == lru->room && !grow(lru))
        return NOBODY;
    return ++lru->count;
}

void *lru_add(struct lru *lru, const void *key, const void *value)
{
    u32 hash = hash_of(lru, key);
    u32 number = number_of(lru, key, hash);

    if (number == NOBODY) {
        number = take(lru);
        if (number == NOBODY)
            return NULL;
        struct entry *entry = entry_at(lru, number);
        entry->hash = hash;
        memcpy(entry->key, key, lru->key_bytes);
        link_bucket(lru, number);
        link_youngest(lru, number);
    }
    void *kept = touch(lru, number);
    memcpy(kept, value, lru->value_bytes);
    return kept;
}

u32 lru_count(const struct lru *lru)
{
    return lru->count;
}

void lru_each(const struct lru *lru, void (*visit)(const void *key, void *value, void *context),
              void *context)
{
    if (!lru->count)
        return;
    for (u32 number = entry_at(lru, NOBODY)->newer; number != NOBODY;) {
        struct entry *entry = entry_at(lru, number);
        visit(entry->key, value_of(lru, entry), context);
        number = entry->newer;
    }
}
