/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame_build.h"

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>

#include "../policy/notation.h"

#define ECHO_ID           1 /* always the same, so that a reply answers a request of the notation */
#define FRAGMENT_OFFSET_8 2 /* later fragments begin 16 bytes into their packet */
#define IP_MORE           0x2000
#define IPV6_MORE         1
#define FRAGMENT_BYTES    8 /* the header of IPv6 fragments */
#define HOP_LIMIT         64
#define HOP_LIMIT_LINK    255 /* neighbour discovery must come from the link itself */

/* Fields of the kind NUMBERS, in the IP header and behind it; see fields.h. */
static void frame_set_ttl(u8 *ip, enum family family, u16 value)
{
    ip[family == FAMILY_IPV4 ? offsetof(struct iphdr, ttl) : offsetof(struct ipv6hdr, hop_limit)] =
        (u8)value;
}

static void frame_set_dscp(u8 *ip, enum family family, u16 value)
{
    unsigned int shift = family == FAMILY_IPV4 ? 2 : 6;

    ip[0] = (u8)((ip[0] & ~(0x3f << shift >> 8)) | value << shift >> 8);
    ip[1] = (u8)((ip[1] & ~(0x3f << shift)) | value << shift);
}

static void frame_set_length(u8 *ip, enum family family, u16 value)
{
    u16 field = to_be16(family == FAMILY_IPV4 ? value : (u16)(value - sizeof(struct ipv6hdr)));

    memcpy(ip + (family == FAMILY_IPV4 ? offsetof(struct iphdr, tot_len)
                                       : offsetof(struct ipv6hdr, payload_len)),
           &field, sizeof(field));
}

static void frame_set_ip_flags(u8 *ip, enum family family, u16 value)
{
    const struct ipv6hdr *header = (const void *)ip;

    if (family == FAMILY_IPV4)
        ip[offsetof(struct iphdr, frag_off)] |= (u8)(value << 5);
    else if (header->nexthdr == IPPROTO_FRAGMENT)
        ip[sizeof(*header) + 3] |= value & IPV6_MORE;
}

/* Behind the headers that packets have here. */
static void frame_set_tcp_reserved(u8 *ip, enum family family, u16 value)
{
    const struct ipv6hdr *header = (const void *)ip;
    const bool fragment = family == FAMILY_IPV6 && header->nexthdr == IPPROTO_FRAGMENT;
    u8 *tcp = ip + (family == FAMILY_IPV4 ? sizeof(struct iphdr) : sizeof(*header)) +
              (fragment ? FRAGMENT_BYTES : 0);

    tcp[12] |= (u8)value;
}

static void frame_set_flow_label_high(u8 *ip, enum family family, u16 value)
{
    if (family == FAMILY_IPV6)
        ip[1] = (u8)((ip[1] & 0xf0) | value);
}

static void frame_set_flow_label_low(u8 *ip, enum family family, u16 value)
{
    u16 field = to_be16(value);

    if (family == FAMILY_IPV6)
        memcpy(ip + 2, &field, sizeof(field));
}

