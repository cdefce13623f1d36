/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a frame to what the policy can ask about it. The includer supplies frame_at(): the kernel
 * side reads what lies in the linear part in place and copies the rest, user space has it all.
 */
#ifndef EDGEXDP_PACKET_H
#define EDGEXDP_PACKET_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "abi.h"
#include "verifier.h"
#include "wire.h"

struct frame {
    const u8 *data;
    const u8 *end; /* of the linear part */
    void *context;
    u32 length;    /* of the whole frame, as far as is known without asking: see frame_length() */
    u32 vlan_tags; /* already taken off the frame, but there on the wire */
};

/* The length of the whole frame, where it may be more than frame->length. */
static u32 frame_length(const struct frame *frame);

/* SIZE bytes at OFFSET of the frame, in place or copied to SPARE; NULL beyond its end. */
static const void *frame_at(const struct frame *frame, u32 offset, u32 size, void *spare);

/* The same, always copied: slower, but one way through the code instead of two. */
static bool frame_copy(const struct frame *frame, u32 offset, u32 size, void *to);

/* packet_walk_options() and packet_walk_extensions(), or the same in functions of their own. */
struct extension_walk;
static int frame_walk_options(const struct frame *frame, u32 offset, u32 end);
static int frame_walk_extensions(const struct frame *frame, struct extension_walk *walk);

#define VLAN_DEPTH_MAX        2
#define EXTENSION_HEADERS_MAX 8
#define SCTP_HEADER_BYTES     12
#define FRAGMENT_OFFSET_MASK  0x1fff
#define FRAGMENT_MORE         0x2000
#define IP_BYTES_MAX          0xffff /* that a length field can say */
#define OPTION_END            0
#define OPTION_NOTHING        1
#define OPTION_LSRR           131
#define OPTION_SSRR           137

/* <linux/icmp.h> drags in the C library, which BPF has not. */
struct icmp_header {
    u8 type;
    u8 code;
    u16 checksum_be;
    u16 id_be; /* of echo and timestamp */
    u16 sequence_be;
};

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

/* Headers end far below this. In a loop it tells the verifier that every round starts alike, which
 * it would otherwise try out one by one. */
#define OFFSET_MASK 0x7fffu

/* What parsing says: go on, or a reason to drop. */
#define PARSED (-1)

INLINE bool protocol_is_icmp(u8 family, u8 protocol)
{
    return family == FAMILY_IPV4 ? protocol == IPPROTO_ICMP : protocol == IPPROTO_ICMPV6;
}

