/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors: judged by the packet that they quote, which here belongs to a flow. */
#include "cases_errors.h"

static const char edge_policy[] = "[policy]\nname = edge\n" ERROR_RULES;
static const char off_policy[] =
    "[policy]\nname = off\n[baseline]\nicmp-errors = drop\n" ERROR_RULES;
static const char open_policy[] = "[policy]\nname = open\ninbound = accept\noutbound = accept\n"
                                  "[rule no]\ndirection = both\naction = drop\nprotocol = udp\n"
                                  "port = 9\n"
                                  "[rule noted]\ndirection = out\naction = accept\n"
                                  "protocol = sctp\nport = 7\n";
static const char audit_policy[] = "[policy]\nname = audit\nmode = audit\n" ERROR_RULES;

#define OF_SYN4 SENT4 "| tcp 1024 > 53 syn"

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

static const struct packet_case audited[] = {
    {ASK4 ERROR4 OF_ASK4, "accept reply resolve"},
    {OUT4 "| udp 1 > 54\n" ERROR4 SENT4 "| udp 1 > 54", NOTHING},
    {COMPLAINT4 CAME4 "| udp 1 > 2", NOTHING},
};

const struct case_group error_cases[] = {
    {"errors of flows of IPv4", edge_policy, of_flows4, ARRAY_SIZE(of_flows4)},
    {"quotes of IPv4", edge_policy, quotes4, ARRAY_SIZE(quotes4)},
    {"errors of flows of IPv6", edge_policy, of_flows6, ARRAY_SIZE(of_flows6)},
    {"errors in fragments", edge_policy, in_fragments, ARRAY_SIZE(in_fragments)},
    {"icmp-errors = drop", off_policy, off, ARRAY_SIZE(off)},
    {"errors by default", open_policy, by_default, ARRAY_SIZE(by_default)},
    {"errors in audit mode", audit_policy, audited, ARRAY_SIZE(audited)},
    {NULL, NULL, NULL, 0},
};
