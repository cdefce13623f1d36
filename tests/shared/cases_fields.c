/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields that every IP packet has besides its addresses; see fields.h. */
#include "cases.h"

#include "../../loader/base/memory.h"

#define IN4  "in ip4 203.0.113.7 > 198.51.100.10 "
#define OUT4 "out ip4 198.51.100.10 > 203.0.113.7 "
#define IN6  "in ip6 2001:db8:9::7 > 2001:db8::10 "
#define OUT6 "out ip6 2001:db8::10 > 2001:db8:9::7 "

#define NOTHING "drop reason default"

static const char dscp_policy[] =
    "[policy]\nname = dscp\n"
    "[rule worst]\ndirection = in\naction = drop\nprotocol = tcp\nport = 22\ndscp = le, cs1\n"
    "[rule ssh]\ndirection = in\naction = accept\nprotocol = tcp\nport = 22\n"
    "[rule voice]\ndirection = in\naction = accept\nprotocol = udp\nport = 5060\n"
    "dscp = ef, af31-af43, 63\n"
    "[rule own]\ndirection = out\naction = accept\nprotocol = udp\nport = 53\ndscp = 0\n";

static const struct packet_case dscp[] = {
    {IN4 "| tcp 1 > 22 syn", "accept rule ssh"},
    {IN4 "dscp 1 | tcp 1 > 22 syn", "drop rule worst"},
    {IN6 "dscp 8 | tcp 1 > 22 syn", "drop rule worst"},
    {IN6 "dscp 9 | tcp 1 > 22 syn", "accept rule ssh"},
    {IN4 "dscp 46 | udp 1 > 5060", "accept rule voice"},
    {IN6 "dscp 46 | udp 1 > 5060", "accept rule voice"},
    {IN4 "dscp 45 | udp 1 > 5060", NOTHING},
    {IN6 "dscp 47 | udp 1 > 5060", NOTHING},
    {IN4 "dscp 26 | udp 1 > 5060", "accept rule voice"},
    {IN6 "dscp 38 | udp 1 > 5060", "accept rule voice"},
    {IN4 "dscp 39 | udp 1 > 5060", NOTHING},
    {IN4 "dscp 63 | udp 1 > 5060", "accept rule voice"},
    {IN6 "dscp 63 | udp 1 > 5060", "accept rule voice"},
    /* What follows the DSCP in the header is ECN, in IPv6 a flow label too. */
    {IN4 "dscp 46 | udp 1 > 5060 | poke 15 187", "accept rule voice"},
    {IN6 "dscp 46 | udp 1 > 5060 | poke 15 191", "accept rule voice"},
    {"in qinq | vlan | ip4 203.0.113.7 > 198.51.100.10 dscp 46 | udp 1 > 5060",
     "accept rule voice"},
    {OUT4 "| udp 1 > 53", "accept rule own"},
    {OUT6 "dscp 1 | udp 1 > 53", NOTHING},
    {OUT6 "| udp 1 > 53\n" IN6 "dscp 1 | udp 53 > 1", "accept reply own"},
    /* Nobody knows the DSCP of what is answered or quoted. */
    {OUT4 "dscp 1 | tcp 22 > 1 syn ack", "accept reply ssh"},
    {OUT6 "| udp 5060 > 1", "accept reply voice"},
    {OUT4 "| icmp 3 code 3 | quote | ip4 203.0.113.7 > 198.51.100.10 dscp 7 | udp 1 > 5060",
     "accept reply voice"},
};

static const char length_policy[] =
    "[policy]\nname = length\n"
    "[rule tiny]\ndirection = in\naction = drop\nprotocol = tcp\nport = 22\nlength = 0-40\n"
    "[rule ssh]\ndirection = in\naction = accept\nprotocol = tcp\nport = 22\n"
    "[rule dns]\ndirection = in\naction = accept\nprotocol = udp\nport = 53\n"
    "length = 60-512, 65535\n"
    "[rule own]\ndirection = out\naction = accept\nprotocol = udp\nport = 53\n"
    "length = 0-1500\n"
    "[rule large]\ndirection = out\naction = accept\nprotocol = udp\nport = 54\n"
    "length = 65535\n"
    "[rule others]\ndirection = in\naction = accept\nprotocol = gre\nlength = 20, 40\n";

