/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What blocks are called, and what they have counted. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"
#include "guard.h"

int guard_block_count(const struct guard *guard, u32 number, struct block_counter *sum,
                      struct why *why)
{
    int cpus = guard_cpus();
    CLEANUP_FREE struct block_counter *values =
        calloc((size_t)(cpus > 0 ? cpus : 1), sizeof(*values));

    if (cpus < 0 || !values)
        return why_kernel(why, cpus < 0 ? cpus : -ENOMEM, "cannot read the counters");
    *sum = (struct block_counter){0};
    if (bpf_map_lookup_elem(guard->maps[PIN_BLOCK_COUNTERS], &number, values))
        return errno == ENOENT ? 0 : why_kernel(why, -errno, "cannot read the counters");
    for (int cpu = 0; cpu < cpus; cpu++) {
        sum->packets += values[cpu].packets;
        sum->bytes += values[cpu].bytes;
        if (values[cpu].last_seen_ns > sum->last_seen_ns)
            sum->last_seen_ns = values[cpu].last_seen_ns;
    }
    return 0;
}

bool guard_block_name(const struct guard *guard, u32 number, struct block_name *name)
{
    return !bpf_map_lookup_elem(guard->maps[PIN_BLOCK_NAMES], &number, name);
}

/* Reads the word, and which origins' blocks packets still meet: who holds the others is gone, and
 * the kernel has ended them. */
static int read_word(const struct view *view, struct blocking *word, bool holds[BLOCK_ORIGINS])
{
    u64 now_ns = monotonic_ns();
    u32 zero = 0;

    if (bpf_map_lookup_elem(view->maps[VIEW_BLOCKING], &zero, word))
        return -errno;
    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS; origin++)
        holds[origin] = word->until_ns[origin] > now_ns;
    return 0;
}

struct collecting {
    const struct view *view;
    struct block_sample *list;
    size_t count, capacity;
    struct block_counter *values; /* room for one on each CPU */
    int cpus;
    bool holds[BLOCK_ORIGINS];
};

static void collecting_clear(struct collecting *collecting)
{
    free(collecting->list);
    free(collecting->values);
}

static int collect(const void *key, const void *value, void *context)
{
    struct collecting *collecting = context;
    struct block_sample sample = {.number = *(const u32 *)key,
                                  .name = *(const struct block_name *)value};
    if (!collecting->holds[sample.name.origin % BLOCK_ORIGINS])
        return 0;
    void *grown = array_grow(collecting->list, collecting->count, &collecting->capacity,
                             sizeof(*collecting->list));

    if (!grown)
        return -ENOMEM;
    collecting->list = grown;
    if (bpf_map_lookup_elem(collecting->view->maps[VIEW_BLOCK_COUNTERS], key, collecting->values))
        return errno == ENOENT ? 0 : -errno; /* it is being ended */
    for (int cpu = 0; cpu < collecting->cpus; cpu++) {
        sample.packets += collecting->values[cpu].packets;
        sample.bytes += collecting->values[cpu].bytes;
    }
    collecting->list[collecting->count++] = sample;
    return 0;
}

static int compare_samples(const void *one, const void *other)
{
    const struct block_sample *a = one, *b = other;

    return a->number < b->number ? -1 : a->number > b->number;
}

int view_blocks(const struct view *view, struct block_sample **blocks, size_t *count,
                struct why *why)
{
    CLEANUP(collecting_clear) struct collecting collecting = {.view = view, .cpus = guard_cpus()};
    struct blocking word;
    int error = collecting.cpus < 0 ? collecting.cpus : read_word(view, &word, collecting.holds);

    collecting.values =
        calloc((size_t)(collecting.cpus > 0 ? collecting.cpus : 1), sizeof(*collecting.values));
    if (!collecting.values)
        error = -ENOMEM;
    if (!error)
        error = guard_map_each(view->maps[VIEW_BLOCK_NAMES], sizeof(u32), sizeof(struct block_name),
                               collect, &collecting);
    if (error)
        return why_kernel(why, error, "cannot read the blocks");
    if (collecting.count)
        qsort(collecting.list, collecting.count, sizeof(*collecting.list), compare_samples);
    *blocks = TAKE_PTR(collecting.list);
    *count = collecting.count;
    return 0;
}

int blocks_count(const struct view *view, size_t counts[BLOCK_ORIGINS])
{
    bool holds[BLOCK_ORIGINS];
    struct blocking word;
    int error = read_word(view, &word, holds);

    for (enum block_origin origin = 0; !error && origin < BLOCK_ORIGINS; origin++)
        counts[origin] = holds[origin] ? word.counts[origin] : 0;
    return error;
}
