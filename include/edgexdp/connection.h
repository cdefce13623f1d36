/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `tcp-state`: a segment to this host that opens no connection has to belong to one. The kernel's
 * own sockets are asked, so there is no state here that could fill up or expire.
 */
#ifndef EDGEXDP_CONNECTION_H
#define EDGEXDP_CONNECTION_H

#include "outcome.h"
#include "world.h"

/* Whose connections we know: packets that pass through are somebody else's. */
INLINE bool connection_is_needed(const struct tables *tables, const struct packet *packet)
{
    return packet->protocol == IPPROTO_TCP && !packet_opens_connection(packet) &&
           tables_is_self(tables, packet->family, packet->destination.bytes);
}

/* What becomes of incoming PACKET, for which OUTCOME is what rules, limits and `inbound` say. */
INLINE struct outcome connection_judge(struct world *world, const struct packet *packet,
                                       struct outcome outcome)
{
    const volatile struct tables_header *header = world->tables.header;
    if (!header->switches.tcp_state || header->seated.blind || outcome.verdict != VERDICT_ACCEPT ||
        !connection_is_needed(&world->tables, packet) || world_has_connection(world, packet))
        return outcome;
    return outcome_reason(REASON_NO_CONNECTION, VERDICT_DROP);
}

#endif
