/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sweep over all borders of all sets. A class is identified by the sum of the 128-bit hashes of
 * the sets that hold it, so that a border costs the same for one set as for ten thousand.
 */
#include "partition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

/* The next border of a set: where its span `index` begins, or the number after its end. */
struct cursor {
    u128 at;
    u32 set;
    u32 index;
    bool inside;
};

struct class_key {
    u128 hash;
    u32 class_plus_1; /* 0: free */
};

struct sweep {
    const struct span_set *sets;
    u128 last;
    struct cursor *heap; /* smallest `at` first */
    size_t heap_count;
    struct class_key *keys; /* open addressing */
    size_t keys_size;       /* a power of two */
    u32 *class_at_entry;    /* per set: the number of classes when its span began */
    struct partition *out;
    size_t segment_room;
    u32 max;
};

static u64 mix(u64 x)
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

static u128 set_hash(u32 set)
{
    return (u128)mix(2ull * set) << 64 | mix(2ull * set + 1);
}

static void heap_sink(struct cursor *heap, size_t count, size_t at)
{
    struct cursor moving = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && heap[child + 1].at < heap[child].at)
            child++;
        if (moving.at <= heap[child].at)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

static int keys_grow(struct sweep *sweep)
{
    size_t size = sweep->keys_size ? sweep->keys_size * 2 : 64;
    struct class_key *keys = calloc(size, sizeof(*keys));
    if (!keys)
        return -ENOMEM;
    for (size_t i = 0; i < sweep->keys_size; i++) {
        if (!sweep->keys[i].class_plus_1)
            continue;
        size_t at = (size_t)sweep->keys[i].hash & (size - 1);
        while (keys[at].class_plus_1)
            at = (at + 1) & (size - 1);
        keys[at] = sweep->keys[i];
    }
    free(sweep->keys);
    sweep->keys = keys;
    sweep->keys_size = size;
    return 0;
}

static int sweep_class(struct sweep *sweep, u128 hash, u32 *class_id)
{
    struct partition *out = sweep->out;
    if (2 * (size_t)(out->class_count + 1) > sweep->keys_size) {
        int error = keys_grow(sweep);
        if (error)
            return error;
    }
    size_t at = (size_t)hash & (sweep->keys_size - 1);
    while (sweep->keys[at].class_plus_1) {
        if (sweep->keys[at].hash == hash) {
            *class_id = sweep->keys[at].class_plus_1 - 1;
            return 0;
        }
        at = (at + 1) & (sweep->keys_size - 1);
    }
    if (out->class_count >= sweep->max)
        return -E2BIG;
    *class_id = out->class_count++;
    sweep->keys[at] = (struct class_key){hash, *class_id + 1};
    return 0;
}

static int sweep_segment(struct sweep *sweep, u128 first, u32 class_id)
{
    struct partition *out = sweep->out;
    if (out->segment_count && out->segments[out->segment_count - 1].class_id == class_id)
        return 0;
    struct segment *segments =
        array_grow(out->segments, out->segment_count, &sweep->segment_room, sizeof(*segments));
    if (!segments)
        return -ENOMEM;
    out->segments = segments;
    out->segments[out->segment_count++] = (struct segment){first, class_id};
    return 0;
}

/* The classes created during a set's span are exactly the classes that it holds and that no earlier
 * span had, since class numbers are assigned in the order of the sweep. */
static int sweep_leave(struct sweep *sweep, u32 set)
{
    struct class_runs *runs = &sweep->out->sets[set];
    u32 first = sweep->class_at_entry[set], last = sweep->out->class_count;
    if (first == last)
        return 0;
    if (runs->count && runs->runs[runs->count - 1].last + 1 == first) {
        runs->runs[runs->count - 1].last = last - 1;
        return 0;
    }
    struct class_run *more = reallocarray(runs->runs, runs->count + 1, sizeof(*more));
    if (!more)
        return -ENOMEM;
    runs->runs = more;
    runs->runs[runs->count++] = (struct class_run){first, last - 1};
    return 0;
}

