/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making the packet that tells a sender that its packet was rejected: a TCP reset (RFC 9293), or an
 * ICMP error (RFC 792, 1812, 4443). Written once for the kernel side and for user space.
 */
#ifndef EDGEXDP_REFUSE_H
#define EDGEXDP_REFUSE_H

#include <linux/if_ether.h>
#include <linux/tcp.h>

#include "ipv4.h"
#include "ipv6.h"
#include "refusal.h"

/* An ICMP error quotes as much of a packet as fits into these, its own headers included. */
#define REFUSAL_BYTES_IPV4 576
#define REFUSAL_BYTES_IPV6 1280

#define REFUSAL_HEADERS_MAX 80 /* IPv6 and TCP with five words of options */
#define REFUSAL_HOPS        64
#define REFUSAL_TOS         0xc0 /* of ICMP errors: internetwork control (RFC 1812, 4.3.2.5) */
#define REFUSAL_CHUNK       64u  /* what is quoted is read in such pieces */
#define REFUSAL_CHUNKS      ((REFUSAL_BYTES_IPV6 + REFUSAL_CHUNK - 1) / REFUSAL_CHUNK)

#define REFUSAL_LINK_MAX 32u /* more than Ethernet and two tags */

/* The beginning of the answer, from the IP header on. An ICMP error stands before the rejected
 * packet; a reset is written over it. */
struct refusal_packet {
    u32 network;  /* where the IP header begins in the rejected frame */
    u32 kept;     /* how much of that frame is kept, from its beginning: the rest is cut off */
    u32 length;   /* of the headers */
    u32 inserted; /* how much of them goes before the rejected packet: all or nothing */
    union {
        u8 bytes[REFUSAL_HEADERS_MAX];
        u16 halves[REFUSAL_HEADERS_MAX / 2];
        u32 words[REFUSAL_HEADERS_MAX / 4];
    };
    /* What is being read: the kernel has little room on the stack. */
    union {
        u32 chunk[REFUSAL_CHUNK / 4];
        struct iphdr ipv4;
        struct ipv6hdr ipv6;
        struct tcphdr tcp;
    };
};

/* Does ADDRESS belong to one host, on the network? */
INLINE bool refuse_is_one_host(u8 family, const struct address *address)
{
    if (family == FAMILY_IPV4) {
        u8 first = address->bytes[0];
        return first && first != 127 && first < 224;
    }
    if (!address->halves_be[0])
        return from_be64(address->halves_be[1]) > 1 &&
               from_be64(address->halves_be[1]) >> 32 != 0xffff;
    return address->bytes[0] != 0xff;
}

/* Is this type of ICMP never answered by an error? Errors and redirects (RFC 1122, 3.2.2; RFC 4443,
 * 2.4) are not, nor is what might be an error that we do not know. */
INLINE bool refuse_is_error(u8 family, u8 type)
{
    if (family == FAMILY_IPV6)
        return type < 128 || type == 137;
    return (type >= 3 && type <= 5) || type == 11 || type == 12 || type > 18;
}

/* May PACKET be answered at all? Groups of the link are for the caller to see. */
INLINE enum untold refuse_untold(const struct packet *packet)
{
    if (packet->later_fragment || packet->first_fragment)
        return UNTOLD_FRAGMENT;
    if (!refuse_is_one_host(packet->family, &packet->source))
        return UNTOLD_SOURCE;
    if (!refuse_is_one_host(packet->family, &packet->destination))
        return UNTOLD_DESTINATION;
    if (packet->protocol == IPPROTO_TCP)
        return packet->tcp_flags & TCP_RST ? UNTOLD_RESET : TOLD;
    return icmp_is(packet->family, packet->protocol) &&
                   refuse_is_error(packet->family, packet->destination_port >> 8)
               ? UNTOLD_ICMP_ERROR
               : TOLD;
}

/* The sum of the COUNT halves of P from FIRST on, for a checksum. */
INLINE u64 refuse_sum(const struct refusal_packet *p, u32 first, u32 count)
{
    u64 sum = 0;

    for (u32 i = first; i < first + count; i++)
        sum += p->halves[i];
    return sum;
}

INLINE u16 refuse_checksum(u64 sum)
{
    for (int step = 0; step < 4; step++)
        sum = (sum & 0xffff) + (sum >> 16);
    return (u16)~sum;
}

/* The sum of BYTES bytes of the frame from OFFSET on, at least one, in *sum. False if they are not
 * there. */
