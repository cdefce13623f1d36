/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a frame to a packet. */
#ifndef EDGEXDP_PARSE_H
#define EDGEXDP_PARSE_H

#include <linux/if_ether.h>

#include "ipv4.h"
#include "ipv6.h"

#define VLAN_DEPTH_MAX 2

INLINE bool parse_link_control(const struct frame *frame)
{
    u16 spare[3];
    const u16 *to_be = frame_at(frame, 0, sizeof(spare), spare);
    return to_be && to_be[0] == to_be16(0x0180) && to_be[1] == to_be16(0xc200) &&
           from_be16(to_be[2]) < 16;
}

/* Fills PACKET (zeroed before) from FRAME. Returns PARSED or the reason to drop it. */
INLINE int parse_frame(const struct frame *frame, struct packet *packet)
{
    struct ethhdr spare;
    /* Not read as the struct, which is packed: its type field would be read byte by byte. */
    const u16 *ethernet_be = frame_at(frame, 0, sizeof(spare), &spare);
    packet->length = frame->length;
    if (!ethernet_be)
        return REASON_MALFORMED;

    u16 type = from_be16(ethernet_be[ETH_ALEN]);
    u32 offset = sizeof(spare);
    u32 tags = frame->vlan_tags;
    for (u32 step = 0; step <= VLAN_DEPTH_MAX; step++) {
        u32 tag_spare;
        if (type != ETH_P_8021Q && type != ETH_P_8021AD)
            break;
        if (++tags > VLAN_DEPTH_MAX)
            return REASON_VLAN_DEPTH;
        const u16 *tag_be = frame_at(frame, offset, 4, &tag_spare);
        if (!tag_be)
            return REASON_MALFORMED;
        type = from_be16(tag_be[1]);
        offset += 4;
    }
    offset = forget(offset, 0x1f);
    if (type == ETH_P_IP)
        return ipv4_parse(frame, offset, packet);
    if (type == ETH_P_IPV6)
        return ipv6_parse(frame, offset, packet);
    packet->ethertype = type;
    packet->link_control = parse_link_control(frame);
    return PARSED;
}

/* The most bytes of headers that may precede an IP packet that has no link layer. */
#define BARE_START_MAX 511u

/* The same for frames without a link layer: the kernel says that this is a packet of ETHERTYPE that
 * begins at START. Anything in front is left over from a packet that carried it here. Without link
 * addresses there is no ARP and no link control: anything that is not IP is simply not IP. */
INLINE int parse_bare(const struct frame *frame, u32 start, u16 ethertype, struct packet *packet)
{
    packet->length = frame->length;
    if (start > BARE_START_MAX || start > frame->length)
        return REASON_MALFORMED;
    start = bounded(start, BARE_START_MAX);
    packet->start = (u16)start;
    packet->length = frame->length - start;
    if (ethertype == ETH_P_IP)
        return ipv4_parse(frame, start, packet);
    if (ethertype == ETH_P_IPV6)
        return ipv6_parse(frame, start, packet);
    return PARSED;
}

#endif