/* END is where the IP packet ends in the frame; Ethernet may pad beyond it. */
INLINE int packet_parse_transport(const struct frame *frame, u32 offset, u32 end,
                                  struct packet *packet)
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
        packet->tcp_flags = ((const u8 *)tcp)[13];
    } else if (packet->protocol == IPPROTO_UDP) {
        const struct udphdr *udp = frame_at(frame, offset, sizeof(*udp), &spare);
        if (!udp || offset + sizeof(*udp) > end)
            return REASON_MALFORMED;
        u32 length = from_be16(udp->len);
        if (!length && end - offset > IP_BYTES_MAX)
            length = end - offset;
        /* The length of a fragmented datagram speaks of the whole of it. */
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
    } else if (protocol_is_icmp(packet->family, packet->protocol)) {
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

/* Does the frame go as far as END, where its headers say that the packet ends? Most frames lie in
 * one piece, whose length costs nothing to know. Drivers that put headers and data apart leave as
 * little as nothing in the first piece: only then the kernel is asked. */
INLINE bool frame_reaches(const struct frame *frame, u32 end, struct packet *packet)
{
    if (end <= frame->length)
        return true;
    u32 whole = frame_length(frame);
    packet->length = whole - packet->start;
    return end <= whole;
}

/* What is behind OFFSET, of a packet whose header says that this is nothing; 0 if it is right. What
 * the kernel has joined, or will cut into segments, may be longer than the field can say (BIG TCP):
 * then it says 0. No other frame is that long. */
INLINE u32 frame_beyond(const struct frame *frame, u32 offset, struct packet *packet)
{
    u32 whole = frame_length(frame);
    packet->length = whole - packet->start;
    return whole > offset + IP_BYTES_MAX ? whole - offset : 0;
}

/* The options between OFFSET and END, at most 40 bytes. */
INLINE int packet_walk_options(const struct frame *frame, u32 offset, u32 end)
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

INLINE int packet_parse_ipv4(const struct frame *frame, u32 offset, struct packet *packet)
{
    struct iphdr spare;
    const struct iphdr *ip = frame_at(frame, offset, sizeof(*ip), &spare);
    if (!ip || ip->version != 4 || ip->ihl < 5)
        return REASON_MALFORMED;
    u32 header = ip->ihl * 4u;
    u32 total = from_be16(ip->tot_len);
    if (!total) {
        total = frame_beyond(frame, offset, packet);
        if (!total) /* or Linux 6.1 walks on with a header of 0 bytes */
            return REASON_MALFORMED;
    }
    if (total < header || !frame_reaches(frame, offset + total, packet))
        return REASON_MALFORMED;

    packet->family = FAMILY_IPV4;
    packet->protocol = ip->protocol;
    packet->hop_limit = ip->ttl;
    packet->source.words_be[0] = ip->saddr;
    packet->destination.words_be[0] = ip->daddr;
    u16 fragment = from_be16(ip->frag_off);
    if (fragment & (FRAGMENT_OFFSET_MASK | FRAGMENT_MORE)) {
        if (total > IP_BYTES_MAX)
            return REASON_MALFORMED;
        packet->later_fragment = fragment & FRAGMENT_OFFSET_MASK;
        packet->first_fragment = !packet->later_fragment;
        packet->fragment_protocol = ip->protocol;
        packet->fragment_id = from_be16(ip->id);
        packet->fragment_at = (u16)(fragment << 3);
        packet->fragment_bytes = (u16)(total - header);
    }

    if (header > sizeof(*ip)) {
        int reason = frame_walk_options(frame, offset + sizeof(*ip), offset + header);
        if (reason != PARSED)
            return reason;
    }
    if (packet->later_fragment)
        return PARSED;
    return packet_parse_transport(frame, offset + header, offset + total, packet);
}

/* Headers between IPv6 and what it carries. Behind whatever else IANA calls an extension header
 * nothing is looked for: ESP hides it, AH ends the walk by contract, and mobility, HIP and shim6
 * are protocols of their own, which no host looks through either. */
INLINE bool is_extension_header(u8 protocol)
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

/* HEADER is a fragment header at walk->offset. Of two that make a first fragment the outer one
 * counts: by that one the receiver puts it together with others. */
INLINE void packet_take_fragment(const u8 *header, struct extension_walk *walk)
{
    u16 fragment = (u16)(header[2] << 8 | header[3]);
    u16 at = fragment & 0xfff8;

    if (walk->first_fragment && !at)
        return;
    walk->fragment_protocol = header[0];
    walk->fragment_at = at;
    walk->fragment_bytes = (u16)(walk->end - walk->offset - 8);
    walk->fragment_id =
        (u32)header[4] << 24 | (u32)header[5] << 16 | (u32)header[6] << 8 | header[7];
    walk->later_fragment = at;
    walk->first_fragment |= !at && (fragment & 1);
}

/* Steps over one extension header. */
INLINE int packet_step_extension(const struct frame *frame, struct extension_walk *walk)
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
        packet_take_fragment(header, walk);
    } else if (walk->protocol == IPPROTO_ROUTING && header[3]) {
        /* Segments are left: it goes on to an address that no rule has seen. */
        return REASON_EXTENSION_HEADERS;
    }
    walk->protocol = header[0];
    walk->offset += length;
    return walk->offset > walk->end ? REASON_MALFORMED : PARSED;
}

/* Walks the extension headers of an IPv6 packet that has at least one; ESP and AH end the walk. */
INLINE int packet_walk_extensions(const struct frame *frame, struct extension_walk *walk)
{
    u32 seen = 0;
    do {
        if (walk->protocol == IPPROTO_HOPOPTS && seen)
            return REASON_MALFORMED;
        int reason = packet_step_extension(frame, walk);
        if (reason != PARSED || walk->later_fragment || !is_extension_header(walk->protocol))
            return reason;
    } while (++seen < EXTENSION_HEADERS_MAX);
    return REASON_EXTENSION_HEADERS;
}

