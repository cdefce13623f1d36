/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tables are asked about a packet. */
#ifndef EDGEXDP_TUPLE_H
#define EDGEXDP_TUPLE_H

#include "search.h"

/* What the tables look at in PACKET, or in its mirror image: the packet that it would answer. */
INLINE void tuple_of_packet(const struct packet *packet, bool mirror, struct tuple *tuple)
{
    *tuple = (struct tuple){.source = packet->source.bytes,
                            .destination = packet->destination.bytes,
                            .family = packet->family,
                            .protocol = packet->protocol,
                            .source_port = packet->source_port,
                            .destination_port = packet->destination_port,
                            .spoken_of = mirror,
                            .packet = packet};
    if (!mirror)
        return;
    tuple->source = packet->destination.bytes;
    tuple->destination = packet->source.bytes;
    tuple->source_port = packet->destination_port;
    tuple->destination_port = packet->source_port;
    if (icmp_is(packet->family, packet->protocol)) {
        tuple->source_port = 0;
        tuple->destination_port =
            (u16)(icmp_request(packet->family, packet->destination_port >> 8) << 8);
    }
}

/* The first rule that matches PACKET, as a leaf; with MIRROR, its mirror image coming in. A mirror
 * image is only spoken of; SPOKEN_OF is set for a packet that an error quotes. */
INLINE u32 tuple_leaf(const struct tables *tables, enum direction direction,
                      const struct packet *packet, bool mirror, bool spoken_of)
{
    struct tuple tuple;
    tuple_of_packet(packet, mirror, &tuple);
    tuple.spoken_of |= spoken_of;
    return tables_judge(tables, mirror ? DIRECTION_IN : direction, &tuple);
}

#endif
