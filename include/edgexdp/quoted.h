/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet that an ICMP error quotes. */
#ifndef EDGEXDP_QUOTED_H
#define EDGEXDP_QUOTED_H

#include "ipv4.h"
#include "ipv6.h"

/* A packet quoted by an ICMP error is often cut short: its lengths are not checked, and only as
 * much of its transport header is read as identifies the conversation. */
INLINE bool quoted_parse_transport(const struct frame *frame, u32 offset, u32 end,
                                   struct packet *quoted)
{
    u8 first[8] = {0};
    u8 protocol = quoted->protocol;
    bool has_ports = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;

    if (icmp_is(quoted->family, protocol)) {
        if (offset + 8 > end || !frame_copy(frame, offset, 8, first))
            return false;
        quoted->destination_port = (u16)(first[0] << 8 | first[1]);
        quoted->icmp_id = (u16)(first[4] << 8 | first[5]);
    } else if (has_ports) {
        if (offset + 4 > end || !frame_copy(frame, offset, 4, first))
            return false;
        quoted->source_port = (u16)(first[0] << 8 | first[1]);
        quoted->destination_port = (u16)(first[2] << 8 | first[3]);
    }
    return true;
}

INLINE bool quoted_parse_ipv4(const struct frame *frame, u32 offset, u32 end, struct packet *quoted)
{
    struct iphdr ip;

    if (offset + sizeof(ip) > end || !frame_copy(frame, offset, sizeof(ip), &ip))
        return false;
    if (ip.version != 4 || ip.ihl < 5 || (from_be16(ip.frag_off) & FRAGMENT_OFFSET_MASK))
        return false;
    quoted->protocol = ip.protocol;
    quoted->hop_limit = ip.ttl;
    quoted->source.words_be[0] = ip.saddr;
    quoted->destination.words_be[0] = ip.daddr;
    u32 transport = offset + ip.ihl * 4u;
    return transport <= end && quoted_parse_transport(frame, transport, end, quoted);
}

INLINE bool quoted_parse_ipv6(const struct frame *frame, u32 offset, u32 end, struct packet *quoted)
{
    struct ipv6hdr ip;

    if (offset + sizeof(ip) > end || !frame_copy(frame, offset, sizeof(ip), &ip))
        return false;
    if (ip.version != 6)
        return false;
    quoted->hop_limit = ip.hop_limit;
    __builtin_memcpy(&quoted->source, &ip.saddr, 16);
    __builtin_memcpy(&quoted->destination, &ip.daddr, 16);
    struct extension_walk walk = {
        .offset = offset + (u32)sizeof(ip), .end = end, .protocol = ip.nexthdr};
    if (ipv6_is_extension(walk.protocol) &&
        (frame_walk_extensions(frame, &walk) != PARSED || walk.later_fragment))
        return false;
    quoted->protocol = walk.protocol;
    return quoted_parse_transport(frame, bounded(walk.offset, OFFSET_MASK), end, quoted);
}

/* The packet that an ICMP error quotes, which begins at OFFSET. Fills QUOTED (zeroed before, except
 * for its family). Returns false if too little of it can be read. */
INLINE bool quoted_parse(const struct frame *frame, u32 offset, u32 end, struct packet *quoted)
{
    offset = bounded(offset, OFFSET_MASK);
    return quoted->family == FAMILY_IPV4 ? quoted_parse_ipv4(frame, offset, end, quoted)
                                         : quoted_parse_ipv6(frame, offset, end, quoted);
}

#endif
