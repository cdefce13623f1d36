/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header behind IP: ports, flags, types. */
#ifndef EDGEXDP_TRANSPORT_H
#define EDGEXDP_TRANSPORT_H

#include <linux/tcp.h>
#include <linux/udp.h>

#include "frame.h"

#define SCTP_HEADER_BYTES 12

/* END is where the IP packet ends in the frame; Ethernet may pad beyond it. */
INLINE int transport_parse(const struct frame *frame, u32 offset, u32 end, struct packet *packet)
{
    struct tcphdr spare;

    if (packet->protocol == IPPROTO_TCP) {
        const struct tcphdr *tcp = frame_at(frame, offset, sizeof(*tcp), &spare);
        if (!tcp || offset + sizeof(*tcp) > end)
            return REASON_MALFORMED;
        if (tcp->doff < 5 || offset + tcp->doff * 4u > end)
            return REASON_MALFORMED;
        packet->source_port = from_be16(tcp->source);
        packet->destination_port = from_be16(tcp->dest);
        packet->tcp_offset = ((const u8 *)tcp)[12];
        packet->tcp_flags = ((const u8 *)tcp)[13];
        packet->transport = offset;
    } else if (packet->protocol == IPPROTO_UDP) {
        const struct udphdr *udp = frame_at(frame, offset, sizeof(*udp), &spare);
        if (!udp || offset + sizeof(*udp) > end)
            return REASON_MALFORMED;
        u32 length = from_be16(udp->len);
        if (!length && end - offset > IP_BYTES_MAX)
            length = end - offset;
        /* The length field of a fragmented datagram is that of the whole datagram. */
        if (length < sizeof(*udp) || (!packet->first_fragment && offset + length > end))
            return REASON_MALFORMED;
        packet->source_port = from_be16(udp->source);
        packet->destination_port = from_be16(udp->dest);
    } else if (packet->protocol == IPPROTO_SCTP) {
        const u16 *ports_be = frame_at(frame, offset, SCTP_HEADER_BYTES, &spare);
        if (!ports_be || offset + SCTP_HEADER_BYTES > end)
            return REASON_MALFORMED;
        packet->source_port = from_be16(ports_be[0]);
        packet->destination_port = from_be16(ports_be[1]);
    } else if (icmp_is(packet->family, packet->protocol)) {
        const struct icmp_header *icmp = frame_at(frame, offset, sizeof(*icmp), &spare);
        if (!icmp || offset + sizeof(*icmp) > end)
            return REASON_MALFORMED;
        packet->destination_port = (u16)(icmp->type << 8 | icmp->code);
        packet->icmp_id = from_be16(icmp->id_be);
        packet->transport = offset;
        packet->end = end;
    }
    return PARSED;
}

#endif
