/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors about packets that have no flow: answers of services, what [baseline] accepts, and
 * what comes in. */
#include "cases_errors.h"

static const char edge_policy[] = "[policy]\nname = edge\n" ERROR_RULES;
static const char lax_policy[] =
    "[policy]\nname = lax\n[baseline]\nmartians = accept\n" ERROR_RULES;

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

static const struct packet_case martians_accepted[] = {
    {UNREACHED4 "ip4 198.51.100.10 > 224.0.0.9 | udp 50000 > 1024", REPLY},
    {UNREACHED4 "ip4 198.51.100.10 > 224.0.0.9 | udp 443 > 1024", NOTHING},
    {"out ip4 198.51.100.10 > 224.0.0.9 | icmp 3 | quote | ip4 224.0.0.9 > 198.51.100.10 "
     "| udp 1 > 50000",
     "accept reply media"},
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

const struct case_group flowless_error_cases[] = {
    {"errors of replies", edge_policy, of_replies, ARRAY_SIZE(of_replies)},
    {"errors of large replies", edge_policy, too_big, ARRAY_SIZE(too_big)},
    {"errors of what the baseline accepts", base_policy, of_baseline, ARRAY_SIZE(of_baseline)},
    {"baseline without errors", deaf_policy, deaf_to_errors, ARRAY_SIZE(deaf_to_errors)},
    {"errors out", edge_policy, outbound, ARRAY_SIZE(outbound)},
    {"errors of martians", lax_policy, martians_accepted, ARRAY_SIZE(martians_accepted)},
    {NULL, NULL, NULL, 0},
};
