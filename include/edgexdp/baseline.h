/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a network needs to work at all: [baseline] accepts it before the rules are asked. */
#ifndef EDGEXDP_BASELINE_H
#define EDGEXDP_BASELINE_H

#include "packet.h"
#include "tables.h"

/* What a network needs to work at all. Returns a reason that accepts, or REASONS. */
INLINE enum reason baseline_reason(const volatile struct tables_switches *on,
                                   enum direction direction, const struct packet *packet)
{
    if (on->neighbour_discovery && is_icmp6(packet)) {
        u8 type = packet->destination_port >> 8;
        if ((type >= 133 && type <= 137 && packet->hop_limit == 255) || icmp_is_mld(type))
            return REASON_NEIGHBOUR_DISCOVERY;
    }
    if (on->igmp && packet->family == FAMILY_IPV4 && packet->protocol == IPPROTO_IGMP)
        return REASON_IGMP;
    if (on->dhcp_client && packet->protocol == IPPROTO_UDP) {
        u16 client = packet->family == FAMILY_IPV4 ? 68 : 546;
        u16 server = packet->family == FAMILY_IPV4 ? 67 : 547;
        u16 here = direction == DIRECTION_IN ? packet->destination_port : packet->source_port;
        u16 there = direction == DIRECTION_IN ? packet->source_port : packet->destination_port;
        if (here == client && there == server)
            return REASON_DHCP_CLIENT;
    }
    if (on->ping) {
        if (direction == DIRECTION_IN ? is_icmp(packet, 8, 128) : is_icmp(packet, 0, 129))
            return REASON_PING;
    }
    return REASONS;
}

#endif
