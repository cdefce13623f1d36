/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule can ask about a packet: each field is a row of this table. Policy, compiler, judge,
 * explain, diff, export, notation and the tests' generators walk it; CONTRIBUTING.md says how to
 * add one.
 */
#ifndef EDGEXDP_FIELDS_H
#define EDGEXDP_FIELDS_H

/*
 * The columns of every row, in this order:
 *
 *   ID, id     FIELD_ID, and the name in functions that belong to this field alone
 *   name       of the key in the policy, and wherever a field is named
 *   kind       how its values are read, compared and written: enum field_kind
 *   test       the test of the decision diagram that asks for it: enum test (tables.h); NONE: each
 *              family has its own diagram, and that is all it takes
 *   needs      what a packet must be to have this field: enum field_needs
 *   last       the greatest value; 0: its values are addresses
 *   what4/6    what it is called in sentences about IPv4 and about IPv6
 *   values     which values the key may have, for people
 *   summary    what it governs, for people
 *
 * The order of the rows is the order of the keys, and the order in which explain reports why a rule
 * does not match.
 */
#define EDGEXDP_FIELDS(ROW)                                                                        \
    ROW(FAMILY, family, "family", FAMILIES, NONE, NOTHING, 65535, "family", "family",              \
        "ipv4, ipv6 or any", "the version of IP")                                                  \
    ROW(PROTOCOL, protocol, "protocol", PROTOCOLS, PORT, NOTHING, 255, "protocol", "protocol",     \
        "a list of tcp, udp, sctp, icmp, icmpv6, esp, ah, gre, a number, or any",                  \
        "the transport protocol")                                                                  \
    ROW(FROM, from, "from", ADDRESSES, SOURCE, NOTHING, 0, "source", "source",                     \
        "a list of sets, addresses, prefixes, ranges A-B, @FILE, or any", "the source")            \
    ROW(TO, to, "to", ADDRESSES, DESTINATION, NOTHING, 0, "destination", "destination",            \
        "a list of sets, addresses, prefixes, ranges A-B, @FILE, or any", "the destination")       \
    ROW(PORT, port, "port", PORTS, PORT, PORTS, 65535, "port", "port",                             \
        "a list of ports and ranges A-B, or any", "the destination port; needs tcp, udp or sctp")  \
    ROW(SOURCE_PORT, source_port, "source-port", PORTS, SOURCE_PORT, PORTS, 65535, "source port",  \
        "source port", "a list of ports and ranges A-B, or any",                                   \
        "the source port; needs tcp, udp or sctp")                                                 \
    ROW(ICMP_TYPE, icmp_type, "icmp-type", TYPES, PORT, ICMP, 65535, "type", "type",               \
        "a list of type names, numbers, TYPE/CODE, or any", "the ICMP type; needs icmp or icmpv6") \
    EDGEXDP_OWN_FIELDS(ROW)

/*
 * Fields that have a test of their own. Nobody knows them of a packet that is only spoken of
 * (tables_walk_own()). packet_ID() in packet.h reads each from a packet.
 */
#define EDGEXDP_OWN_FIELDS(ROW)                                                                    \
    ROW(TCP_FLAGS, tcp_flags, "tcp-flags", FLAGS, TCP_FLAGS, TCP, 255, "TCP flags", "TCP flags",   \
        "a list of flags joined by +, as in syn+!ack, or any",                                     \
        "which flags are set and which are not; needs tcp")                                        \
    ROW(FRAGMENT, fragment, "fragment", FRAGMENTS, FRAGMENT, NOTHING, FRAGMENT_LATER, "fragment",  \
        "fragment", "a list of no, first, later, yes (first and later), or any",                   \
        "whether it is a fragment; only rules with later or yes are asked of later ones")          \
    EDGEXDP_NUMBER_FIELDS(ROW)                                                                     \
    ROW(ARRIVES, arrives, "arrives", ZONES, ARRIVES, NOTHING, ZONE_ELSEWHERE, "arrival",           \
        "arrival", "a list of zones, or any",                                                      \
        "the zone that it came in through; needs direction = forward")

