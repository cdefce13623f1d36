/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors: judged by the packet that they quote. */
#include "cases.h"

#include "../../loader/base/memory.h"

#define IN4  "in ip4 203.0.113.7 > 198.51.100.10 "
#define OUT4 "out ip4 198.51.100.10 > 203.0.113.7 "
#define IN6  "in ip6 2001:db8:9::7 > 2001:db8::10 "
#define OUT6 "out ip6 2001:db8::10 > 2001:db8:9::7 "

#define NOTHING "drop reason default"
#define REPLY   "accept reason reply"

#define RULES                                                                                      \
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

static const char edge_policy[] = "[policy]\nname = edge\n" RULES;
static const char off_policy[] = "[policy]\nname = off\n[baseline]\nicmp-errors = drop\n" RULES;
static const char lax_policy[] = "[policy]\nname = lax\n[baseline]\nmartians = accept\n" RULES;
static const char open_policy[] = "[policy]\nname = open\ninbound = accept\noutbound = accept\n"
                                  "[rule no]\ndirection = both\naction = drop\nprotocol = udp\n"
                                  "port = 9\n"
                                  "[rule noted]\ndirection = out\naction = accept\n"
                                  "protocol = sctp\nport = 7\n";
static const char audit_policy[] = "[policy]\nname = audit\nmode = audit\n" RULES;

/* A router outside complains about an outbound packet. */
#define ROUTER4    "in ip4 192.0.2.1 > 198.51.100.10 "
#define ERROR4     ROUTER4 "| icmp 3 code 4 | quote | "
#define UNREACHED4 ROUTER4 "| icmp 3 code 1 | quote | "
#define SENT4      "ip4 198.51.100.10 > 203.0.113.7 "
#define ASK4       OUT4 "| udp 1024 > 53 | data 20\n"
#define OF_ASK4    SENT4 "| udp 1024 > 53 | data 20"
#define OF_SYN4    SENT4 "| tcp 1024 > 53 syn"
#define SYN4       OUT4 "| tcp 1024 > 53 syn\n"
#define OF_REPLY4  "| tcp 443 > 40000 ack"

static const struct packet_case of_flows4[] = {
    {ASK4 ERROR4 OF_ASK4, "accept reply resolve"},
    {ERROR4 OF_ASK4, NOTHING},
    {ASK4 IN4 "| icmp 3 code 3 | quote | " OF_ASK4, "accept reply resolve"},
    {ASK4 ROUTER4 "| icmp 11 | quote | " OF_ASK4, "accept reply resolve"},
    {ASK4 ROUTER4 "| icmp 11 code 255 | quote | " OF_ASK4, "accept reply resolve"},
    {ASK4 ROUTER4 "| icmp 12 | quote | " OF_ASK4, "accept reply resolve"},
    {ROUTER4 "| icmp 12 | quote | " OF_ASK4, "drop rule deaf"},
    {ASK4 ROUTER4 "| icmp 3 code 13 | quote | " OF_ASK4, "accept rule heard"},
    {ASK4 ROUTER4 "| icmp 4 | quote | " OF_ASK4, NOTHING},
    {ASK4 ROUTER4 "| icmp 5 | quote | " OF_ASK4, NOTHING},
    {ASK4 ROUTER4 "| icmp 0 | quote | " OF_ASK4, NOTHING},
    {ASK4 ROUTER4 "| icmp 1 | quote | " OF_ASK4, NOTHING},
    {ASK4 ROUTER4 "| icmp 2 | quote | " OF_ASK4, NOTHING},
    {ASK4 ROUTER4 "| icmp 13 | quote | " OF_ASK4, NOTHING},
    {ASK4 "in vlan | ip4 192.0.2.1 > 198.51.100.10 options 01010101 | icmp 3 | quote | " OF_ASK4,
     "accept reply resolve"},
    {ASK4 "in ip4 127.0.0.1 > 198.51.100.10 | icmp 3 | quote | " OF_ASK4, "drop reason martian"},
    /* Not to the sender of the quoted packet. */
    {ASK4 "in ip4 192.0.2.1 > 198.51.100.11 | icmp 3 code 4 | quote | " OF_ASK4, NOTHING},
    {ASK4 ERROR4 "ip4 203.0.113.7 > 198.51.100.10 | udp 53 > 1024 | data 20", NOTHING},
    /* About another flow. */
    {ASK4 ERROR4 SENT4 "| udp 1025 > 53", NOTHING},
    {ASK4 ERROR4 SENT4 "| udp 1024 > 54", NOTHING},
    {ASK4 ERROR4 SENT4 "| udp 53 > 1024", NOTHING},
    {ASK4 ERROR4 SENT4 "| tcp 1024 > 53", NOTHING},
    {ASK4 ERROR4 "ip4 198.51.100.10 > 203.0.113.8 | udp 1024 > 53", NOTHING},
    {SYN4 ERROR4 OF_SYN4, "accept reply resolve"},
    {SYN4 ERROR4 SENT4 "| tcp 1024 > 53 fin ack rst", "accept reply resolve"},
    {OUT4 "| sctp 1024 > 53\n" ERROR4 SENT4 "| sctp 1024 > 53", "accept reply resolve"},
    {OUT4 "| icmp 8 id 5\n" ERROR4 SENT4 "| icmp 8 id 5", "accept reply ping"},
    {OUT4 "| icmp 8 id 5\n" ERROR4 SENT4 "| icmp 8 id 6", NOTHING},
    {OUT4 "| icmp 8 id 5\n" ERROR4 SENT4 "| icmp 13 id 5", NOTHING},
    {OUT4 "proto 50 | data 8\n" ERROR4 SENT4 "proto 50", "accept reply tunnel"},
    {OUT4 "proto 50 | data 8\n" ERROR4 SENT4 "proto 51", NOTHING},
    /* An error neither keeps a flow alive, nor makes or ends one. */
    {ASK4 "wait 100\n" ERROR4 OF_ASK4 "\nwait 82\n" IN4 "| udp 53 > 1024", NOTHING},
    {ASK4 "wait 178\n" ERROR4 OF_ASK4, "accept reply resolve"},
    {ASK4 "wait 182\n" ERROR4 OF_ASK4, NOTHING},
    {SYN4 ERROR4 SENT4 "| tcp 1024 > 53 rst\nwait 62\n" IN4 "| tcp 53 > 1024 ack",
     "accept reply resolve"},
    {SYN4 OUT4 "| tcp 1024 > 53 rst\nwait 62\n" ERROR4 OF_SYN4, NOTHING},
    {SYN4 IN4 "| tcp 53 > 1024 rst\nwait 62\n" ERROR4 OF_SYN4, "accept reply resolve"},
    {ASK4 ERROR4 OF_ASK4 "\n" ROUTER4 "| udp 53 > 1024", NOTHING},
};