INLINE int packet_parse_ipv6(const struct frame *frame, u32 offset, struct packet *packet)
{
    struct ipv6hdr spare;
    const struct ipv6hdr *ip = frame_at(frame, offset, sizeof(*ip), &spare);
    if (!ip || ip->version != 6)
        return REASON_MALFORMED;
    u32 payload = from_be16(ip->payload_len);
    if (!payload)
        payload = frame_beyond(frame, offset + (u32)sizeof(*ip), packet);
    u32 end = offset + (u32)sizeof(*ip) + payload;
    if (!frame_reaches(frame, end, packet))
        return REASON_MALFORMED;

    packet->family = FAMILY_IPV6;
    packet->protocol = ip->nexthdr;
    packet->hop_limit = ip->hop_limit;
    __builtin_memcpy(&packet->source, &ip->saddr, 16);
    __builtin_memcpy(&packet->destination, &ip->daddr, 16);
    offset += sizeof(*ip);

    if (is_extension_header(packet->protocol)) {
        struct extension_walk walk = {.offset = offset, .end = end, .protocol = packet->protocol};
        int reason = frame_walk_extensions(frame, &walk);
        packet->protocol = walk.protocol;
        if (reason != PARSED)
            return reason;
        packet->later_fragment = walk.later_fragment;
        packet->first_fragment = walk.first_fragment;
        packet->fragment_protocol = walk.fragment_protocol;
        packet->fragment_at = walk.fragment_at;
        packet->fragment_bytes = walk.fragment_bytes;
        packet->fragment_id = walk.fragment_id;
        if (packet->later_fragment)
            return PARSED;
        offset = bounded(walk.offset, OFFSET_MASK);
    }
    return packet_parse_transport(frame, offset, end, packet);
}

/* What ICMP errors quote is often cut short: its lengths are not looked at, and of its transport
 * header no more than is needed to know the conversation. */
INLINE bool packet_parse_quoted_transport(const struct frame *frame, u32 offset, u32 end,
                                          struct packet *quoted)
{
    u8 first[8] = {0};
    u8 protocol = quoted->protocol;
    bool has_ports = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;

    if (protocol_is_icmp(quoted->family, protocol)) {
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

INLINE bool packet_parse_quoted_ipv4(const struct frame *frame, u32 offset, u32 end,
                                     struct packet *quoted)
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
    return transport <= end && packet_parse_quoted_transport(frame, transport, end, quoted);
}

INLINE bool packet_parse_quoted_ipv6(const struct frame *frame, u32 offset, u32 end,
                                     struct packet *quoted)
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
    if (is_extension_header(walk.protocol) &&
        (frame_walk_extensions(frame, &walk) != PARSED || walk.later_fragment))
        return false;
    quoted->protocol = walk.protocol;
    return packet_parse_quoted_transport(frame, bounded(walk.offset, OFFSET_MASK), end, quoted);
}

/* The packet that an ICMP error quotes, which begins at OFFSET. Fills QUOTED (zeroed before, but
 * for its family). Returns false where too little can be read of it. */
INLINE bool packet_parse_quoted(const struct frame *frame, u32 offset, u32 end,
                                struct packet *quoted)
{
    offset = bounded(offset, OFFSET_MASK);
    return quoted->family == FAMILY_IPV4 ? packet_parse_quoted_ipv4(frame, offset, end, quoted)
                                         : packet_parse_quoted_ipv6(frame, offset, end, quoted);
}

INLINE bool is_link_control(const struct frame *frame)
{
    u16 spare[3];
    const u16 *to_be = frame_at(frame, 0, sizeof(spare), spare);
    return to_be && to_be[0] == to_be16(0x0180) && to_be[1] == to_be16(0xc200) &&
           from_be16(to_be[2]) < 16;
}

/* Fills PACKET (zeroed before) from FRAME. Returns PARSED or the reason to drop it. */
INLINE int packet_parse(const struct frame *frame, struct packet *packet)
{
    struct ethhdr spare;
    /* Not as the struct, which is packed: its type would be read byte by byte. */
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
    packet->ethertype = type;
    if (type == ETH_P_IP)
        return packet_parse_ipv4(frame, offset, packet);
    if (type == ETH_P_IPV6)
        return packet_parse_ipv6(frame, offset, packet);
    packet->link_control = is_link_control(frame);
    return PARSED;
}

/* Most headers that may stand in front of an IP packet that has no link layer. */
#define BARE_START_MAX 511u

/* The same where frames have no link layer: the kernel takes this one for a packet of ETHERTYPE
 * that begins at START. What is in front of it, if anything, is a rest of a packet that carried it
 * here. There is no ARP and no link control without addresses of the link: what is not IP is just
 * that. */
INLINE int packet_parse_bare(const struct frame *frame, u32 start, u16 ethertype,
                             struct packet *packet)
{
    packet->length = frame->length;
    if (start > BARE_START_MAX || start > frame->length)
        return REASON_MALFORMED;
    start = bounded(start, BARE_START_MAX);
    packet->start = (u16)start;
    packet->length = frame->length - start;
    if (ethertype == ETH_P_IP)
        return packet_parse_ipv4(frame, start, packet);
    if (ethertype == ETH_P_IPV6)
        return packet_parse_ipv6(frame, start, packet);
    return PARSED;
}

#endif
