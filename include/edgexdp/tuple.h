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
                            .destination_port = packet->destination_port};
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

/* Where the rules lead PACKET; with MIRROR, its mirror image coming in. */
INLINE u32 tuple_edge(const struct tables *tables, enum direction direction,
                      const struct packet *packet, bool mirror)
{
    struct tuple tuple;
    tuple_of_packet(packet, mirror, &tuple);
    return tables_judge(tables, mirror ? DIRECTION_IN : direction, &tuple);
}

/* Where the rules that name later fragments lead PACKET, which is one. */
INLINE u32 tuple_edge_later(const struct tables *tables, enum direction direction,
                            const struct packet *packet)
{
    struct tuple tuple;
    tuple_of_packet(packet, false, &tuple);
    return tables_judge_later(tables, direction, &tuple);
}

/* tables_walk_own(), or the same in a function of its own; the includer supplies it. */
static u32 world_walk_own(const struct tables *tables, u32 edge, const struct packet *packet,
                          bool spoken_of);

/* The first rule that matches PACKET, as a leaf, if EDGE is where the rules lead it. SPOKEN_OF: see
 * tables_walk_own(); mirror images are. */
INLINE u32 tuple_leaf(const struct tables *tables, u32 edge, const struct packet *packet,
                      bool spoken_of)
{
    return !tables->header->switches.numbers || edge & EDGE_LEAF
               ? edge
               : world_walk_own(tables, edge, packet, spoken_of);
}

#endif