static const struct packet_case quotes4[] = {
    {ASK4 ROUTER4 "| icmp 3 code 4", NOTHING},
    {ASK4 ROUTER4 "| icmp 3 code 4 | data 28", NOTHING},
    {ASK4 ERROR4 SENT4 "| udp 1024 > 53 | data 1000 | short 1000", "accept reply resolve"},
    {ASK4 ERROR4 SENT4 "| udp 1024 > 53 | data 1000", "accept reply resolve"},
    {ASK4 ERROR4 SENT4 "| udp 1024 > 53 | short 4", "accept reply resolve"},
    {ASK4 ERROR4 SENT4 "| udp 1024 > 53 | short 5", NOTHING},
    {ASK4 ERROR4 SENT4 "| udp 1024 > 53 | short 5 | pad 90", NOTHING},
    {ASK4 ERROR4 SENT4 "| udp 1024 > 53 | short 8", NOTHING},
    {SYN4 ERROR4 OF_SYN4 " | short 12", "accept reply resolve"},
    {SYN4 ERROR4 OF_SYN4 " | short 16", "accept reply resolve"},
    {SYN4 ERROR4 OF_SYN4 " | short 17", NOTHING},
    {OUT4 "| sctp 1024 > 53\n" ERROR4 SENT4 "| sctp 1024 > 53 | short 8", "accept reply resolve"},
    {OUT4 "| sctp 1024 > 53\n" ERROR4 SENT4 "| sctp 1024 > 53 | short 9", NOTHING},
    {OUT4 "| icmp 8 id 5\n" ERROR4 SENT4 "| icmp 8 id 5 | short 1", NOTHING},
    {OUT4 "proto 50 | data 8\n" ERROR4 SENT4 "proto 50 | short 1", NOTHING},
    {OUT4 "proto 50 | data 8\n" ERROR4 SENT4 "proto 50 options 01010101 | short 1", NOTHING},
    {OUT4 "proto 50 | data 8\n" ERROR4 SENT4 "options 01010101 proto 50", "accept reply tunnel"},
    {OUT4 "proto 50 | data 8\n" ERROR4 SENT4 "options 01010101 proto 50 | short 1", NOTHING},
    {ASK4 ERROR4 SENT4 "total 1500 | udp 1024 > 53", "accept reply resolve"},
    {ASK4 ERROR4 SENT4 "total 0 | udp 1024 > 53 length 0", "accept reply resolve"},
    {ASK4 ERROR4 SENT4 "ttl 0 options 01010101 | udp 1024 > 53", "accept reply resolve"},
    {ASK4 ERROR4 SENT4 "options 0101010101010101 | udp 1024 > 53 | short 4",
     "accept reply resolve"},
    {ASK4 ERROR4 SENT4 "options 0101010101010101 | udp 1024 > 53 | short 5", NOTHING},
    {ASK4 ERROR4 SENT4 "version 6 | udp 1024 > 53", NOTHING},
    {ASK4 ERROR4 SENT4 "version 5 | udp 1024 > 53", NOTHING},
    {ASK4 ERROR4 SENT4 "ihl 4 | udp 1024 > 53", NOTHING},
    {ASK4 ERROR4 SENT4 "ihl 6 | udp 1024 > 53", NOTHING},
    {ASK4 ERROR4 SENT4 "ihl 15 | udp 1024 > 53", NOTHING},
    {ASK4 ERROR4 SENT4 "more | udp 1024 > 53 length 3000", "accept reply resolve"},
    {ASK4 ERROR4 SENT4 "offset 1 | udp 1024 > 53", NOTHING},
    {ASK4 ERROR4 SENT4 "offset 1 more | udp 1024 > 53", NOTHING},
    {ASK4 ERROR4 "ip6 2001:db8::10 > 2001:db8:9::7 | udp 1024 > 53", NOTHING},
    {OUT6 "| udp 1024 > 53\n" ERROR4 "ip6 2001:db8::10 > 2001:db8:9::7 | udp 1024 > 53", NOTHING},
    {ASK4 ROUTER4 "| icmp6 1 | quote | " OF_ASK4, NOTHING},
    {ASK4 ROUTER4 "| udp 1 > 2 | quote | " OF_ASK4, NOTHING},
};

