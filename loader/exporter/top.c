/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_same(const struct event *one, const struct event *other)
{
    return one->family == other->family && one->direction == other->direction &&
           !memcmp(one->source, other->source, sizeof(one->source));
}

static struct top_source *find(struct top_source *sources, size_t count, const struct event *event)
{
    for (size_t i = 0; i < count; i++)
        if (is_same(&sources[i].last, event))
            return &sources[i];
    return NULL;
}

/* A free place, or the one with the fewest events. */
static struct top_source *make_place(struct top *top)
{
    struct top_source *least = top->sources;

    if (top->count < TOP_SOURCES) {
        top->sources[top->count] = (struct top_source){0};
        return &top->sources[top->count++];
    }
    for (size_t i = 1; i < TOP_SOURCES; i++)
        if (top->sources[i].events < least->events)
            least = &top->sources[i];
    least->doubt = least->events;
    return least;
}

void top_add(struct top *top, const struct event *event)
{
    top->events++;
    if (event->family == FAMILY_NONE)
        return;
    struct top_source *source = find(top->sources, top->count, event);
    if (!source)
        source = make_place(top);
    source->events++;
    source->last = *event;
}

static int by_certainty(const void *one, const void *other)
{
    u32 first = top_sure(one), second = top_sure(other);
    return (first < second) - (first > second);
}

size_t top_merge(const struct top *one, const struct top *other, struct top_source *merged)
{
    size_t count = one->count;

    memcpy(merged, one->sources, count * sizeof(*merged));
    for (size_t i = 0; i < other->count; i++) {
        const struct top_source *source = &other->sources[i];
        struct top_source *known = find(merged, one->count, &source->last);
        if (!known) {
            merged[count++] = *source;
            continue;
        }
        known->events += source->events;
        known->doubt += source->doubt;
        if (source->last.time_ns > known->last.time_ns)
            known->last = source->last;
    }
    qsort(merged, count, sizeof(*merged), by_certainty);
    return count;
}
