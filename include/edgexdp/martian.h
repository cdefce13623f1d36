/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources that no packet has. */
#ifndef EDGEXDP_MARTIAN_H
#define EDGEXDP_MARTIAN_H

#include "packet.h"

/* Who has no address yet, or none to give: DHCP (RFC 2131) and IGMP (RFC 4541, of switches that ask
 * who listens) from 0.0.0.0; router and neighbour solicitation (RFC 4861) and MLD from ::. */
INLINE bool martian_exempts(const struct packet *packet)
{
    if (packet->family == FAMILY_IPV4)
        return packet->protocol == IPPROTO_IGMP ||
               (packet->protocol == IPPROTO_UDP && packet->source_port == 68);
    u8 type = packet->destination_port >> 8;
    return is_icmp6(packet) && (type == 133 || type == 135 || icmp_is_mld(type));
}

/* A source that no packet has. OTHER is the destination. 0.0.0.0 and :: are left to the caller. */
INLINE bool martian_source(u8 family, const struct address *source, const struct address *other)
{
    if (family == FAMILY_IPV4) {
        u32 host = from_be32(source->words_be[0]);
        u32 net = host >> 24;
        return source->words_be[0] == other->words_be[0] || (net == 0 && host) || net == 127 ||
               (net >= 224 && net < 240) || host == 0xffffffff;
    }
    if (source->halves_be[0] == other->halves_be[0] && source->halves_be[1] == other->halves_be[1])
        return true;
    if (source->bytes[0] == 0xff)
        return true;
    u64 lower = from_be64(source->halves_be[1]);
    return !source->halves_be[0] && (lower == 1 || lower >> 32 == 0xffff);
}

INLINE bool martian_unspecified(u8 family, const struct address *address)
{
    if (family == FAMILY_IPV4)
        return !address->words_be[0];
    return !address->halves_be[0] && !address->halves_be[1];
}

INLINE bool martian_packet(const struct packet *packet)
{
    if (martian_unspecified(packet->family, &packet->source))
        return !martian_exempts(packet) ||
               martian_unspecified(packet->family, &packet->destination);
    return martian_source(packet->family, &packet->source, &packet->destination);
}

/* A packet to a group answers nothing: its mirror image would come from the group. */
INLINE bool martian_mirror(const struct packet *packet)
{
    if (martian_unspecified(packet->family, &packet->destination))
        return packet->family != FAMILY_IPV4 ||
               martian_unspecified(packet->family, &packet->source) ||
               (packet->protocol != IPPROTO_IGMP &&
                (packet->protocol != IPPROTO_UDP || packet->destination_port != 68));
    return martian_source(packet->family, &packet->destination, &packet->source);
}

#endif
