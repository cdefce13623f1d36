/* SPDX-License-Identifier: GPL-2.0-or-later */
/* First fragments that were accepted. */
#include <stdlib.h>

#include "../../loader/base/memory.h"
#include "brute_inside.h"

#define REMEMBERED_S 30

static struct first_fragment *fragment_find(const struct brute *brute, enum direction direction,
                                            const struct brute_packet *packet)
{
    for (size_t i = 0; i < brute->fragment_count; i++) {
        struct first_fragment *known = &brute->fragments[i];
        if (known->direction == direction && known->family == packet->family &&
            known->source == packet->source && known->destination == packet->destination &&
            known->id == packet->fragment_id && known->protocol == packet->fragment_protocol)
            return known;
    }
    return NULL;
}

void fragment_remember(struct brute *brute, enum direction direction,
                       const struct brute_packet *packet, u64 now_s)
{
    struct first_fragment *known = fragment_find(brute, direction, packet);

    if (!known) {
        struct first_fragment *more = array_grow(brute->fragments, brute->fragment_count,
                                                 &brute->fragment_capacity, sizeof(*more));
        if (!more)
            abort();
        brute->fragments = more;
        known = &more[brute->fragment_count++];
    }
    *known = (struct first_fragment){.direction = direction,
                                     .family = packet->family,
                                     .source = packet->source,
                                     .destination = packet->destination,
                                     .id = packet->fragment_id,
                                     .protocol = packet->fragment_protocol,
                                     .end = packet->fragment_end,
                                     .seen_s = now_s};
}

bool fragment_follows(const struct brute *brute, enum direction direction,
                      const struct brute_packet *packet, u64 now_s)
{
    const struct first_fragment *known = fragment_find(brute, direction, packet);

    return known && now_s - known->seen_s <= REMEMBERED_S && packet->fragment_begin >= known->end;
}
