/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Martians: packets with a source that no packet can have. These tables are the only definition:
 * they judge packets, diff compares them and export writes them.
 */
#ifndef EDGEXDP_MARTIAN_H
#define EDGEXDP_MARTIAN_H

#include "baseline.h"

/* Prefixes that no packet can come from, host order: PREFIX(first address, bits). */
#define MARTIAN_PREFIXES_IPV4(PREFIX)                                                              \
    PREFIX(0x00000000, 8)  /* this network; but see below for its first address */                 \
    PREFIX(0x7f000000, 8)  /* this host */                                                         \
    PREFIX(0xe0000000, 4)  /* groups */                                                            \
    PREFIX(0xffffffff, 32) /* everybody */

/* PREFIX(upper half of the first address, lower half, bits). */
#define MARTIAN_PREFIXES_IPV6(PREFIX)                                                              \
    PREFIX(0, 0, 128)                /* ::, but see below */                                       \
    PREFIX(0, 1, 128)                /* this host */                                               \
    PREFIX(0, 0xffff00000000, 96)    /* IPv4, which does not travel so */                          \
    PREFIX(0xff00000000000000, 0, 8) /* groups */

/* What may still come from 0.0.0.0 and ::, because the sender has no address yet, or none to use:
 * DHCP (RFC 2131) and IGMP (RFC 4541, from switches that ask who listens); router and neighbour
 * solicitation (RFC 4861) and MLD. ROW is as in baseline.h. */
#define MARTIAN_EXEMPT_IPV4(ROW)                                                                   \
    ROW(IPV4, UDP, BOTH, HOPS_ANY, PORT_ONLY(68), PORT_ANY)                                        \
    ROW(IPV4, IGMP, BOTH, HOPS_ANY, PORT_ANY, PORT_ANY)
#define MARTIAN_EXEMPT_IPV6(ROW)                                                                   \
    ROW(IPV6, ICMPV6, BOTH, HOPS_ANY, PORT_ANY, ICMP_TYPES(133, 133))                              \
    ROW(IPV6, ICMPV6, BOTH, HOPS_ANY, PORT_ANY, ICMP_TYPES(135, 135))                              \
    ROW(IPV6, ICMPV6, BOTH, HOPS_ANY, PORT_ANY, ICMP_TYPES(130, 132))                              \
    ROW(IPV6, ICMPV6, BOTH, HOPS_ANY, PORT_ANY, ICMP_TYPES(143, 143))

INLINE bool martian_exempts(const struct packet *packet)
{
#define ROW(family, protocol, directions, ...)                                                     \
    || packet_is(packet, FAMILY_##family, IPPROTO_##protocol, __VA_ARGS__)
    return false MARTIAN_EXEMPT_IPV4(ROW) MARTIAN_EXEMPT_IPV6(ROW);
#undef ROW
}

/* The same for its mirror image. ICMP, which has no source port, is never exempt: a sender that can
 * be answered has an address. */
INLINE bool martian_exempts_mirror(const struct packet *packet)
{
    struct packet mirror = {.family = packet->family,
                            .protocol = packet->protocol,
                            .source_port = packet->destination_port,
                            .destination_port = packet->source_port};
    return martian_exempts(&mirror);
}

/* Does HOST lie in the prefix that begins with PREFIX and has BITS bits? */
INLINE bool martian_begins(u64 host, u64 prefix, u32 width, u32 bits)
{
    return !bits || host >> (width - bits) == prefix >> (width - bits);
}

/* Is SOURCE one that no packet can have? OTHER is the destination. The caller checks 0.0.0.0 and
 * ::. */
INLINE bool martian_source(u8 family, const struct address *source, const struct address *other)
{
    if (family == FAMILY_IPV4) {
        u32 host = from_be32(source->words_be[0]);
#define PREFIX(first, bits) || martian_begins(host, first, 32, bits)
        return source->words_be[0] == other->words_be[0] MARTIAN_PREFIXES_IPV4(PREFIX);
#undef PREFIX
    }
    u64 upper = from_be64(source->halves_be[0]), lower = from_be64(source->halves_be[1]);
#define PREFIX(first_upper, first_lower, bits)                                                     \
    || (martian_begins(upper, first_upper, 64, (bits) < 64 ? (bits) : 64) &&                       \
        martian_begins(lower, first_lower, 64, (bits) < 64 ? 0 : (bits)-64))
    return (source->halves_be[0] == other->halves_be[0] &&
            source->halves_be[1] == other->halves_be[1]) MARTIAN_PREFIXES_IPV6(PREFIX);
#undef PREFIX
}

INLINE bool martian_unspecified(u8 family, const struct address *address)
{
    if (family == FAMILY_IPV4)
        return !address->words_be[0];
    return !address->halves_be[0] && !address->halves_be[1];
}

INLINE bool martian_packet(const struct packet *packet)
{
    if (martian_unspecified(packet->family, &packet->source))
        return !martian_exempts(packet) ||
               martian_unspecified(packet->family, &packet->destination);
    return martian_source(packet->family, &packet->source, &packet->destination);
}

/* Is PACKET's mirror image a martian? A packet to a group answers nothing: its mirror image would
 * come from the group. */
INLINE bool martian_mirror(const struct packet *packet)
{
    if (martian_unspecified(packet->family, &packet->destination))
        return !martian_exempts_mirror(packet) ||
               martian_unspecified(packet->family, &packet->source);
    return martian_source(packet->family, &packet->destination, &packet->source);
}

#endif
