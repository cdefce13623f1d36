/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The most frequent sources of events, in little memory however many there are ("space saving"). If
 * there is no place for a newcomer, it takes over the place with the fewest events, and their
 * number as its doubt. A source with more than 1/TOP_SOURCES of the events is never missed.
 * Pure. */
#ifndef EDGEXDP_TOP_H
#define EDGEXDP_TOP_H

#include <edgexdp/abi.h>

#define TOP_SOURCES 64

struct top_source {
    u32 events;        /* an upper bound */
    u32 doubt;         /* how many of them may belong to others */
    struct event last; /* the last one, which identifies the source */
};

struct top {
    struct top_source sources[TOP_SOURCES]; /* in no order */
    u32 count;
    u64 events; /* in total, including those without a source */
};

void top_add(struct top *top, const struct event *event);

/* Merge both into MERGED, which has room for 2 * TOP_SOURCES; sources that surely have the most
 * events come first. Returns how many there are. */
size_t top_merge(const struct top *one, const struct top *other, struct top_source *merged);

static inline u32 top_sure(const struct top_source *source)
{
    return source->events - source->doubt;
}

#endif