/* Sets the values that PACKET states, in place of the defaults. */
static void set_numbers(const struct packet_notation *packet, u8 *ip)
{
#define ROW(ID, id, ...)                                                                           \
    if (packet->said >> FIELD_##ID & 1)                                                            \
        frame_set_##id(ip, packet->family, packet->numbers[FIELD_##ID]);
    EDGEXDP_NUMBER_FIELDS(ROW)
#undef ROW
}

static u8 *append(u8 *at, const void *header, size_t size)
{
    memcpy(at, header, size);
    return at + size;
}

static u8 *append_tcp(u8 *at, const struct packet_notation *packet)
{
    struct tcphdr tcp = {.source = to_be16(packet->source_port),
                         .dest = to_be16(packet->destination_port),
                         .doff = sizeof(tcp) / 4,
                         .window = 0xffff};
    ((u8 *)&tcp)[13] = packet->tcp_flags;
    return append(at, &tcp, sizeof(tcp));
}

static u8 *append_ip(u8 *at, const struct packet_notation *packet);

/* An ICMP message; its type and what it quotes. */
static u8 *append_icmp(u8 *at, const struct packet_notation *packet)
{
    u8 icmp[8] = {packet->icmp_type, packet->icmp_code, 0, 0, 0, ECHO_ID, 0, 1};
    struct packet_notation quoted = notation_quoted(packet);

    at = append(at, icmp, sizeof(icmp));
    return packet->quotes ? append_ip(at, &quoted) : at;
}

static bool says_length(const struct packet_notation *packet)
{
    return packet->said >> FIELD_LENGTH & 1;
}

static u8 *append_udp(u8 *at, const struct packet_notation *packet)
{
    size_t header = packet->family == FAMILY_IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
    struct udphdr udp = {.source = to_be16(packet->source_port),
                         .dest = to_be16(packet->destination_port),
                         .len = to_be16(sizeof(udp))};

    if (says_length(packet))
        udp.len = to_be16((u16)(packet->numbers[FIELD_LENGTH] - header));
    return append(at, &udp, sizeof(udp));
}

static u8 *append_transport(u8 *at, const struct packet_notation *packet)
{
    if (packet->fragment == FRAGMENT_LATER)
        return append(at, "fragment", 8);
    if (notation_is_icmp(packet))
        return append_icmp(at, packet);
    if (packet->protocol == IPPROTO_TCP)
        return append_tcp(at, packet);
    if (packet->protocol == IPPROTO_UDP)
        return append_udp(at, packet);
    u16 ports_be[8] = {to_be16(packet->source_port), to_be16(packet->destination_port)};
    return append(at, ports_be, sizeof(ports_be));
}

/* Returns where the packet that begins at IP ends, if its headers end at END: it is filled up to
 * the length that PACKET states. */
static u8 *fill_up(const struct packet_notation *packet, u8 *ip, u8 *end)
{
    u8 *stated = ip + packet->numbers[FIELD_LENGTH];

    if (!says_length(packet))
        return end;
    if (stated > end)
        memset(end, 0, (size_t)(stated - end));
    return stated;
}

static u8 *append_ipv4(u8 *at, const struct packet_notation *packet)
{
    struct iphdr ip = {.version = 4, .ihl = 5, .ttl = HOP_LIMIT, .protocol = packet->protocol};
    u8 *end = fill_up(packet, at, append_transport(at + sizeof(ip), packet));

    ip.frag_off = to_be16(packet->fragment == FRAGMENT_LATER   ? FRAGMENT_OFFSET_8
                          : packet->fragment == FRAGMENT_FIRST ? IP_MORE
                                                               : 0);
    ip.tot_len = to_be16((u16)(end - at));
    memcpy(&ip.saddr, packet->source, 4);
    memcpy(&ip.daddr, packet->destination, 4);
    append(at, &ip, sizeof(ip));
    set_numbers(packet, at);
    return end;
}

static u8 *append_ipv6(u8 *at, const struct packet_notation *packet)
{
    struct ipv6hdr ip = {.version = 6, .nexthdr = packet->protocol, .hop_limit = HOP_LIMIT};
    u8 *payload = at + sizeof(ip), *end = payload;

    if (packet->fragment != FRAGMENT_NONE) {
        u8 place = packet->fragment == FRAGMENT_LATER ? FRAGMENT_OFFSET_8 << 3 : IPV6_MORE;
        u8 fragment[FRAGMENT_BYTES] = {packet->protocol, 0, 0, place};
        ip.nexthdr = IPPROTO_FRAGMENT;
        end = append(end, fragment, sizeof(fragment));
    }
    if (notation_is_icmp(packet) && packet->icmp_type >= 133 && packet->icmp_type <= 137)
        ip.hop_limit = HOP_LIMIT_LINK;
    end = fill_up(packet, at, append_transport(end, packet));
    ip.payload_len = to_be16((u16)(end - payload));
    memcpy(&ip.saddr, packet->source, 16);
    memcpy(&ip.daddr, packet->destination, 16);
    append(at, &ip, sizeof(ip));
    set_numbers(packet, at);
    return end;
}

static u8 *append_ip(u8 *at, const struct packet_notation *packet)
{
    return packet->family == FAMILY_IPV6 ? append_ipv6(at, packet) : append_ipv4(at, packet);
}

size_t frame_build(const struct packet_notation *packet, void *buffer)
{
    struct ethhdr ethernet = {.h_dest = {2, 0, 0, 0, 0, 2},
                              .h_source = {2, 0, 0, 0, 0, 1},
                              .h_proto =
                                  to_be16(packet->family == FAMILY_IPV6 ? ETH_P_IPV6 : ETH_P_IP)};
    u8 *at = append(buffer, &ethernet, sizeof(ethernet));

    return (size_t)(append_ip(at, packet) - (u8 *)buffer);
}
