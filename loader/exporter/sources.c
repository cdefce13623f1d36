/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* After so long, what was counted counts for half, and for half the time. */
#define AGE_NS (120 * SECOND_NS)

int sources_init(struct sources *sources, u64 seed, u64 now_ns)
{
    *sources = (struct sources){.since_ns = now_ns};
    for (int kind = 0; kind < SOURCE_CLASSES; kind++) {
        sources->classes[kind] = sketch_new(SOURCES_KEPT, seed);
        sources->last[kind] = calloc(SOURCES_KEPT, sizeof(struct last_packet));
        if (!sources->classes[kind] || !sources->last[kind]) {
            sources_clear(sources);
            return -ENOMEM;
        }
    }
    return 0;
}

void sources_clear(struct sources *sources)
{
    for (int kind = 0; kind < SOURCE_CLASSES; kind++) {
        sketch_free(sources->classes[kind]);
        free(sources->last[kind]);
    }
    *sources = (struct sources){0};
}

static bool is_of_banned(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_REASON && outcome->reason == REASON_BANNED;
}

/* What goes out to the banned is about whom it goes to. */
static struct sketch_key key_of(const struct packet_sample *sample)
{
    bool to = sample->direction == DIRECTION_OUT && is_of_banned(&sample->outcome);
    struct sketch_key key = {.family = sample->family, .what = sample->direction};

    memcpy(key.address, to ? sample->destination : sample->source, sizeof(key.address));
    return key;
}

void sources_add(struct sources *sources, const struct packet_sample *sample, u64 now_ns)
{
    enum source_class kind = is_of_banned(&sample->outcome)            ? SOURCES_BANNED
                             : sample->outcome.verdict == VERDICT_DROP ? SOURCES_DROPPED
                                                                       : SOURCES_ACCEPTED;
    struct figures figures = {.packets = (double)sample->stands_for * sample->segments,
                              .bytes = (double)sample->stands_for * sample->frame_bytes};

    if (kind == SOURCES_ACCEPTED && sample->direction == DIRECTION_OUT)
        return;
    sources->packets[kind] += figures.packets;
    if (sample->family == FAMILY_NONE)
        return;
    struct sketch_key key = key_of(sample);
    size_t place = sketch_add(sources->classes[kind], &key, &figures, 0);
    sources->last[kind][place] = (struct last_packet){*sample, now_ns};
}

static void scale(struct sources *sources, double factor)
{
    for (int kind = 0; kind < SOURCE_CLASSES; kind++) {
        sketch_age(sources->classes[kind], factor);
        sources->packets[kind] *= factor;
    }
}

void sources_restart(struct sources *sources, u64 now_ns)
{
    scale(sources, 0);
    sources->since_ns = now_ns;
}

void sources_age(struct sources *sources, u64 now_ns)
{
    u64 age_ns = now_ns - sources->since_ns;

    if (age_ns < AGE_NS)
        return;
    scale(sources, 0.5);
    sources->since_ns = now_ns - age_ns / 2;
}

/* Gone are those of which less than a packet is left. */
size_t sources_most(const struct sources *sources, enum source_class kind,
                    struct source_row rows[SOURCES_SHOWN])
{
    struct sketch *sketch = sources->classes[kind];
    const struct sketch_entry *const *entries;
    size_t count = sketch_sorted(sketch, &entries), shown = 0;

    while (shown < count && shown < SOURCES_SHOWN && entries[shown]->figures.packets >= 0.5) {
        const struct sketch_entry *entry = entries[shown];
        rows[shown] = (struct source_row){
            .family = entry->key.family,
            .packets = (u64)(entry->figures.packets + 0.5),
            .bytes = (u64)(entry->figures.bytes + 0.5),
            .last = sources->last[kind][sketch_place(sketch, entry)],
        };
        memcpy(rows[shown++].address, entry->key.address, sizeof(entry->key.address));
    }
    return shown;
}