static const struct packet_case length[] = {
    {IN4 "| tcp 1 > 22 syn", "drop rule tiny"},
    {IN4 "size 41 | tcp 1 > 22 syn", "accept rule ssh"},
    {IN4 "options 01010101 | tcp 1 > 22 syn", "accept rule ssh"},
    {IN6 "| tcp 1 > 22 syn", "accept rule ssh"},
    {IN4 "size 59 | udp 1 > 53", NOTHING},
    {IN4 "size 60 | udp 1 > 53", "accept rule dns"},
    {IN4 "size 512 | udp 1 > 53", "accept rule dns"},
    {IN4 "size 513 | udp 1 > 53", NOTHING},
    {IN6 "size 59 | udp 1 > 53", NOTHING},
    {IN6 "size 60 | udp 1 > 53", "accept rule dns"},
    {IN6 "size 512 | udp 1 > 53", "accept rule dns"},
    {IN6 "size 513 | udp 1 > 53", NOTHING},
    /* The header of IPv6 and its extensions count, what is around the packet does not. */
    {IN6 "size 512 | hop | dst 3 | udp 1 > 53", "accept rule dns"},
    {"in vlan | ip4 203.0.113.7 > 198.51.100.10 size 512 | udp 1 > 53", "accept rule dns"},
    {IN4 "size 512 | udp 1 > 53 | pad 600", "accept rule dns"},
    {IN4 "| proto 47", "accept rule others"},
    {IN6 "| proto 47", "accept rule others"},
    {IN4 "| proto 47 | data 1", NOTHING},
    {OUT4 "size 1500 | udp 1 > 53", "accept rule own"},
    {OUT6 "size 1501 | udp 1 > 53", NOTHING},
    /* More than the field of a header can say, or just as much. */
    {IN4 "size 65535 | udp 1 > 53", "accept rule dns"},
    {IN4 "size 65534 | udp 1 > 53", NOTHING},
    {IN4 "size 66000 | udp 1 > 53", "accept rule dns"},
    {IN6 "size 65534 | udp 1 > 53", NOTHING},
    {IN6 "size 65535 | udp 1 > 53", "accept rule dns"},
    {IN6 "size 65575 | udp 1 > 53", "accept rule dns"},
    {IN6 "size 66000 | udp 1 > 53", "accept rule dns"},
    {OUT4 "size 66000 | udp 1 > 54", "accept rule large"},
    {OUT6 "size 70000 | udp 1 > 54", "accept rule large"},
    {OUT6 "size 65534 | udp 1 > 54", NOTHING},
    /* Nobody knows the length of what is answered or quoted. */
    {OUT4 "| tcp 22 > 1 syn ack", "accept reply ssh"},
    {OUT6 "size 2000 | udp 53 > 1", "accept reply dns"},
    {OUT4 "| icmp 3 code 3 | quote | ip4 203.0.113.7 > 198.51.100.10 | udp 1 > 53",
     "accept reply dns"},
};

static const char family_policy[] =
    "[policy]\nname = family\n"
    "[rule old]\ndirection = both\naction = drop\nfamily = ipv4\nprotocol = tcp\nport = 22\n"
    "[rule new]\ndirection = in\naction = accept\nfamily = ipv6\nprotocol = tcp, udp\n"
    "[rule all]\ndirection = in\naction = accept\nfamily = ipv4, ipv6\nprotocol = tcp\n"
    "port = 22-23\n"
    "[rule out]\ndirection = out\naction = accept\nfamily = ipv4\n"
    "[rule never]\ndirection = in\naction = accept\nfamily = ipv4\nprotocol = icmpv6\n";

static const struct packet_case family[] = {
    {IN4 "| tcp 1 > 22 syn", "drop rule old"},
    {IN6 "| tcp 1 > 22 syn", "accept rule new"},
    {IN4 "| tcp 1 > 23 syn", "accept rule all"},
    {IN6 "| udp 1 > 53", "accept rule new"},
    {IN4 "| udp 1 > 53", NOTHING},
    {OUT4 "| tcp 1 > 22 syn", "drop rule old"},
    {OUT4 "| tcp 1 > 23 syn", "accept rule out"},
    {OUT6 "| tcp 1 > 23 syn", NOTHING},
    {IN4 "| icmp6 128", NOTHING},
    /* Answers have the family of what they answer. */
    {OUT6 "| tcp 22 > 1 syn ack", "accept reply new"},
    {OUT6 "| udp 53 > 1", "accept reply new"},
    {OUT4 "| tcp 22 > 1 syn ack", "accept rule out"},
};

const struct case_group field_cases[] = {
    {"dscp", dscp_policy, dscp, ARRAY_SIZE(dscp)},
    {"length", length_policy, length, ARRAY_SIZE(length)},
    {"family", family_policy, family, ARRAY_SIZE(family)},
    {NULL, NULL, NULL, 0},
};