/* The zone that an outgoing packet came in through: one of the policy's, by its number, or one of
 * these. Nobody asks it of an incoming packet, whose zone is that of its interface. */
#define ZONE_HERE      0u   /* none: this host sent it */
#define ZONE_ELSEWHERE 255u /* an interface that is in no zone */

/*
 * Fields of the kind NUMBERS: a number of at most 16 bits that every IP packet has, or every one of
 * a family or of TCP, with its own test. They have more columns:
 *
 *   nft4/6     what nftables calls it; empty if it does not: nft_match.c may have another way
 *   nft_last   its greatest value there; beyond ours, it is our last
 *
 * Code specific to such a field is in functions named after it: frame_set_ID() in frame_build.c
 * writes it into a packet, and the tests have two more. If one is missing, the build fails.
 */
#define EDGEXDP_NUMBER_FIELDS(ROW)                                                                 \
    ROW(TTL, ttl, "ttl", NUMBERS, TTL, NOTHING, 255, "ttl", "hop limit",                           \
        "a list of numbers and ranges A-B, or any", "the TTL, or the hop limit of IPv6", "ip ttl", \
        "ip6 hoplimit", 255)                                                                       \
    ROW(DSCP, dscp, "dscp", NUMBERS, DSCP, NOTHING, 63, "dscp", "dscp",                            \
        "a list of cs0 to cs7, af11 to af43, ef, le, va, numbers and ranges A-B, or any",          \
        "the DSCP, how urgent the packet is", "ip dscp", "ip6 dscp", 63)                           \
    ROW(LENGTH, length, "length", NUMBERS, LENGTH, NOTHING, 65535, "length", "length",             \
        "a list of numbers and ranges A-B, or any",                                                \
        "the bytes of the IP packet, its header included", "meta length", "meta length",           \
        0xffffffff)                                                                                \
    ROW(IP_FLAGS, ip_flags, "ip-flags", NUMBERS, IP_FLAGS, NOTHING, 3, "IP flags", "IP flags",     \
        "a list of numbers and ranges A-B, or any",                                                \
        "2 for \"don't fragment\", which IPv6 has not, and 1 for \"more fragments\"",              \
        "meta nfproto ipv4 @nh,49,2", "", 3)                                                       \
    ROW(TCP_RESERVED, tcp_reserved, "tcp-reserved", NUMBERS, TCP_RESERVED, TCP, 15,                \
        "reserved bits of TCP", "reserved bits of TCP",                                            \
        "a list of numbers and ranges A-B, or any", "the four bits before TCP's flags; needs tcp", \
        "@th,100,4", "@th,100,4", 15)                                                              \
    ROW(FLOW_LABEL_HIGH, flow_label_high, "flow-label-high", NUMBERS, FLOW_LABEL_HIGH, IPV6, 15,   \
        "upper flow label", "upper flow label", "a list of numbers and ranges A-B, or any",        \
        "the upper 4 bits of the flow label; needs family = ipv6", "",                             \
        "meta nfproto ipv6 @nh,12,4", 15)                                                          \
    ROW(FLOW_LABEL_LOW, flow_label_low, "flow-label-low", NUMBERS, FLOW_LABEL_LOW, IPV6, 65535,    \
        "lower flow label", "lower flow label", "a list of numbers and ranges A-B, or any",        \
        "the lower 16 bits of the flow label; needs family = ipv6", "",                            \
        "meta nfproto ipv6 @nh,16,16", 65535)

/* Of ip-flags. */
#define IP_FLAG_MORE 1u /* more fragments */

/* Where lists of the fields of the kind NUMBERS have each. */
enum number {
#define ROW(ID, ...) NUMBER_##ID,
    EDGEXDP_NUMBER_FIELDS(ROW)
#undef ROW
        NUMBERS
};

enum field {
#define ROW(ID, ...) FIELD_##ID,
    EDGEXDP_FIELDS(ROW)
#undef ROW
        FIELDS
};

#endif
