/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a network needs to work at all: [baseline] accepts it before the rules are asked. This table
 * is the only definition: it judges packets, diff compares it and export writes it.
 */
#ifndef EDGEXDP_BASELINE_H
#define EDGEXDP_BASELINE_H

#include "packet.h"
#include "tables.h"

/*
 * KEY(key, REASON, ROWS): a switch of [baseline], the reason that counts it, and what it accepts,
 * which is any of ROWS: ROW(family, protocol, direction, hop limit, source ports, ports).
 */
#define BASELINE_KEYS(KEY)                                                                         \
    KEY(neighbour_discovery, NEIGHBOUR_DISCOVERY, BASELINE_NEIGHBOURS)                             \
    KEY(igmp, IGMP, BASELINE_IGMP)                                                                 \
    KEY(dhcp_client, DHCP_CLIENT, BASELINE_DHCP_CLIENT)                                            \
    KEY(ping, PING, BASELINE_PING)

#define BASELINE_NEIGHBOURS(ROW) /* with hop limit 255 no router has passed it on */               \
    ROW(IPV6, ICMPV6, BOTH, 255, PORT_ANY, ICMP_TYPES(133, 137))                                   \
    ROW(IPV6, ICMPV6, BOTH, HOPS_ANY, PORT_ANY, ICMP_TYPES(130, 132)) /* MLD */                    \
    ROW(IPV6, ICMPV6, BOTH, HOPS_ANY, PORT_ANY, ICMP_TYPES(143, 143)) /* MLDv2 */

#define BASELINE_IGMP(ROW) ROW(IPV4, IGMP, BOTH, HOPS_ANY, PORT_ANY, PORT_ANY)

#define BASELINE_DHCP_CLIENT(ROW)                                                                  \
    ROW(IPV4, UDP, IN, HOPS_ANY, PORT_ONLY(67), PORT_ONLY(68))                                     \
    ROW(IPV4, UDP, OUT, HOPS_ANY, PORT_ONLY(68), PORT_ONLY(67))                                    \
    ROW(IPV6, UDP, IN, HOPS_ANY, PORT_ONLY(547), PORT_ONLY(546))                                   \
    ROW(IPV6, UDP, OUT, HOPS_ANY, PORT_ONLY(546), PORT_ONLY(547))

#define BASELINE_PING(ROW)                                                                         \
    ROW(IPV4, ICMP, IN, HOPS_ANY, PORT_ANY, ICMP_TYPES(8, 8))                                      \
    ROW(IPV4, ICMP, OUT, HOPS_ANY, PORT_ANY, ICMP_TYPES(0, 0))                                     \
    ROW(IPV6, ICMPV6, IN, HOPS_ANY, PORT_ANY, ICMP_TYPES(128, 128))                                \
    ROW(IPV6, ICMPV6, OUT, HOPS_ANY, PORT_ANY, ICMP_TYPES(129, 129))

/* Values in a row. ICMP types take the place of destination ports, as type << 8 | code. */
#define HOPS_ANY                0
#define PORT_ANY                0, 0xffff
#define PORT_ONLY(port)         (port), (port)
#define ICMP_TYPES(first, last) (first) << 8, (last) << 8 | 0xff
#define BASELINE_IN             (1u << DIRECTION_IN)
#define BASELINE_OUT            (1u << DIRECTION_OUT)
#define BASELINE_BOTH           (BASELINE_IN | BASELINE_OUT)

/* Returns the reason that accepts PACKET, or REASONS if none does. */
INLINE enum reason baseline_reason(const volatile struct tables_switches *on,
                                   enum direction direction, const struct packet *packet)
{
#define ROW(family, protocol, directions, hops, ...)                                               \
    || (BASELINE_##directions & 1u << direction &&                                                 \
        packet_is(packet, FAMILY_##family, IPPROTO_##protocol, hops, __VA_ARGS__))
#define KEY(key, REASON, ROWS)                                                                     \
    if (on->key && (false ROWS(ROW)))                                                              \
        return REASON_##REASON;
    BASELINE_KEYS(KEY)
#undef KEY
#undef ROW
    return REASONS;
}

#endif