/* An answer of an inbound service never arrived. */
static const struct packet_case of_replies[] = {
    {UNREACHED4 SENT4 OF_REPLY4, REPLY},
    {UNREACHED4 SENT4 "| tcp 443 > 40000 syn ack", REPLY},
    {UNREACHED4 SENT4 "| tcp 443 > 40000 syn", REPLY},
    {UNREACHED4 SENT4 "| tcp 444 > 40000 ack", NOTHING},
    {UNREACHED4 SENT4 "| tcp 40000 > 443 ack", NOTHING},
    {UNREACHED4 SENT4 "| udp 443 > 40000", NOTHING},
    {"in ip4 192.0.2.1 > 198.51.100.11 | icmp 3 | quote | ip4 198.51.100.11 > "
     "203.0.113.7 | tcp 443 > 40000 ack",
     NOTHING},
    {UNREACHED4 "ip4 198.51.100.10 > 203.0.113.66 | tcp 443 > 40000 ack", NOTHING},
    {UNREACHED4 "ip4 198.51.100.10 > 203.0.113.65 | tcp 443 > 40000 ack", REPLY},
    {UNREACHED4 SENT4 "| tcp 443 > 40000 | short 16", REPLY},
    {UNREACHED4 SENT4 "| tcp 443 > 40000 | short 17", NOTHING},
    {UNREACHED4 SENT4 "| icmp 0 id 5", REPLY},
    {UNREACHED4 SENT4 "| icmp 0 code 3 id 5", REPLY},
    {UNREACHED4 SENT4 "| icmp 8 id 5", NOTHING},
    {UNREACHED4 SENT4 "| icmp 14 id 5", NOTHING},
    {UNREACHED4 SENT4 "| icmp 3 code 13", NOTHING},
    {UNREACHED4 SENT4 "proto 47", REPLY},
    {UNREACHED4 SENT4 "proto 50", NOTHING},
    {ROUTER4 "| icmp 12 | quote | " SENT4 OF_REPLY4, REPLY},
    {ROUTER4 "| icmp 3 code 13 | quote | " SENT4 OF_REPLY4, "accept rule heard"},
    {UNREACHED4 "ip4 198.51.100.10 > 224.0.0.9 | udp 50000 > 1024", NOTHING},
    {UNREACHED4 "ip4 198.51.100.10 > 198.51.100.10 | udp 50000 > 1024", NOTHING},
    {UNREACHED4 "ip4 198.51.100.10 > 255.255.255.255 | udp 50000 > 1024", NOTHING},
    /* A packet that went out by a rule has a flow; one that went out as a reply has none. */
    {OUT4 "| udp 40000 > 50000\n" UNREACHED4 SENT4 "| udp 40000 > 50000", "accept reply media"},
    {OUT4 "| udp 50001 > 50000\n" UNREACHED4 SENT4 "| udp 50001 > 50000", REPLY},
    {"in ip6 2001:db8:1::1 > 2001:db8::10 | icmp6 2 | quote | ip6 2001:db8::10 > 2001:db8:9::7 "
     "| tcp 443 > 40000 ack",
     REPLY},
    {"in ip6 2001:db8:1::1 > 2001:db8::10 | icmp6 2 | quote | ip6 2001:db8::10 > 2001:db8:9::66 "
     "| tcp 443 > 40000 ack",
     NOTHING},
    {"in ip6 2001:db8:1::1 > 2001:db8::10 | icmp6 2 | quote | ip6 2001:db8::10 > ff02::1 "
     "| udp 50000 > 1024",
     NOTHING},
    {"in ip6 2001:db8:1::1 > 2001:db8::10 | icmp6 1 | quote | ip6 2001:db8::10 > 2001:db8:9::7 "
     "| icmp6 129 id 3",
     REPLY},
};

/* This host complains about an inbound packet. */
#define COMPLAINT4 OUT4 "| icmp 3 code 3 | quote | "
#define CAME4      "ip4 203.0.113.7 > 198.51.100.10 "

