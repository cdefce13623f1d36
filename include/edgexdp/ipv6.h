/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of IPv6 and its extension headers. */
#ifndef EDGEXDP_IPV6_H
#define EDGEXDP_IPV6_H

#include <linux/ipv6.h>

#include "transport.h"

#define EXTENSION_HEADERS_MAX 8

/* Headers between IPv6 and its payload. The walk does not look behind anything else that IANA calls
 * an extension header: ESP hides its content, AH ends the walk by contract, and mobility, HIP and
 * shim6 are separate protocols, which no host looks through either. */
INLINE bool ipv6_is_extension(u8 protocol)
{
    return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
           protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}

struct extension_walk {
    u32 offset;
    u32 end;
    u8 protocol;
    bool later_fragment;
    bool first_fragment;
    /* As in struct packet: */
    u8 fragment_protocol;
    u16 fragment_at;
    u16 fragment_bytes;
    u32 fragment_id;
};

/* HEADER is a fragment header at walk->offset. If two of them make a first fragment, the outer one
 * counts, because the receiver reassembles by that one. */
INLINE void ipv6_take_fragment(const u8 *header, struct extension_walk *walk)
{
    u16 fragment = (u16)(header[2] << 8 | header[3]);
    u16 at = fragment & FRAGMENT_AT_MASK;

    if (walk->first_fragment && !at)
        return;
    walk->fragment_protocol = header[0];
    walk->fragment_at = at | (fragment & FRAGMENT_MORE6);
    walk->fragment_bytes = (u16)(walk->end - walk->offset - 8);
    walk->fragment_id =
        (u32)header[4] << 24 | (u32)header[5] << 16 | (u32)header[6] << 8 | header[7];
    walk->later_fragment = at;
    walk->first_fragment |= !at && (fragment & FRAGMENT_MORE6);
}

/* Steps over one extension header. */
INLINE int ipv6_step_extension(const struct frame *frame, struct extension_walk *walk)
{
    u8 header[8] = {0};
    walk->offset = bounded(walk->offset, OFFSET_MASK);
    if (walk->offset + 8 > walk->end || !frame_copy(frame, walk->offset, 8, header))
        return REASON_MALFORMED;
    u32 length = (header[1] + 1u) * 8;
    if (walk->protocol == IPPROTO_FRAGMENT) {
        if (walk->end - walk->offset > IP_BYTES_MAX)
            return REASON_MALFORMED;
        length = 8;
        ipv6_take_fragment(header, walk);
    } else if (walk->protocol == IPPROTO_ROUTING && header[3]) {
        /* Segments are left: the packet goes on to an address that no rule has seen. */
        return REASON_EXTENSION_HEADERS;
    }
    walk->protocol = header[0];
    walk->offset += length;
    return walk->offset > walk->end ? REASON_MALFORMED : PARSED;
}

/* Walks the extension headers of an IPv6 packet that has at least one; ESP and AH end the walk. */
INLINE int ipv6_walk_extensions(const struct frame *frame, struct extension_walk *walk)
{
    u32 seen = 0;
    do {
        if (walk->protocol == IPPROTO_HOPOPTS && seen)
            return REASON_MALFORMED;
        int reason = ipv6_step_extension(frame, walk);
        if (reason != PARSED || walk->later_fragment || !ipv6_is_extension(walk->protocol))
            return reason;
    } while (++seen < EXTENSION_HEADERS_MAX);
    return REASON_EXTENSION_HEADERS;
}

INLINE int ipv6_parse(const struct frame *frame, u32 offset, struct packet *packet)
{
    struct ipv6hdr spare;
    const struct ipv6hdr *ip = frame_at(frame, offset, sizeof(*ip), &spare);
    if (!ip || ip->version != 6)
        return REASON_MALFORMED;
    u32 payload = from_be16(ip->payload_len);
    packet->ip_length = (u16)payload;
    if (!payload) {
        payload = frame_beyond(frame, offset + (u32)sizeof(*ip), packet);
        if (payload)
            packet->ip_length = IP_BYTES_MAX;
    }
    u32 end = offset + (u32)sizeof(*ip) + payload;
    if (!frame_reaches(frame, end, packet))
        return REASON_MALFORMED;

    packet->family = FAMILY_IPV6;
    packet->protocol = ip->nexthdr;
    packet->hop_limit = ip->hop_limit;
    packet->ip_begins_be = *(const u16 *)(const void *)ip;
    packet->ip_middle = (u16)(ip->flow_lbl[1] << 8 | ip->flow_lbl[2]);
    __builtin_memcpy(&packet->source, &ip->saddr, 16);
    __builtin_memcpy(&packet->destination, &ip->daddr, 16);
    offset += sizeof(*ip);

    if (ipv6_is_extension(packet->protocol)) {
        struct extension_walk walk = {.offset = offset, .end = end, .protocol = packet->protocol};
        int reason = frame_walk_extensions(frame, &walk);
        packet->protocol = walk.protocol;
        if (reason != PARSED)
            return reason;
        packet->later_fragment = walk.later_fragment;
        packet->first_fragment = walk.first_fragment;
        packet->fragment_protocol = walk.fragment_protocol;
        if (packet->later_fragment)
            packet->fragment_at = walk.fragment_at;
        else
            packet->fragment_bytes = walk.fragment_bytes;
        packet->fragment_id = walk.fragment_id;
        if (packet->later_fragment)
            return PARSED;
        offset = bounded(walk.offset, OFFSET_MASK);
    }
    return transport_parse(frame, offset, end, packet);
}

#endif
