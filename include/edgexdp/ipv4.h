/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of IPv4 and its options. */
#ifndef EDGEXDP_IPV4_H
#define EDGEXDP_IPV4_H

#include <linux/ip.h>

#include "transport.h"

#define FRAGMENT_OFFSET_MASK 0x1fff
#define FRAGMENT_MORE        0x2000
#define OPTION_END           0
#define OPTION_NOTHING       1
#define OPTION_LSRR          131
#define OPTION_SSRR          137

/* The options between OFFSET and END, at most 40 bytes. */
INLINE int ipv4_walk_options(const struct frame *frame, u32 offset, u32 end)
{
    for (u32 step = 0; step < 40; step++) {
        u8 option[2] = {0};
        offset = bounded(offset, OFFSET_MASK);
        if (offset >= end)
            break;
        if (!frame_copy(frame, offset, 1, option))
            return REASON_MALFORMED;
        if (option[0] == OPTION_END)
            break;
        if (option[0] == OPTION_NOTHING) {
            offset++;
            continue;
        }
        if (option[0] == OPTION_LSRR || option[0] == OPTION_SSRR)
            return REASON_SOURCE_ROUTE;
        if (!frame_copy(frame, offset, 2, option) || option[1] < 2 || offset + option[1] > end)
            return REASON_MALFORMED;
        offset += option[1];
    }
    return PARSED;
}

INLINE int ipv4_parse(const struct frame *frame, u32 offset, struct packet *packet)
{
    struct iphdr spare;
    const struct iphdr *ip = frame_at(frame, offset, sizeof(*ip), &spare);
    if (!ip || ip->version != 4 || ip->ihl < 5)
        return REASON_MALFORMED;
    u32 header = ip->ihl * 4u;
    u32 total = from_be16(ip->tot_len);
    packet->ip_length = (u16)total;
    if (!total) {
        total = frame_beyond(frame, offset, packet);
        if (!total) /* otherwise the verifier of Linux 6.1 walks on with a header of 0 bytes */
            return REASON_MALFORMED;
        packet->ip_length = IP_BYTES_MAX;
    }
    if (total < header || !frame_reaches(frame, offset + total, packet))
        return REASON_MALFORMED;

    packet->family = FAMILY_IPV4;
    packet->protocol = ip->protocol;
    packet->hop_limit = ip->ttl;
    packet->ip_begins_be = *(const u16 *)(const void *)ip;
    packet->source.words_be[0] = ip->saddr;
    packet->destination.words_be[0] = ip->daddr;
    u16 fragment = from_be16(ip->frag_off);
    packet->ip_middle = fragment;
    if (fragment & (FRAGMENT_OFFSET_MASK | FRAGMENT_MORE)) {
        if (total > IP_BYTES_MAX)
            return REASON_MALFORMED;
        packet->later_fragment = fragment & FRAGMENT_OFFSET_MASK;
        packet->first_fragment = !packet->later_fragment;
        packet->fragment_protocol = ip->protocol;
        packet->fragment_id = from_be16(ip->id);
        if (packet->later_fragment)
            packet->fragment_at = (u16)(fragment << 3);
        else
            packet->fragment_bytes = (u16)(total - header);
    }

    if (header > sizeof(*ip)) {
        int reason = frame_walk_options(frame, offset + sizeof(*ip), offset + header);
        if (reason != PARSED)
            return reason;
    }
    if (packet->later_fragment)
        return PARSED;
    return transport_parse(frame, offset + header, offset + total, packet);
}

#endif