INLINE bool refuse_sum_frame(const struct frame *frame, u32 offset, u32 bytes,
                             struct refusal_packet *p, u64 *sum)
{
    *sum = 0;
    for (u32 chunk = 0; chunk < REFUSAL_CHUNKS; chunk++) {
        u32 at = chunk * REFUSAL_CHUNK, last = bytes - at - 1;
        if (at >= bytes)
            break;
        if (last >= REFUSAL_CHUNK)
            last = REFUSAL_CHUNK - 1;
        __builtin_memset(p->chunk, 0, sizeof(p->chunk));
        if (!frame_copy(frame, offset + at, bounded(last, REFUSAL_CHUNK - 1) + 1, p->chunk))
            return false;
        for (u32 i = 0; i < REFUSAL_CHUNK / 4; i++)
            *sum += p->chunk[i];
    }
    return true;
}

/* In halves: where the addresses begin and how many they are; and where IP ends. */
#define REFUSE_ADDRESSES(six) ((six) ? 4u : 6u)
#define REFUSE_ADDRESSED(six) ((six) ? 16u : 4u)
#define REFUSE_IP(six)        ((six) ? 20u : 10u)

/* Writes the IP header, for PAYLOAD bytes of PROTOCOL, from the receiver of PACKET to its sender.
 * Without fragments the identification of IPv4 means nothing (RFC 6864). */
INLINE void refuse_put_ip(struct refusal_packet *p, const struct packet *packet, bool six,
                          u8 protocol, u32 payload)
{
    if (six) {
        p->words[0] = to_be32(0x60000000);
        p->halves[2] = to_be16((u16)payload);
        p->halves[3] = to_be16((u16)(protocol << 8 | REFUSAL_HOPS));
        __builtin_memcpy(&p->words[2], packet->destination.bytes, 16);
        __builtin_memcpy(&p->words[6], packet->source.bytes, 16);
        return;
    }
    p->halves[0] = to_be16(0x4500 | (protocol == IPPROTO_TCP ? 0 : REFUSAL_TOS));
    p->halves[1] = to_be16((u16)(20 + payload));
    p->halves[2] = 0;
    p->halves[3] = to_be16(0x4000);
    p->halves[4] = to_be16((u16)(REFUSAL_HOPS << 8 | protocol));
    p->halves[5] = 0;
    p->words[3] = packet->destination.words_be[0];
    p->words[4] = packet->source.words_be[0];
    p->halves[5] = refuse_checksum(refuse_sum(p, 0, 10));
}

/* The sum of the pseudo header that IP's addresses make, for PAYLOAD bytes of PROTOCOL. */
INLINE u64 refuse_sum_pseudo(const struct refusal_packet *p, bool six, u8 protocol, u32 payload)
{
    return refuse_sum(p, REFUSE_ADDRESSES(six), REFUSE_ADDRESSED(six)) + to_be16(protocol) +
           to_be16((u16)payload);
}

/* A reset as of RFC 9293, 3.10.7.1, to a segment with the header p->tcp that takes SPACE of the
 * sequence. */
INLINE void refuse_put_reset(struct refusal_packet *p, const struct packet *packet, bool six,
                             u32 space)
{
    const struct tcphdr *tcp = &p->tcp;
    u32 at = REFUSE_IP(six);
    bool acknowledged = packet->tcp_flags & TCP_ACK;

    refuse_put_ip(p, packet, six, IPPROTO_TCP, sizeof(*tcp));
    p->halves[at] = tcp->dest;
    p->halves[at + 1] = tcp->source;
    p->words[at / 2 + 1] = acknowledged ? tcp->ack_seq : 0;
    p->words[at / 2 + 2] = acknowledged ? 0 : to_be32(from_be32(tcp->seq) + space);
    p->words[at / 2 + 3] =
        to_be32((u32)(5 << 12 | (acknowledged ? TCP_RST : TCP_RST | TCP_ACK)) << 16);
    p->words[at / 2 + 4] = 0;
    p->halves[at + 8] =
        refuse_checksum(refuse_sum(p, at, 10) + refuse_sum_pseudo(p, six, IPPROTO_TCP, 20));
    p->length = 2 * at + (u32)sizeof(*tcp);
}

/* An ICMP error that quotes BYTES bytes, whose sum is SUM. */
INLINE void refuse_put_error(struct refusal_packet *p, const struct packet *packet, bool six,
                             enum refusal refusal, u32 bytes, u64 sum)
{
    bool port = refusal == REFUSAL_PORT_UNREACHABLE;
    u32 type = six ? 1 << 8 | (port ? 4 : 1) : 3 << 8 | (port ? 3 : 13);
    u32 at = REFUSE_IP(six), payload = (u32)sizeof(struct icmp_header) + bytes;
    u8 protocol = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;

    refuse_put_ip(p, packet, six, protocol, payload);
    p->halves[at] = to_be16((u16)type);
    p->halves[at + 1] = 0;
    p->words[at / 2 + 1] = 0;
    sum += p->halves[at];
    if (six)
        sum += refuse_sum_pseudo(p, six, protocol, payload);
    p->halves[at + 1] = refuse_checksum(sum);
    p->length = p->inserted = 2 * at + (u32)sizeof(struct icmp_header);
}

