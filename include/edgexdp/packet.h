/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the policy can ask about a packet, and the questions that the packet alone can answer.
 * parse.h reads it from a frame.
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
    union {
        u16 ethertype; /* of what is not IP: of the content behind the VLAN tags */
        u16 ip_length; /* of IP: what the length field says; 0xffff if it is more than it can say */
    };
    u8 family; /* FAMILY_NONE: not IP, and the IP fields below are not set */
    u8 protocol;
    union {
        bool link_control; /* not IP, to 01:80:C2:00:00:0x */
        u8 arrives;        /* IP, outgoing: the zone that it came in through, see fields.h */
    };
    bool later_fragment; /* has no transport header */
    bool first_fragment; /* has a transport header, and more fragments follow */
    u8 tcp_flags;
    u8 hop_limit;
    u8 fragment_protocol; /* in fragments: what the fragmented part begins with */
    u16 ip_begins_be;     /* the first 16 bits of the IP header: they hold the DSCP */
    u16 source_port;      /* host order; 0 where the protocol has none */
    u16 destination_port; /* ICMP: type << 8 | code */
    union {
        u16 icmp_id;
        u8 tcp_offset; /* TCP: the byte of the data offset, whose lower bits are reserved */
    };
    union {
        u16 fragment_at;    /* in a later fragment: where its data begins, in bytes; IPv6: and
                             * FRAGMENT_MORE6, if it is not the last */
        u16 fragment_bytes; /* in a first fragment: how much data it has */
    };
    u16 ip_middle; /* IPv4: flags and fragment offset; IPv6: the lower 16 bits of the flow label */
    u16 start;     /* where the frame begins in what the kernel passes to us: see parse_bare() */
    u32 fragment_id;
    u32 transport; /* ICMP, TCP: where its header is in the frame */
    u32 end;       /* ICMP: where it ends */
    u32 length;    /* of the whole frame */
};

#define IPV6_HEADER_BYTES 40u
#define FRAGMENT_MORE6    1u /* in the field of a fragment's offset, as it is on the wire */
#define FRAGMENT_AT_MASK  0xfff8u

/* Fields that have a test of their own, by their names: see fields.h. */
INLINE u16 packet_tcp_flags(const struct packet *packet)
{
    return packet->tcp_flags;
}

INLINE u16 packet_fragment(const struct packet *packet)
{
    return packet->later_fragment   ? FRAGMENT_LATER
           : packet->first_fragment ? FRAGMENT_FIRST
                                    : FRAGMENT_NONE;
}

INLINE u16 packet_ttl(const struct packet *packet)
{
    return packet->hop_limit;
}

INLINE u16 packet_dscp(const struct packet *packet)
{
    u16 begins = from_be16(packet->ip_begins_be);
    return packet->family == FAMILY_IPV4 ? begins >> 2 & 0x3f : begins >> 6 & 0x3f;
}

/* IPv6 has no more than "more fragments", in another header. */
INLINE u16 packet_ip_flags(const struct packet *packet)
{
    return packet->family == FAMILY_IPV4 ? packet->ip_middle >> 13 & 3
           : packet->later_fragment      ? packet->fragment_at & FRAGMENT_MORE6
                                         : packet->first_fragment;
}

INLINE u16 packet_tcp_reserved(const struct packet *packet)
{
    return packet->protocol == IPPROTO_TCP && !packet->later_fragment ? packet->tcp_offset & 15 : 0;
}

INLINE u16 packet_flow_label_high(const struct packet *packet)
{
    return packet->family == FAMILY_IPV6 ? from_be16(packet->ip_begins_be) & 15 : 0;
}

INLINE u16 packet_flow_label_low(const struct packet *packet)
{
    return packet->family == FAMILY_IPV6 ? packet->ip_middle : 0;
}

/* With its header, which the field of IPv6 does not count. */
INLINE u16 packet_length(const struct packet *packet)
{
    u32 length = packet->ip_length + (packet->family == FAMILY_IPV4 ? 0 : IPV6_HEADER_BYTES);
    return length < 0xffff ? (u16)length : 0xffff;
}

INLINE u16 packet_arrives(const struct packet *packet)
{
    return packet->arrives;
}

/* What parsing returns: this (go on), or a reason to drop. */
#define PARSED (-1)

/* Does PACKET have this family, protocol and these port ranges (inclusive)? ICMP types take the
 * place of the destination port. HOPS is the required hop limit, or 0 for any. */
INLINE bool packet_is(const struct packet *packet, u8 family, u8 protocol, u8 hops,
                      u16 first_source, u16 last_source, u16 first, u16 last)
{
    return packet->family == family && packet->protocol == protocol &&
           (!hops || packet->hop_limit == hops) && packet->source_port >= first_source &&
           packet->source_port <= last_source && packet->destination_port >= first &&
           packet->destination_port <= last;
}

INLINE bool packet_is_icmp_error(const struct packet *packet)
{
    return icmp_is(packet->family, packet->protocol) &&
           icmp_is_error(packet->family, packet->destination_port >> 8);
}

/* Does PACKET open a TCP connection? Nobody may open one by pretending to answer. */
INLINE bool packet_opens_connection(const struct packet *packet)
{
    return packet->protocol == IPPROTO_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Could PACKET be a reply, that is, does it have a mirror image? */
INLINE bool packet_has_mirror(const struct packet *packet)
{
    if (icmp_is(packet->family, packet->protocol))
        return icmp_request(packet->family, packet->destination_port >> 8);
    return !packet_opens_connection(packet);
}

#endif