static const struct packet_case outbound[] = {
    {COMPLAINT4 CAME4 "| tcp 40000 > 443 syn", "accept reply web"},
    {COMPLAINT4 CAME4 "| tcp 40000 > 443 ack", "accept reply web"},
    {COMPLAINT4 CAME4 "| tcp 40000 > 443 | short 16", "accept reply web"},
    {COMPLAINT4 CAME4 "| tcp 40000 > 443 | short 17", NOTHING},
    {COMPLAINT4 CAME4 "| tcp 40000 > 444 syn", NOTHING},
    {COMPLAINT4 CAME4 "| tcp 443 > 40000 ack", NOTHING},
    {COMPLAINT4 CAME4 "| udp 40000 > 50000 | data 1000", "accept reply media"},
    {COMPLAINT4 CAME4 "| icmp 8 id 5", "accept reply asked"},
    {COMPLAINT4 CAME4 "| icmp 8 code 1 id 5", NOTHING},
    {COMPLAINT4 CAME4 "| icmp 3 code 13", "accept reply heard"},
    {COMPLAINT4 CAME4 "proto 47", "accept reply tunnelled"},
    {COMPLAINT4 CAME4 "offset 1 proto 47", NOTHING},
    {COMPLAINT4 CAME4 "more | udp 1 > 50000 length 900", "accept reply media"},
    {OUT4 "| icmp 5 | quote | " CAME4 "| udp 40000 > 50000", NOTHING},
    {"out ip4 198.51.100.99 > 203.0.113.7 | icmp 3 | quote | " CAME4 "| udp 1 > 50000",
     "accept reply media"},
    {"out ip4 198.51.100.10 > 203.0.113.8 | icmp 3 | quote | " CAME4 "| udp 1 > 50000", NOTHING},
    {COMPLAINT4 SENT4 "| udp 1 > 50000", NOTHING},
    {"out ip4 198.51.100.10 > 203.0.113.66 | icmp 3 | quote | ip4 203.0.113.66 > 198.51.100.10 "
     "| udp 1 > 50000",
     NOTHING},
    {"out ip4 198.51.100.10 > 224.0.0.9 | icmp 3 | quote | ip4 224.0.0.9 > 198.51.100.10 "
     "| udp 1 > 50000",
     NOTHING},
    {OUT4 "| icmp 12 | quote | " CAME4 "| udp 40000 > 50000", "accept reply media"},
    {OUT4 "| icmp 12 | quote | " CAME4 "| udp 40000 > 9", "drop rule dumb"},
    {OUT4 "| icmp 11 | quote | " CAME4 "| udp 40000 > 50000", "accept reply media"},
    {OUT4 "| icmp 11 | quote | " CAME4 "| udp 40000 > 9", "accept rule tell"},
    {OUT4 "| icmp 11", "accept rule tell"},
    /* An answer to a port where nobody listens any more. */
    {ASK4 COMPLAINT4 CAME4 "| udp 53 > 1024", REPLY},
    {COMPLAINT4 CAME4 "| udp 53 > 1024", NOTHING},
    {ASK4 COMPLAINT4 CAME4 "| udp 53 > 1025", NOTHING},
    {SYN4 COMPLAINT4 CAME4 "| tcp 53 > 1024 syn", REPLY},
    {SYN4 COMPLAINT4 CAME4 "| tcp 53 > 1024 rst ack", REPLY},
    {OUT4 "| icmp 8 id 5\n" COMPLAINT4 CAME4 "| icmp 0 id 5", REPLY},
    {OUT4 "| icmp 8 id 5\n" COMPLAINT4 CAME4 "| icmp 0 id 6", NOTHING},
    {ASK4 "wait 182\n" COMPLAINT4 CAME4 "| udp 53 > 1024", NOTHING},
    {ASK4 "wait 100\n" COMPLAINT4 CAME4 "| udp 53 > 1024\nwait 82\n" IN4 "| udp 53 > 1024",
     NOTHING},
    {OUT6 "| icmp6 1 code 4 | quote | ip6 2001:db8:9::7 > 2001:db8::10 | tcp 40000 > 443 syn",
     "accept reply web"},
    {OUT6 "| icmp6 1 code 4 | quote | ip6 2001:db8:9::7 > 2001:db8::10 | tcp 40000 > 444 syn",
     NOTHING},
    {OUT6 "| udp 1024 > 53\n" OUT6 "| icmp6 4 | quote | ip6 2001:db8:9::7 > 2001:db8::10 "
          "| udp 53 > 1024",
     REPLY},
};

#define ROUTER6 "in ip6 2001:db8:1::1 > 2001:db8::10 "
#define ERROR6  ROUTER6 "| icmp6 2 | quote | "
#define SENT6   "ip6 2001:db8::10 > 2001:db8:9::7 "
#define ASK6    OUT6 "| udp 1024 > 53 | data 20\n"
#define OF_ASK6 "| udp 1024 > 53 | data 20"
#define DST_7   "| dst | dst | dst | dst | dst | dst | dst "

