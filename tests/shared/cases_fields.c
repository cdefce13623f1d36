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

const struct case_group field_cases[] = {
    {"dscp", dscp_policy, dscp, ARRAY_SIZE(dscp)},
    {NULL, NULL, NULL, 0},
};
