/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tables of ICMP errors share: a policy, and the packets that errors quote. */
#ifndef EDGEXDP_TEST_CASES_ERRORS_H
#define EDGEXDP_TEST_CASES_ERRORS_H

#include "../../loader/base/memory.h"
#include "cases.h"

#define IN4  "in ip4 203.0.113.7 > 198.51.100.10 "
#define OUT4 "out ip4 198.51.100.10 > 203.0.113.7 "
#define IN6  "in ip6 2001:db8:9::7 > 2001:db8::10 "
#define OUT6 "out ip6 2001:db8::10 > 2001:db8:9::7 "

#define NOTHING "drop reason default"
#define REPLY   "accept reason reply"

#define ERROR_RULES                                                                                \
    "[rule blocked]\ndirection = in\naction = drop\nfrom = 203.0.113.66, 2001:db8:9::66\n"         \
    "[rule web]\ndirection = in\naction = accept\nprotocol = tcp\n"                                \
    "to = 198.51.100.10, 2001:db8::10\nport = 443\n"                                               \
    "[rule media]\ndirection = both\naction = accept\nprotocol = udp\nport = 50000-50999\n"        \
    "[rule asked]\ndirection = in\naction = accept\nprotocol = icmp, icmpv6\n"                     \
    "icmp-type = echo-request/0\n"                                                                 \
    "[rule tunnelled]\ndirection = in\naction = accept\nprotocol = gre\n"                          \
    "[rule heard]\ndirection = in\naction = accept\nprotocol = icmp\n"                             \
    "icmp-type = destination-unreachable/13\n"                                                     \
    "[rule deaf]\ndirection = in\naction = drop\nprotocol = icmp\nicmp-type = parameter-problem\n" \
    "[rule resolve]\ndirection = out\naction = accept\nprotocol = udp, tcp, sctp\nport = 53\n"     \
    "[rule ping]\ndirection = out\naction = accept\nprotocol = icmp, icmpv6\n"                     \
    "icmp-type = echo-request\n"                                                                   \
    "[rule tunnel]\ndirection = out\naction = accept\nprotocol = esp, 200\n"                       \
    "[rule tell]\ndirection = out\naction = accept\nprotocol = icmp\nicmp-type = time-exceeded\n"  \
    "[rule dumb]\ndirection = out\naction = drop\nprotocol = icmp\nicmp-type = "                   \
    "parameter-problem\n"

/* A router outside complains about an outbound packet. */
#define ROUTER4    "in ip4 192.0.2.1 > 198.51.100.10 "
#define ERROR4     ROUTER4 "| icmp 3 code 4 | quote | "
#define UNREACHED4 ROUTER4 "| icmp 3 code 1 | quote | "
#define SENT4      "ip4 198.51.100.10 > 203.0.113.7 "
#define ASK4       OUT4 "| udp 1024 > 53 | data 20\n"
#define OF_ASK4    SENT4 "| udp 1024 > 53 | data 20"
#define SYN4       OUT4 "| tcp 1024 > 53 syn\n"
#define OF_REPLY4  "| tcp 443 > 40000 ack"

#define ROUTER6 "in ip6 2001:db8:1::1 > 2001:db8::10 "
#define ERROR6  ROUTER6 "| icmp6 2 | quote | "
#define SENT6   "ip6 2001:db8::10 > 2001:db8:9::7 "

/* This host complains about an inbound packet. */
#define COMPLAINT4 OUT4 "| icmp 3 code 3 | quote | "
#define CAME4      "ip4 203.0.113.7 > 198.51.100.10 "

#endif