static const struct packet_case of_flows6[] = {
    {ASK6 ERROR6 SENT6 OF_ASK6, "accept reply resolve"},
    {ERROR6 SENT6 OF_ASK6, NOTHING},
    {ASK6 ROUTER6 "| icmp6 1 code 4 | quote | " SENT6 OF_ASK6, "accept reply resolve"},
    {ASK6 ROUTER6 "| icmp6 3 | quote | " SENT6 OF_ASK6, "accept reply resolve"},
    {ASK6 ROUTER6 "| icmp6 4 code 9 | quote | " SENT6 OF_ASK6, "accept reply resolve"},
    {ASK6 ROUTER6 "| icmp6 0 | quote | " SENT6 OF_ASK6, NOTHING},
    {ASK6 ROUTER6 "| icmp6 5 | quote | " SENT6 OF_ASK6, NOTHING},
    {ASK6 ROUTER6 "| icmp6 11 | quote | " SENT6 OF_ASK6, NOTHING},
    {ASK6 ROUTER6 "| icmp6 100 | quote | " SENT6 OF_ASK6, NOTHING},
    {ASK6 ROUTER6 "| icmp6 127 | quote | " SENT6 OF_ASK6, NOTHING},
    {ASK6 ROUTER6 "| hop | dst | icmp6 1 | quote | " SENT6 OF_ASK6, "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "| udp 1024 > 53 | data 1200 | short 200", "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "| udp 1024 > 53 | short 4", "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "| udp 1024 > 53 | short 5", NOTHING},
    {ASK6 ERROR6 SENT6 "| udp 1024 > 53 | short 9", NOTHING},
    {ASK6 ERROR6 "ip6 2001:db8::11 > 2001:db8:9::7 " OF_ASK6, NOTHING},
    {ASK6 ERROR6 "ip6 2001:db8::10 > 2001:db8:9::8 " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "version 4 " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "length 9999 " OF_ASK6, "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "length 0 " OF_ASK6, "accept reply resolve"},
    {ASK6 ERROR6 "ip4 198.51.100.10 > 203.0.113.7 " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "| hop | dst 2 | routing 2 0 2 | fragment 0 " OF_ASK6,
     "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "| mobility " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "| fragment 0 more " OF_ASK6, "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "| fragment 1 " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "| dst | fragment 8 more " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "| dst " DST_7 OF_ASK6, "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "| dst | dst " DST_7 OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "| routing 0 1 2 " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "| routing 4 1 2 " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "| routing 0 0 2 " OF_ASK6, "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "| dst | hop " OF_ASK6, NOTHING},
    {ASK6 ERROR6 SENT6 "| dst 2 | udp 1024 > 53 | short 4", "accept reply resolve"},
    {ASK6 ERROR6 SENT6 "| dst 2 | udp 1024 > 53 | short 5", NOTHING},
    {ASK6 ERROR6 SENT6 "| dst 2 | udp 1024 > 53 | short 9", NOTHING},
    {OUT6 "| icmp6 128 id 5\n" ERROR6 SENT6 "| icmp6 128 id 5", "accept reply ping"},
    {OUT6 "| icmp6 128 id 5\n" ERROR6 SENT6 "| icmp6 128 id 5 | short 1", NOTHING},
    {OUT6 "| icmp6 128 id 5\n" ERROR6 SENT6 "| icmp6 128 id 4", NOTHING},
    {OUT6 "| proto 50 | data 8\n" ERROR6 SENT6 "| proto 50", "accept reply tunnel"},
    {OUT6 "| dst | proto 200\n" ERROR6 SENT6 "| dst | proto 200", "accept reply tunnel"},
    {OUT6 "| dst | proto 200\n" ERROR6 SENT6 "| dst | proto 200 | short 1", NOTHING},
    {ASK6 "wait 100\n" ERROR6 SENT6 OF_ASK6 "\nwait 82\n" IN6 "| udp 53 > 1024", NOTHING},
};

/* A first fragment of an error is judged like a whole one; the rest follows it. */
static const struct packet_case in_fragments[] = {
    {ASK4 ROUTER4 "more id 9 | icmp 3 | quote | " OF_ASK4 "\n" ROUTER4 "id 9 offset 7 proto 1",
     "accept reason fragment"},
    {ASK4 ROUTER4 "more id 9 | icmp 3 | quote | " OF_ASK4, "accept reply resolve"},
    {ASK4 ROUTER4 "more id 9 | icmp 3 | quote | " SENT4 "| udp 1024 > 53 | short 5", NOTHING},
    {ROUTER4 "more id 9 | icmp 3 | quote | " OF_ASK4 "\n" ROUTER4 "id 9 offset 7 proto 1",
     "drop reason fragment"},
    {ASK6 ROUTER6 "| fragment 0 more id 9 | icmp6 1 | quote | " SENT6 OF_ASK6 "\n" ROUTER6
                  "| fragment 100 id 9 | proto 58",
     "accept reason fragment"},
    {COMPLAINT4 CAME4 "| udp 1 > 50000\n" OUT4 "id 9 offset 7 proto 1", "drop reason fragment"},
    {OUT4 "more id 9 | icmp 3 | quote | " CAME4 "| udp 1 > 50000\n" OUT4 "id 9 offset 7 proto 1",
     "accept reason fragment"},
};

static const struct packet_case off[] = {
    {ASK4 ERROR4 OF_ASK4, NOTHING},
    {ASK4 ROUTER4 "| icmp 3 code 13 | quote | " OF_ASK4, "accept rule heard"},
    {ASK4 ROUTER4 "| icmp 12 | quote | " OF_ASK4, "drop rule deaf"},
    {ERROR4 SENT4 OF_REPLY4, NOTHING},
    {COMPLAINT4 CAME4 "| tcp 40000 > 443 syn", NOTHING},
    {ASK4 COMPLAINT4 CAME4 "| udp 53 > 1024", NOTHING},
    {OUT4 "| icmp 11 | quote | " CAME4 "| udp 40000 > 50000", "accept rule tell"},
    {OUT4 "| icmp 12 | quote | " CAME4 "| udp 40000 > 50000", "drop rule dumb"},
    {ASK6 ERROR6 SENT6 OF_ASK6, NOTHING},
};

static const struct packet_case martians_accepted[] = {
    {UNREACHED4 "ip4 198.51.100.10 > 224.0.0.9 | udp 50000 > 1024", REPLY},
    {UNREACHED4 "ip4 198.51.100.10 > 224.0.0.9 | udp 443 > 1024", NOTHING},
    {"out ip4 198.51.100.10 > 224.0.0.9 | icmp 3 | quote | ip4 224.0.0.9 > 198.51.100.10 "
     "| udp 1 > 50000",
     "accept reply media"},
};

static const struct packet_case by_default[] = {
    {UNREACHED4 OF_ASK4, REPLY},
    {UNREACHED4 "ip4 198.51.100.10 > 203.0.113.7 | udp 9 > 9", "accept reason default"},
    {UNREACHED4 SENT4 "| udp 1 > 9", REPLY},
    {OUT4 "| udp 9 > 8\n" UNREACHED4 SENT4 "| udp 9 > 8", REPLY},
    {UNREACHED4 SENT4 "| udp 9 > 8", "accept reason default"},
    {OUT4 "| tcp 1 > 2 syn\n" UNREACHED4 SENT4 "| tcp 1 > 2 syn", REPLY},
    {OUT4 "| sctp 1 > 7\n" UNREACHED4 SENT4 "| sctp 1 > 7", REPLY},
    {ROUTER4 "| icmp 3", "accept reason default"},
    {ROUTER4 "| icmp 5 | quote | " OF_ASK4, "accept reason default"},
    {COMPLAINT4 CAME4 "| udp 1 > 2", REPLY},
    {COMPLAINT4 CAME4 "| udp 1 > 9", "accept reason default"},
    {OUT4 "| icmp 3", "accept reason default"},
    {"out ip4 198.51.100.10 > 224.0.0.9 | icmp 3 | quote | ip4 224.0.0.9 > 198.51.100.10 "
     "| udp 1 > 2",
     "accept reason default"},
};

#define LARGE4     OUT4 "| udp 50001 > 40000 | data 600\n"
#define OF_LARGE4  SENT4 "| udp 50001 > 40000 | data 600"
#define LARGE6     OUT6 "| udp 50001 > 40000 | data 1300\n"
#define OF_LARGE6  SENT6 "| udp 50001 > 40000 | data 1300"
#define UNREACHED6 ROUTER6 "| icmp6 1 | quote | "

/* An answer without a flow was too big for a path: plausible only if one that may have been too big
 * was sent recently. The bounds hold with an Ethernet header and without. */
static const struct packet_case too_big[] = {
    {LARGE4 ERROR4 OF_LARGE4, REPLY},
    {ERROR4 OF_LARGE4, NOTHING},
    {UNREACHED4 OF_LARGE4, REPLY},
    {LARGE4 ERROR4 SENT4 "| udp 50001 > 40000 | data 600 | short 604", REPLY},
    {LARGE4 ERROR4 SENT4 "| udp 50001 > 40001", NOTHING},
    {LARGE4 ERROR4 SENT4 "| udp 50002 > 40000", NOTHING},
    {LARGE4 ERROR4 "ip4 198.51.100.10 > 203.0.113.8 | udp 50001 > 40000", NOTHING},
    {LARGE4 "in ip4 192.0.2.1 > 198.51.100.11 | icmp 3 code 4 | quote | ip4 198.51.100.11 > "
            "203.0.113.7 | udp 50001 > 40000",
     NOTHING},
    {OUT4 "| udp 50001 > 40000 | data 525\n" ERROR4 OF_LARGE4, REPLY},
    {OUT4 "| udp 50001 > 40000 | data 510\n" ERROR4 OF_LARGE4, NOTHING},
    {OUT4 "| udp 444 > 40000 | data 600\n" ERROR4 SENT4 "| udp 444 > 40000", NOTHING},
    {IN4 "| udp 40000 > 50001 | data 600\n" ERROR4 OF_LARGE4, NOTHING},
    {LARGE4 "wait 8\n" ERROR4 OF_LARGE4, REPLY},
    {LARGE4 "wait 12\n" ERROR4 OF_LARGE4, NOTHING},
    {LARGE4 "wait 8\n" LARGE4 "wait 8\n" ERROR4 OF_LARGE4, REPLY},
    {LARGE4 "wait 8\n" ERROR4 OF_LARGE4 "\nwait 4\n" ERROR4 OF_LARGE4, NOTHING},
    {LARGE4 "wait 8\n" OUT4 "| udp 50001 > 40000\nwait 4\n" ERROR4 OF_LARGE4, NOTHING},
    {OUT4 "| icmp 0 id 5 | data 600\n" ERROR4 SENT4 "| icmp 0 id 5", REPLY},
    {OUT4 "| icmp 0 id 5 | data 600\n" ERROR4 SENT4 "| icmp 0 id 6", NOTHING},
    {ERROR4 SENT4 "| icmp 0 id 5 | data 600", NOTHING},
    {OUT4 "more id 9 | icmp 0 id 5 | data 600\n" ERROR4 SENT4 "more id 9 | icmp 0 id 5", REPLY},
    {OUT4 "proto 47 | data 600\n" ERROR4 SENT4 "proto 47", REPLY},
    {ERROR4 SENT4 "proto 47", NOTHING},
    /* TCP compares the sequence number with what it sent. */
    {ERROR4 SENT4 OF_REPLY4, REPLY},
    {LARGE6 ERROR6 OF_LARGE6, REPLY},
    {ERROR6 OF_LARGE6, NOTHING},
    {UNREACHED6 OF_LARGE6, REPLY},
    {OUT6 "| udp 50001 > 40000 | data 1233\n" ERROR6 OF_LARGE6, REPLY},
    {OUT6 "| udp 50001 > 40000 | data 1218\n" ERROR6 OF_LARGE6, NOTHING},
    {OUT6 "| fragment 0 more id 9 | icmp6 129 id 3 | data 1300\n" ERROR6 SENT6
          "| fragment 0 more id 9 | icmp6 129 id 3",
     REPLY},
    {ERROR6 SENT6 "| icmp6 129 id 3 | data 1300", NOTHING},
    {ERROR6 SENT6 OF_REPLY4, REPLY},
    /* This host's own complaints need no such proof. */
    {OUT4 "| icmp 3 code 4 | quote | " CAME4 "| udp 40000 > 50000 | data 600",
     "accept reply media"},
};

/* Packets that [baseline] let pass the other way. */
static const char base_policy[] = "[policy]\nname = base\n[baseline]\nping = accept\n"
                                  "dhcp-client = accept\nigmp = accept\n";
static const char deaf_policy[] = "[policy]\nname = deaf\n[baseline]\nping = accept\n"
                                  "icmp-errors = drop\n";

#define EXPIRED4 OUT4 "| icmp 11 | quote | "
#define EXPIRED6 OUT6 "| icmp6 3 | quote | "
#define CAME6    "ip6 2001:db8:9::7 > 2001:db8::10 "

static const struct packet_case of_baseline[] = {
    {EXPIRED4 CAME4 "ttl 1 | icmp 8 id 5 | data 32", REPLY},
    {"out ip4 198.51.100.1 > 203.0.113.7 | icmp 11 | quote | ip4 203.0.113.7 > 192.0.2.9 ttl 1 "
     "| icmp 8 id 5",
     REPLY},
    {EXPIRED4 CAME4 "ttl 1 | icmp 0 id 5", NOTHING},
    {EXPIRED4 CAME4 "ttl 1 | icmp 13 id 5", NOTHING},
    {EXPIRED4 CAME4 "ttl 1 | udp 33434 > 33434", NOTHING},
    {OUT4 "| icmp 3 code 4 | quote | " CAME4 "| icmp 8 id 5 | data 1000", REPLY},
    {UNREACHED4 SENT4 "| icmp 0 id 5", REPLY},
    {ROUTER4 "| icmp 11 | quote | " SENT4 "ttl 1 | icmp 0 id 5", REPLY},
    {UNREACHED4 SENT4 "| icmp 8 id 5", NOTHING},
    {UNREACHED4 SENT4 "| icmp 3 code 1", NOTHING},
    {ERROR4 SENT4 "| icmp 0 id 5 | data 1400", NOTHING},
    {OUT4 "| icmp 0 id 5 | data 1400\n" ERROR4 SENT4 "| icmp 0 id 5", REPLY},
    {OUT4 "| icmp 0 id 5 | data 1400\n" ERROR4 SENT4 "| icmp 0 id 4", NOTHING},
    {EXPIRED6 CAME6 "hops 1 | icmp6 128 id 5", REPLY},
    {EXPIRED6 CAME6 "hops 1 | icmp6 129 id 5", NOTHING},
    {OUT6 "| icmp6 2 | quote | " CAME6 "| fragment 0 more id 4 | icmp6 128 id 5 | data 900", REPLY},
    {OUT6 "| icmp6 2 | quote | " CAME6 "| fragment 9 id 4 | proto 58 | data 900", NOTHING},
    {UNREACHED6 SENT6 "| icmp6 129 id 5", REPLY},
    {ERROR6 SENT6 "| icmp6 129 id 5 | data 1400", NOTHING},
    {OUT6 "| icmp6 129 id 5 | data 1400\n" ERROR6 SENT6 "| icmp6 129 id 5", REPLY},
    {UNREACHED4 SENT4 "| udp 68 > 67", REPLY},
    {UNREACHED4 SENT4 "| udp 67 > 68", NOTHING},
    {OUT4 "| icmp 3 code 3 | quote | " CAME4 "| udp 67 > 68", REPLY},
    {OUT4 "| icmp 3 code 3 | quote | " CAME4 "| udp 68 > 67", NOTHING},
    {UNREACHED6 SENT6 "| udp 546 > 547", REPLY},
    {OUT6 "| icmp6 1 code 4 | quote | " CAME6 "| udp 547 > 546", REPLY},
    {UNREACHED4 SENT4 "ttl 1 proto 2 | data 8", REPLY},
    {ERROR4 SENT4 "ttl 1 proto 2 | data 8", NOTHING},
    {OUT4 "| icmp 3 code 2 | quote | " CAME4 "ttl 1 proto 2 | data 8", REPLY},
    {UNREACHED6 SENT6 "hops 255 | icmp6 135 | data 20", REPLY},
    {UNREACHED6 SENT6 "hops 254 | icmp6 135 | data 20", NOTHING},
    {ERROR6 SENT6 "hops 255 | icmp6 135 | data 20", NOTHING},
    {OUT6 "| icmp6 4 | quote | " CAME6 "hops 255 | icmp6 136 | data 20", REPLY},
    {OUT6 "| icmp6 4 | quote | " CAME6 "hops 64 | icmp6 136 | data 20", NOTHING},
    {UNREACHED6 SENT6 "hops 1 | hop | icmp6 143 | data 20", REPLY},
    /* The quoted packet could not have been sent. */
    {"in ip4 192.0.2.1 > 127.0.0.1 | icmp 3 | quote | ip4 127.0.0.1 > 203.0.113.7 | icmp 0 id 5",
     NOTHING},
    {"in ip4 192.0.2.1 > 224.0.0.9 | icmp 3 | quote | ip4 224.0.0.9 > 203.0.113.7 | icmp 0 id 5",
     NOTHING},
    {"out ip4 198.51.100.10 > 127.0.0.1 | icmp 3 | quote | ip4 127.0.0.1 > 198.51.100.10 | icmp 8",
     NOTHING},
};

static const struct packet_case deaf_to_errors[] = {
    {EXPIRED4 CAME4 "ttl 1 | icmp 8 id 5", NOTHING},
    {OUT4 "| icmp 0 id 5 | data 1400\n" ERROR4 SENT4 "| icmp 0 id 5", NOTHING},
};

static const struct packet_case audited[] = {
    {ASK4 ERROR4 OF_ASK4, "accept reply resolve"},
    {OUT4 "| udp 1 > 54\n" ERROR4 SENT4 "| udp 1 > 54", NOTHING},
    {COMPLAINT4 CAME4 "| udp 1 > 2", NOTHING},
};

const struct case_group error_cases[] = {
    {"errors of flows of IPv4", edge_policy, of_flows4, ARRAY_SIZE(of_flows4)},
    {"quotes of IPv4", edge_policy, quotes4, ARRAY_SIZE(quotes4)},
    {"errors of replies", edge_policy, of_replies, ARRAY_SIZE(of_replies)},
    {"errors of large replies", edge_policy, too_big, ARRAY_SIZE(too_big)},
    {"errors of what the baseline accepts", base_policy, of_baseline, ARRAY_SIZE(of_baseline)},
    {"baseline without errors", deaf_policy, deaf_to_errors, ARRAY_SIZE(deaf_to_errors)},
    {"errors out", edge_policy, outbound, ARRAY_SIZE(outbound)},
    {"errors of flows of IPv6", edge_policy, of_flows6, ARRAY_SIZE(of_flows6)},
    {"errors in fragments", edge_policy, in_fragments, ARRAY_SIZE(in_fragments)},
    {"icmp-errors = drop", off_policy, off, ARRAY_SIZE(off)},
    {"errors of martians", lax_policy, martians_accepted, ARRAY_SIZE(martians_accepted)},
    {"errors by default", open_policy, by_default, ARRAY_SIZE(by_default)},
    {"errors in audit mode", audit_policy, audited, ARRAY_SIZE(audited)},
    {NULL, NULL, NULL, 0},
};