/* Where IP begins in an Ethernet frame that was parsed. */
INLINE u32 refuse_find_network(const struct frame *frame)
{
    u32 network = sizeof(struct ethhdr);
    u16 type_be;

    for (u32 tags = 0; tags < 2; tags++) {
        if (!frame_copy(frame, network - 2, sizeof(type_be), &type_be))
            break;
        if (type_be != to_be16(ETH_P_8021Q) && type_be != to_be16(ETH_P_8021AD))
            break;
        network += 4;
    }
    return network;
}

/* Exchanges the addresses of the Ethernet header in LINK. False if they are those of a group, which
 * is never answered. */
INLINE bool refuse_turn_link(u8 link[REFUSAL_LINK_MAX])
{
    u8 address[6];

    if ((link[0] | link[6]) & 1)
        return false;
    __builtin_memcpy(address, link, 6);
    __builtin_memcpy(link, link + 6, 6);
    __builtin_memcpy(link + 6, address, 6);
    return true;
}

/* Finds where the IP packet ends, and what it carries begins. */
INLINE bool refuse_find_ends(const struct frame *frame, u32 network, u8 family,
                             struct refusal_packet *p, u32 *transport, u32 *end)
{
    u32 total;

    if (family == FAMILY_IPV4) {
        if (!frame_copy(frame, network, sizeof(p->ipv4), &p->ipv4))
            return false;
        total = from_be16(p->ipv4.tot_len);
        *transport = network + p->ipv4.ihl * 4u;
        *end = total ? network + total : frame_length(frame);
        return true;
    }
    if (!frame_copy(frame, network, sizeof(p->ipv6), &p->ipv6))
        return false;
    total = from_be16(p->ipv6.payload_len);
    *transport = network + (u32)sizeof(p->ipv6);
    *end = total ? *transport + total : frame_length(frame);
    struct extension_walk walk = {.offset = *transport, .end = *end, .protocol = p->ipv6.nexthdr};
    if (!ipv6_is_extension(walk.protocol))
        return true;
    if (frame_walk_extensions(frame, &walk) != PARSED)
        return false;
    *transport = walk.offset;
    return true;
}

/* A frame is not made shorter than Ethernet's minimum, or than its own transport header: where the
 * kernel has yet to fill in a checksum, it does not let go of that. */
#define REFUSAL_ETHERNET_MIN  60u
#define REFUSAL_TRANSPORT_MIN 18u

INLINE u32 refuse_keep(u32 needed, u32 transport, u32 length)
{
    if (needed < transport + REFUSAL_TRANSPORT_MIN)
        needed = transport + REFUSAL_TRANSPORT_MIN;
    if (needed < REFUSAL_ETHERNET_MIN)
        needed = REFUSAL_ETHERNET_MIN;
    return needed < length ? needed : length;
}

/* Makes *P, the answer to PACKET, which was read from FRAME, where its IP header is at NETWORK;
 * LENGTH is that of the whole frame. False if it gets none. What is written is inlined once for
 * each family: so its offsets are constants, which the verifier need not bound. */
INLINE bool refuse_make(const struct frame *frame, const struct packet *packet, u32 network,
                        u32 length, enum refusal refusal, struct refusal_packet *p)
{
    bool six = packet->family == FAMILY_IPV6;
    u32 transport, end, bytes;
    u64 sum;

    if (refuse_untold(packet) != TOLD ||
        !refuse_find_ends(frame, network, packet->family, p, &transport, &end))
        return false;
    p->network = network;
    p->inserted = 0;
    if (refusal == REFUSAL_TCP_RESET) {
        transport = bounded(transport, OFFSET_MASK);
        if (packet->protocol != IPPROTO_TCP ||
            !frame_copy(frame, transport, sizeof(p->tcp), &p->tcp))
            return false;
        u32 space = end - transport - p->tcp.doff * 4u + !!(packet->tcp_flags & TCP_SYN) +
                    (packet->tcp_flags & TCP_FIN);
        if (six)
            refuse_put_reset(p, packet, true, space);
        else
            refuse_put_reset(p, packet, false, space);
        p->kept = refuse_keep(network + p->length, transport, length);
        return true;
    }
    bytes = end - network;
    if (six && bytes > REFUSAL_BYTES_IPV6 - 48)
        bytes = REFUSAL_BYTES_IPV6 - 48;
    if (!six && bytes > REFUSAL_BYTES_IPV4 - 28)
        bytes = REFUSAL_BYTES_IPV4 - 28;
    if (!bytes || !refuse_sum_frame(frame, network, bytes, p, &sum))
        return false;
    if (six)
        refuse_put_error(p, packet, true, refusal, bytes, sum);
    else
        refuse_put_error(p, packet, false, refusal, bytes, sum);
    p->kept = network + bytes;
    return true;
}

#endif
