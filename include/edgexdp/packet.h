/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the policy can ask about a packet, and what the packet alone answers. How it is read from a
 * frame: parse.h.
 */
#ifndef EDGEXDP_PACKET_H
#define EDGEXDP_PACKET_H

#include "icmp.h"
#include "wire.h"

struct address {
    union {
        u8 bytes[16]; /* network order; IPv4 in the first four, the rest 0 */
        u32 words_be[4];
        u64 halves_be[2];
    };
};

struct packet {
    struct address source;
    struct address destination;
    u16 ethertype; /* of what is inside of the VLAN tags */
    u8 family;     /* FAMILY_NONE: not IP, nothing below is set */
    u8 protocol;
    bool link_control;   /* not IP, to 01:80:C2:00:00:0x */
    bool later_fragment; /* has no transport header */
    bool first_fragment; /* has one, and more follow */
    u8 tcp_flags;
    u8 hop_limit;
    u16 source_port;      /* host order; 0 where the protocol has none */
    u16 destination_port; /* ICMP: type << 8 | code */
    u16 icmp_id;
    u8 fragment_protocol; /* of fragments: what the fragmented part begins with */
    u16 fragment_at;      /* of a later fragment: where its data begins, in bytes */
    u16 fragment_bytes;   /* of a first fragment: how much data it has */
    u16 start;            /* where the frame begins in what the kernel hands us: see _bare() */
    u32 fragment_id;
    u32 transport; /* ICMP: where its header is in the frame */
    u32 end;       /* ICMP: where it ends */
    u32 length;    /* of the whole frame */
};

/* Fields of the kind NUMBERS, by their names: see fields.h. */
INLINE u16 packet_ttl(const struct packet *packet)
{
    return packet->hop_limit;
}

/* What parsing says: go on, or a reason to drop. */
#define PARSED (-1)

/* Is it of that family and protocol, and has these ports, inclusive? Types of ICMP stand for the
 * destination port. HOPS: the only hop limit that will do, or 0. */
INLINE bool packet_is(const struct packet *packet, u8 family, u8 protocol, u8 hops,
                      u16 first_source, u16 last_source, u16 first, u16 last)
{
    return packet->family == family && packet->protocol == protocol &&
           (!hops || packet->hop_limit == hops) && packet->source_port >= first_source &&
           packet->source_port <= last_source && packet->destination_port >= first &&
           packet->destination_port <= last;
}

/* ICMP's unreachable, time exceeded, parameter problem and packet too big. */
INLINE bool packet_is_icmp_error(const struct packet *packet)
{
    u8 type = packet->destination_port >> 8;
    if (!icmp_is(packet->family, packet->protocol))
        return false;
    if (packet->family == FAMILY_IPV4)
        return type == 3 || type == 11 || type == 12;
    return type >= 1 && type <= 4;
}

/* Nobody may open a TCP connection by pretending to answer. */
INLINE bool packet_opens_connection(const struct packet *packet)
{
    return packet->protocol == IPPROTO_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Could PACKET be a reply to something: has it a mirror image? */
INLINE bool packet_has_mirror(const struct packet *packet)
{
    if (icmp_is(packet->family, packet->protocol))
        return icmp_request(packet->family, packet->destination_port >> 8);
    return !packet_opens_connection(packet);
}

#endif
