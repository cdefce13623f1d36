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

/* Describes the numbers of PACKET to a listener, and which of them rules of this policy ask for. */
INLINE void tuple_tell_numbers(const volatile struct tables_header *header,
                               const struct packet *packet, struct event *event)
{
    event->asked = 0;
    __builtin_memset(event->numbers, 0, sizeof(event->numbers));
    event->reserved = 0;
    if (packet->family == FAMILY_NONE)
        return;
#define ROW(ID, id, ...)                                                                           \
    event->numbers[NUMBER_##ID] = packet_##id(packet);                                             \
    event->asked |= (u32) !!header->numbers[TEST_##ID - TEST_SOURCE_PORT] << NUMBER_##ID;
    EDGEXDP_NUMBER_FIELDS(ROW)
#undef ROW
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

/* The same for PACKET that is a later fragment, of the rules that name them. */
INLINE u32 tuple_leaf_later(const struct tables *tables, enum direction direction,
                            const struct packet *packet)
{
    struct tuple tuple;
    tuple_of_packet(packet, false, &tuple);
    return tables_judge_later(tables, direction, &tuple);
}

#endif