/* Moves the set with the nearest border past that border. */
static int sweep_border(struct sweep *sweep, u128 *hash)
{
    struct cursor *cursor = &sweep->heap[0];
    const struct span_set *set = &sweep->sets[cursor->set];

    if (!cursor->inside) {
        *hash += set_hash(cursor->set);
        cursor->inside = true;
        sweep->class_at_entry[cursor->set] = sweep->out->class_count;
        u128 last = set->spans[cursor->index].last;
        /* sweep_finish() ends a span that reaches the end of the domain. */
        if (last == sweep->last)
            *cursor = sweep->heap[--sweep->heap_count];
        else
            cursor->at = last + 1;
    } else {
        *hash -= set_hash(cursor->set);
        int error = sweep_leave(sweep, cursor->set);
        if (error)
            return error;
        cursor->inside = false;
        if (++cursor->index == set->count)
            *cursor = sweep->heap[--sweep->heap_count];
        else
            cursor->at = set->spans[cursor->index].first;
    }
    if (sweep->heap_count)
        heap_sink(sweep->heap, sweep->heap_count, 0);
    return 0;
}

static int sweep_run(struct sweep *sweep)
{
    u128 hash = 0, at = 0;
    do {
        u32 class_id;
        while (sweep->heap_count && sweep->heap[0].at == at) {
            int error = sweep_border(sweep, &hash);
            if (error)
                return error;
        }
        int error = sweep_class(sweep, hash, &class_id);
        if (!error)
            error = sweep_segment(sweep, at, class_id);
        if (error)
            return error;
        if (sweep->heap_count)
            at = sweep->heap[0].at;
    } while (sweep->heap_count);
    return 0;
}

/* A span that reaches the end of the domain has no border to end it. */
static int sweep_finish(struct sweep *sweep, size_t count)
{
    for (u32 set = 0; set < count; set++) {
        const struct span_set *spans = &sweep->sets[set];
        if (!spans->count || spans->spans[spans->count - 1].last != sweep->last)
            continue;
        int error = sweep_leave(sweep, set);
        if (error)
            return error;
    }
    return 0;
}

int partition_build(const struct span_set *sets, size_t count, u128 last, u32 max,
                    struct partition *partition)
{
    CLEANUP_FREE struct cursor *heap = calloc(count + 1, sizeof(*heap));
    CLEANUP_FREE u32 *class_at_entry = calloc(count + 1, sizeof(*class_at_entry));
    struct partition out = {.set_count = count};
    out.sets = calloc(count + 1, sizeof(*out.sets));
    struct sweep sweep = {.sets = sets,
                          .last = last,
                          .heap = heap,
                          .class_at_entry = class_at_entry,
                          .out = &out,
                          .max = max};
    int error = heap && class_at_entry && out.sets ? 0 : -ENOMEM;

    for (size_t set = 0; !error && set < count; set++)
        if (sets[set].count)
            heap[sweep.heap_count++] =
                (struct cursor){.at = sets[set].spans[0].first, .set = (u32)set};
    for (size_t at = sweep.heap_count / 2; !error && at-- > 0;)
        heap_sink(heap, sweep.heap_count, at);
    if (!error)
        error = sweep_run(&sweep);
    if (!error)
        error = sweep_finish(&sweep, count);
    free(sweep.keys);
    if (error) {
        partition_clear(&out);
        return error;
    }
    *partition = out;
    return 0;
}

void partition_clear(struct partition *partition)
{
    for (size_t set = 0; partition->sets && set < partition->set_count; set++)
        free(partition->sets[set].runs);
    free(partition->sets);
    free(partition->segments);
    *partition = (struct partition){0};
}

int class_runs_intersect(const struct class_runs *left, const struct class_runs *right,
                         struct class_runs *both)
{
    struct class_runs made = {.runs = calloc(left->count + right->count + 1, sizeof(*made.runs))};

    if (!made.runs)
        return -ENOMEM;
    for (size_t l = 0, r = 0; l < left->count && r < right->count;) {
        const struct class_run *a = &left->runs[l], *b = &right->runs[r];
        u32 first = a->first > b->first ? a->first : b->first;
        u32 last = a->last < b->last ? a->last : b->last;

        if (first <= last)
            made.runs[made.count++] = (struct class_run){first, last};
        l += a->last == last;
        r += b->last == last;
    }
    *both = made;
    return 0;
}
