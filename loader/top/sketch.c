/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sketch.h"

#include <stdlib.h>
#include <string.h>

#define NONE (~0u)

struct sketch {
    size_t capacity, count;
    u64 seed;
    u32 mask;     /* of buckets */
    u32 *buckets; /* the first entry of each, or NONE */
    u32 *heap;    /* entries; none has more packets than those below it */
    struct sketch_entry *entries;
    const struct sketch_entry **sorted; /* room for sketch_sorted() */
};

void figures_add(struct figures *figures, const struct figures *more)
{
    figures->packets += more->packets;
    figures->bytes += more->bytes;
    figures->opened += more->opened;
    figures->dropped += more->dropped;
    figures->admitted += more->admitted;
}

void figures_scale(struct figures *figures, double factor)
{
    figures->packets *= factor;
    figures->bytes *= factor;
    figures->opened *= factor;
    figures->dropped *= factor;
    figures->admitted *= factor;
}

struct sketch *sketch_new(size_t capacity, u64 seed)
{
    struct sketch *sketch = calloc(1, sizeof(*sketch));
    size_t buckets = 1;

    if (!sketch)
        return NULL;
    while (buckets < capacity)
        buckets *= 2;
    *sketch = (struct sketch){.capacity = capacity, .seed = seed, .mask = (u32)buckets - 1};
    sketch->buckets = malloc(buckets * sizeof(*sketch->buckets));
    sketch->heap = malloc(capacity * sizeof(*sketch->heap));
    sketch->entries = malloc(capacity * sizeof(*sketch->entries));
    sketch->sorted = malloc(capacity * sizeof(const struct sketch_entry *));
    if (!sketch->buckets || !sketch->heap || !sketch->entries || !sketch->sorted) {
        sketch_free(sketch);
        return NULL;
    }
    memset(sketch->buckets, 0xff, buckets * sizeof(*sketch->buckets));
    return sketch;
}

void sketch_free(struct sketch *sketch)
{
    if (!sketch)
        return;
    free(sketch->buckets);
    free(sketch->heap);
    free(sketch->entries);
    free(sketch->sorted);
    free(sketch);
}

static u32 *bucket_of(const struct sketch *sketch, const struct sketch_key *key)
{
    u64 words[sizeof(*key) / sizeof(u64)], hash = sketch->seed;

    memcpy(words, key, sizeof(*key));
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 32;
    }
    return &sketch->buckets[(hash * 0xd6e8feb86659fd93ull >> 32) & sketch->mask];
}

static struct sketch_entry *find(const struct sketch *sketch, u32 first,
                                 const struct sketch_key *key)
{
    for (u32 i = first; i != NONE; i = sketch->entries[i].next)
        if (!memcmp(&sketch->entries[i].key, key, sizeof(*key)))
            return &sketch->entries[i];
    return NULL;
}

/* What the heap is ordered by: never less than what the key really has. */
static double most_of(const struct sketch_entry *entry)
{
    return entry->figures.packets + entry->doubt;
}

static void put(struct sketch *sketch, u32 entry, size_t place)
{
    sketch->heap[place] = entry;
    sketch->entries[entry].place = (u32)place;
}

/* Moves an entry whose packets have become more. */
static void sink(struct sketch *sketch, size_t place)
{
    u32 entry = sketch->heap[place];
    double most = most_of(&sketch->entries[entry]);
    size_t child;

    while ((child = 2 * place + 1) < sketch->count) {
        if (child + 1 < sketch->count && most_of(&sketch->entries[sketch->heap[child + 1]]) <
                                             most_of(&sketch->entries[sketch->heap[child]]))
            child++;
        if (most <= most_of(&sketch->entries[sketch->heap[child]]))
            break;
        put(sketch, sketch->heap[child], place);
        place = child;
    }
    put(sketch, entry, place);
}

/* Moves an entry that has none yet. */
static void rise(struct sketch *sketch, size_t place)
{
    u32 entry = sketch->heap[place];

    for (; place; place = (place - 1) / 2)
        put(sketch, sketch->heap[(place - 1) / 2], place);
    put(sketch, entry, 0);
}

static void leave_bucket(struct sketch *sketch, u32 entry)
{
    u32 *link = bucket_of(sketch, &sketch->entries[entry].key);

    while (*link != entry)
        link = &sketch->entries[*link].next;
    *link = sketch->entries[entry].next;
}

/* A place for KEY: a free one, or that of the entry with the fewest packets. */
static struct sketch_entry *make_place(struct sketch *sketch, const struct sketch_key *key)
{
    double doubt = 0;
    u32 entry;

    if (sketch->count < sketch->capacity) {
        entry = (u32)sketch->count;
    } else {
        entry = sketch->heap[0];
        doubt = most_of(&sketch->entries[entry]);
        leave_bucket(sketch, entry);
    }
    u32 *bucket = bucket_of(sketch, key), place = sketch->entries[entry].place;
    sketch->entries[entry] =
        (struct sketch_entry){.key = *key, .doubt = doubt, .next = *bucket, .place = place};
    *bucket = entry;
    if (entry == sketch->count) {
        put(sketch, entry, sketch->count++);
        rise(sketch, sketch->count - 1);
    }
    return &sketch->entries[entry];
}

size_t sketch_place(const struct sketch *sketch, const struct sketch_entry *entry)
{
    return (size_t)(entry - sketch->entries);
}

size_t sketch_add(struct sketch *sketch, const struct sketch_key *key,
                  const struct figures *figures, unsigned int member)
{
    struct sketch_entry *entry = find(sketch, *bucket_of(sketch, key), key);

    if (!entry)
        entry = make_place(sketch, key);
    figures_add(&entry->figures, figures);
    entry->members[member / 8] |= (u8)(1u << member % 8);
    sink(sketch, entry->place);
    return sketch_place(sketch, entry);
}

void sketch_age(struct sketch *sketch, double factor)
{
    for (size_t i = 0; i < sketch->count; i++) {
        figures_scale(&sketch->entries[i].figures, factor);
        sketch->entries[i].doubt *= factor;
    }
}

static int by_packets(const void *one, const void *other)
{
    const struct sketch_entry *first = *(const struct sketch_entry *const *)one;
    const struct sketch_entry *second = *(const struct sketch_entry *const *)other;

    if (first->figures.packets != second->figures.packets)
        return first->figures.packets < second->figures.packets ? 1 : -1;
    return memcmp(&first->key, &second->key, sizeof(first->key));
}

size_t sketch_sorted(struct sketch *sketch, const struct sketch_entry *const **entries)
{
    for (size_t i = 0; i < sketch->count; i++)
        sketch->sorted[i] = &sketch->entries[i];
    qsort(sketch->sorted, sketch->count, sizeof(const struct sketch_entry *), by_packets);
    *entries = sketch->sorted;
    return sketch->count;
}

unsigned int sketch_members(const struct sketch_entry *entry)
{
    unsigned int count = 0;

    for (size_t i = 0; i < sizeof(entry->members); i++)
        count += (unsigned int)__builtin_popcount(entry->members[i]);
    return count;
}
