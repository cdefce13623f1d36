/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who events tell of most, in little memory however many there are ("space saving"): when there is
 * no place for a newcomer, it gets that of the one with the fewest, and its number as a doubt. Who
 * has more than a share of 1/TOP_SOURCES is never missed. Pure. */
#ifndef EDGEXDP_TOP_H
#define EDGEXDP_TOP_H

#include <edgexdp/abi.h>

#define TOP_SOURCES 64

struct top_source {
    u32 events;        /* at most */
    u32 doubt;         /* of these may have been of others */
    struct event last; /* which says who it is */
};

struct top {
    struct top_source sources[TOP_SOURCES]; /* in no order */
    u32 count;
    u64 events; /* in all, also those without a source */
};

void top_add(struct top *top, const struct event *event);

/* Both together, those first who surely were in most: to MERGED, which has room for 2 *
 * TOP_SOURCES. Returns how many. */
size_t top_merge(const struct top *one, const struct top *other, struct top_source *merged);

static inline u32 top_sure(const struct top_source *source)
{
    return source->events - source->doubt;
}

#endif
