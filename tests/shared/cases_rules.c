/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules in either direction, replies by flow and by mirror image, and defaults. */
#include "cases.h"

#include "../../loader/base/memory.h"

#define IN4  "in ip4 203.0.113.7 > 198.51.100.10 "
#define OUT4 "out ip4 198.51.100.10 > 203.0.113.7 "
#define IN6  "in ip6 2001:db8:9::7 > 2001:db8::10 "
#define OUT6 "out ip6 2001:db8::10 > 2001:db8:9::7 "

#define NOTHING "drop reason default"

static const char edge_policy[] =
    "[policy]\nname = edge\n[baseline]\ntcp-flags = accept\n"
    "[sets]\nedge = 198.51.100.10, 2001:db8::10\n"
    "partners = 203.0.113.0/24, 2001:db8:9::/48\n"
    "blocked = 203.0.113.66, 2001:db8:9::66-2001:db8:9::68\n"
    "[rule blocked]\ndirection = in\naction = drop\nfrom = blocked\n"
    "[rule web]\ndirection = in\naction = accept\nprotocol = tcp\nto = edge\n"
    "port = 443, 8000-8010\n"
    "[rule sip]\ndirection = in\naction = accept\nprotocol = tcp\nfrom = partners\nto = edge\n"
    "port = 5061\n"
    "[rule media]\ndirection = both\naction = accept\nprotocol = udp\nport = 50000-59999\n"
    "[rule signalling]\ndirection = in\naction = accept\nprotocol = sctp\nport = 2905\n"
    "source-port = 2905\n"
    "[rule mail]\ndirection = out\naction = drop\nprotocol = tcp\nport = 25\n"
    "[rule resolve]\ndirection = out\naction = accept\nprotocol = udp, tcp\nport = 53\n"
    "source-port = 1024-65535\n"
    "[rule ping]\ndirection = out\naction = accept\nprotocol = icmp, icmpv6\n"
    "icmp-type = echo-request\n"
    "[rule clock]\ndirection = out\naction = accept\nprotocol = icmp\n"
    "icmp-type = timestamp-request\n"
    "[rule asked]\ndirection = in\naction = accept\nprotocol = icmp, icmpv6\n"
    "icmp-type = echo-request/0\nfrom = partners\n"
    "[rule gone]\ndirection = in\naction = accept\nprotocol = icmp\n"
    "icmp-type = destination-unreachable/3\n"
    "[rule tunnel]\ndirection = out\naction = accept\nprotocol = gre, esp, 200\n"
    "[rule opens]\ndirection = out\naction = accept\nprotocol = tcp\nport = 5061\n";

static const struct packet_case rules[] = {
    {IN4 "| tcp 40000 > 443 syn", "accept rule web"},
    {IN4 "| tcp 40000 > 443 ack", "accept rule web"},
    {IN6 "| tcp 40000 > 443 syn", "accept rule web"},
    {IN4 "| tcp 40000 > 442 syn", NOTHING},
    {IN4 "| tcp 40000 > 444 syn", NOTHING},
    {IN4 "| tcp 443 > 40000 syn", NOTHING},
    {IN4 "| tcp 40000 > 7999 syn", NOTHING},
    {IN4 "| tcp 40000 > 8000 syn", "accept rule web"},
    {IN4 "| tcp 40000 > 8010 syn", "accept rule web"},
    {IN4 "| tcp 40000 > 8011 syn", NOTHING},
    {IN4 "| udp 40000 > 443", NOTHING},
    {IN4 "| sctp 40000 > 443", NOTHING},
    {"in ip4 203.0.113.7 > 198.51.100.11 | tcp 40000 > 443 syn", NOTHING},
    {"in ip4 203.0.113.7 > 198.51.100.9 | tcp 40000 > 443 syn", NOTHING},
    {"in ip4 203.0.113.66 > 198.51.100.10 | tcp 40000 > 443 syn", "drop rule blocked"},
    {"in ip4 203.0.113.65 > 198.51.100.10 | tcp 40000 > 443 syn", "accept rule web"},
    {"in ip6 2001:db8:9::65 > 2001:db8::10 | tcp 40000 > 443 syn", "accept rule web"},
    {"in ip6 2001:db8:9::66 > 2001:db8::10 | tcp 40000 > 443 syn", "drop rule blocked"},
    {"in ip6 2001:db8:9::68 > 2001:db8::10 | udp 1 > 50000", "drop rule blocked"},
    {"in ip6 2001:db8:9::69 > 2001:db8::10 | udp 1 > 50000", "accept rule media"},
    {"in ip4 203.0.113.0 > 198.51.100.10 | tcp 40000 > 5061 syn", "accept rule sip"},
    {"in ip4 203.0.113.255 > 198.51.100.10 | tcp 40000 > 5061 syn", "accept rule sip"},
    {"in ip4 203.0.112.255 > 198.51.100.10 | tcp 40000 > 5061 syn", NOTHING},
    {"in ip4 203.0.114.0 > 198.51.100.10 | tcp 40000 > 5061 syn", NOTHING},
    {"in ip6 2001:db8:9:: > 2001:db8::10 | tcp 40000 > 5061 syn", "accept rule sip"},
    {"in ip6 2001:db8:9:ffff:ffff:ffff:ffff:ffff > 2001:db8::10 | tcp 40000 > 5061 syn",
     "accept rule sip"},
    {"in ip6 2001:db8:8:ffff:ffff:ffff:ffff:ffff > 2001:db8::10 | tcp 40000 > 5061 syn", NOTHING},
    {"in ip6 2001:db8:a:: > 2001:db8::10 | tcp 40000 > 5061 syn", NOTHING},
    {IN4 "| udp 40000 > 49999", NOTHING},
    {IN4 "| udp 40000 > 50000", "accept rule media"},
    {IN6 "| udp 40000 > 59999", "accept rule media"},
    {IN6 "| udp 40000 > 60000", NOTHING},
    {IN4 "| sctp 2905 > 2905", "accept rule signalling"},
    {IN6 "| sctp 2905 > 2905", "accept rule signalling"},
    {IN4 "| sctp 2904 > 2905", NOTHING},
    {IN4 "| sctp 2905 > 2906", NOTHING},
    {IN4 "| tcp 2905 > 2905 syn", NOTHING},
    {IN4 "| icmp 8", "accept rule asked"},
    {IN4 "| icmp 8 code 1", NOTHING},
    {IN6 "| icmp6 128", "accept rule asked"},
    {"in ip4 192.0.2.1 > 198.51.100.10 | icmp 8", NOTHING},
    {IN4 "| icmp 3 code 3 | data 28", "accept rule gone"},
    {IN4 "| icmp 3 code 4 | data 28", NOTHING},
    {IN6 "| icmp6 1 code 4 | data 48", NOTHING},
    {IN4 "| proto 47 | data 4", NOTHING},
    {OUT4 "| udp 1024 > 53", "accept rule resolve"},
    {OUT6 "| tcp 65535 > 53 syn", "accept rule resolve"},
    {OUT4 "| udp 1023 > 53", NOTHING},
    {OUT4 "| udp 1024 > 54", NOTHING},
    {OUT4 "| sctp 1024 > 53", NOTHING},
    {OUT4 "| tcp 40000 > 25 syn", "drop rule mail"},
    {OUT6 "| tcp 40000 > 25 ack", "drop rule mail"},
    {OUT4 "| udp 40000 > 50000", "accept rule media"},
    {OUT4 "| udp 40000 > 60000", NOTHING},
    {OUT4 "| icmp 8 id 5", "accept rule ping"},
    {OUT6 "| icmp6 128 id 5", "accept rule ping"},
    {OUT4 "| icmp 13 id 5", "accept rule clock"},
    {OUT4 "| proto 47 | data 4", "accept rule tunnel"},
    {OUT6 "| proto 50 | data 4", "accept rule tunnel"},
    {OUT6 "| dst | proto 200", "accept rule tunnel"},
    {OUT4 "| proto 51 | data 4", NOTHING},
    {"in vlan | ip4 203.0.113.7 > 198.51.100.10 | tcp 40000 > 443 syn", "accept rule web"},
    {"in ip6 2001:db8:9::7 > 2001:db8::10 | hop | dst | tcp 40000 > 443 syn", "accept rule web"},
    {"in ip4 203.0.113.7 > 198.51.100.10 options 01010101 | tcp 40000 > 443 syn",
     "accept rule web"},
};

static const struct packet_case mirrors[] = {
    {OUT4 "| tcp 443 > 40000 syn ack", "accept reply web"},
    {OUT4 "| tcp 443 > 40000 ack", "accept reply web"},
    {OUT4 "| tcp 443 > 40000 rst", "accept reply web"},
    {OUT4 "| tcp 443 > 40000", "accept reply web"},
    {OUT6 "| tcp 8010 > 40000 fin ack", "accept reply web"},
    {OUT4 "| tcp 443 > 40000 syn", NOTHING},
    {OUT4 "| tcp 443 > 40000 syn psh", NOTHING},
    {OUT6 "| tcp 443 > 40000 syn fin rst psh", NOTHING},
    {OUT4 "| tcp 444 > 40000 syn ack", NOTHING},
    {OUT4 "| tcp 40000 > 443 ack", NOTHING},
    {"out ip4 198.51.100.11 > 203.0.113.7 | tcp 443 > 40000 ack", NOTHING},
    {"out ip4 198.51.100.10 > 203.0.113.66 | tcp 443 > 40000 ack", NOTHING},
    {"out ip4 198.51.100.10 > 192.0.2.1 | tcp 5061 > 40000 ack", NOTHING},
    {OUT4 "| tcp 5061 > 40000 ack", "accept reply sip"},
    {OUT4 "| tcp 5061 > 5061 ack", "accept reply sip"},
    {OUT4 "| tcp 5061 > 5061 syn", "accept rule opens"},
    {OUT4 "| tcp 443 > 25 ack", "accept reply web"},
    {OUT4 "| tcp 443 > 25 syn", "drop rule mail"},
    {OUT4 "| udp 50000 > 40000", "accept reply media"},
    {OUT4 "| udp 50000 > 50001", "accept reply media"},
    {OUT6 "| sctp 2905 > 2905", "accept reply signalling"},
    {OUT4 "| sctp 2905 > 2906", NOTHING},
    {OUT4 "| icmp 0 id 5", "accept reply asked"},
    {OUT6 "| icmp6 129 id 5", "accept reply asked"},
    {"out ip4 198.51.100.10 > 192.0.2.1 | icmp 0", NOTHING},
    {OUT4 "| icmp 14 id 5", NOTHING},
    {OUT4 "| icmp 3 code 3 | data 28", NOTHING},
    /* A reply makes no flow. */
    {OUT4 "| tcp 443 > 40000 syn ack\n" IN4 "| tcp 40000 > 442 ack", NOTHING},
    {OUT4 "| udp 50000 > 40001\n" IN4 "| udp 40001 > 40000", NOTHING},
};

static const struct packet_case flows[] = {
    {IN4 "| udp 53 > 1024", NOTHING},
    {OUT4 "| udp 1024 > 53\n" IN4 "| udp 53 > 1024", "accept reply resolve"},
    {OUT6 "| udp 1024 > 53\n" IN6 "| udp 53 > 1024", "accept reply resolve"},
    {OUT4 "| udp 1024 > 53\n" IN4 "| udp 53 > 1025", NOTHING},
    {OUT4 "| udp 1024 > 53\n" IN4 "| udp 54 > 1024", NOTHING},
    {OUT4 "| udp 1024 > 53\n" IN4 "| tcp 53 > 1024 ack", NOTHING},
    {OUT4 "| udp 1024 > 53\n" IN4 "| udp 1024 > 53", NOTHING},
    {OUT4 "| udp 1024 > 53\n"
          "in ip4 203.0.113.8 > 198.51.100.10 | udp 53 > 1024",
     NOTHING},
    {OUT4 "| udp 1024 > 53\n"
          "in ip4 203.0.113.7 > 198.51.100.11 | udp 53 > 1024",
     NOTHING},
    {OUT4 "| udp 1024 > 53\n"
          "in vlan | ip4 203.0.113.7 > 198.51.100.10 | udp 53 > 1024",
     "accept reply resolve"},
    {OUT4 "| tcp 1024 > 53 syn\n" IN4 "| tcp 53 > 1024 syn ack", "accept reply resolve"},
    {OUT4 "| tcp 1024 > 53 syn\n" IN4 "| tcp 53 > 1024 ack", "accept reply resolve"},
    {OUT4 "| tcp 1024 > 53 syn\n" IN4 "| tcp 53 > 1024 rst", "accept reply resolve"},
    {OUT4 "| tcp 1024 > 53 ack\n" IN4 "| tcp 53 > 1024 ack", "accept reply resolve"},
    {OUT4 "| tcp 1024 > 53 syn\n" IN4 "| tcp 53 > 1024 syn", NOTHING},
    {OUT4 "| tcp 1024 > 53 syn\n" IN4 "| tcp 53 > 1024 syn psh", NOTHING},
    {OUT4 "| tcp 1024 > 53 syn\n" IN4 "| tcp 53 > 1024 syn fin rst", NOTHING},
    {OUT4 "| tcp 1024 > 53 syn\n" IN4 "| tcp 53 > 1024 fin ack\n" OUT4
          "| tcp 1024 > 53 fin ack\n" IN4 "| tcp 53 > 1024 ack",
     "accept reply resolve"},
    {"out ip4 198.51.100.10 > 203.0.113.66 | udp 1024 > 53\n"
     "in ip4 203.0.113.66 > 198.51.100.10 | udp 53 > 1024",
     "accept reply resolve"},
    {OUT4 "| udp 40000 > 50000\n" IN4 "| udp 50000 > 40000", "accept reply media"},
    {OUT4 "| udp 40000 > 50000\n" IN4 "| udp 40000 > 50000", "accept rule media"},
    {OUT4 "| icmp 8 id 5\n" IN4 "| icmp 0 id 5", "accept reply ping"},
    {OUT4 "| icmp 8 id 5\n" IN4 "| icmp 0 id 6", NOTHING},
    {IN4 "| icmp 0 id 5", NOTHING},
    {OUT4 "| icmp 8 id 5\n" IN4 "| icmp 14 id 5", NOTHING},
    {OUT4 "| icmp 13 id 5\n" IN4 "| icmp 14 id 5", "accept reply clock"},
    {OUT4 "| icmp 13 id 5\n" IN4 "| icmp 0 id 5", NOTHING},
    {OUT6 "| icmp6 128 id 5\n" IN6 "| icmp6 129 id 5", "accept reply ping"},
    {OUT6 "| icmp6 128 id 5\n" IN6 "| icmp6 129 id 4", NOTHING},
    {OUT4 "| proto 47\n" IN4 "| proto 47 | data 4", "accept reply tunnel"},
    {OUT4 "| proto 47\n" IN4 "| proto 50 | data 4", NOTHING},
    {OUT6 "| proto 50\n" IN6 "| proto 50", "accept reply tunnel"},
    {OUT6 "| dst | proto 200\n" IN6 "| proto 200", "accept reply tunnel"},
    /* A dropped packet makes no flow, nor does any inbound one. */
    {OUT4 "| tcp 40000 > 25 syn\n" IN4 "| tcp 25 > 40000 ack", NOTHING},
    {OUT4 "| tcp 40000 > 54 syn\n" IN4 "| tcp 54 > 40000 ack", NOTHING},
    {IN4 "| tcp 40000 > 443 syn\n" IN4 "| tcp 40000 > 442 ack", NOTHING},
    {IN4 "| tcp 54 > 40000 ack\n" OUT4 "| tcp 40000 > 54 ack", NOTHING},
    {IN4 "| udp 1024 > 53\n" IN4 "| udp 53 > 1024", NOTHING},
    /* An IPv6 address that begins with the same four bytes as an IPv4 address is another host. */
    {OUT4 "| udp 1024 > 53\n"
          "in ip6 cb00:7107:: > c633:640a:: | udp 53 > 1024",
     NOTHING},
    {OUT4 "| udp 1024 > 53\n" IN4 "offset 3 proto 17 | data 8", "drop reason fragment"},
    {OUT4 "| udp 1024 > 53\n" IN4 "more | udp 53 > 1024 length 3000", "accept reply resolve"},
    {OUT4 "| udp 1024 > 53\n" IN4 "| icmp 3 code 1 | data 28", NOTHING},
};

static const char open_policy[] = "[policy]\nname = open\ninbound = accept\noutbound = accept\n"
                                  "[rule no]\ndirection = both\naction = drop\nprotocol = udp\n"
                                  "port = 9\n";

static const struct packet_case open_defaults[] = {
    {IN4 "| tcp 1 > 2 syn", "accept reason default"},
    {IN4 "| udp 1 > 9", "drop rule no"},
    {OUT4 "| udp 1 > 9", "accept reason reply"},
    {OUT4 "| tcp 1 > 2 syn", "accept reason default"},
    {OUT4 "| tcp 1 > 2 ack", "accept reason reply"},
    {OUT6 "| udp 9 > 9", "drop rule no"},
    {OUT6 "| udp 9 > 8", "accept reason default"},
    {OUT6 "| udp 9 > 8\n" IN6 "| udp 8 > 9", "accept reason reply"},
    {OUT4 "| tcp 1 > 2 syn\n" IN4 "| tcp 2 > 1 syn ack", "accept reason reply"},
    {OUT4 "| tcp 1 > 2 syn\n" IN4 "| tcp 2 > 1 syn", "accept reason default"},
    {OUT4 "| icmp 0", "accept reason reply"},
    {OUT4 "| icmp 8", "accept reason default"},
    {OUT4 "| icmp 3", "accept reason default"},
    {OUT6 "| icmp6 1", "accept reason default"},
    {OUT4 "| proto 99", "accept reason reply"},
};

static const char outgoing_policy[] = "[policy]\nname = outgoing\noutbound = accept\n"
                                      "[rule no]\ndirection = in\naction = drop\n";

static const struct packet_case outgoing[] = {
    {OUT4 "| tcp 1 > 2 syn", "accept reason default"},
    {OUT4 "| tcp 1 > 2 ack", "accept reason default"},
    {IN4 "| tcp 2 > 1 ack", "drop rule no"},
    {OUT4 "| tcp 1 > 2 ack\n" IN4 "| tcp 2 > 1 ack", "accept reason reply"},
    {OUT4 "| tcp 1 > 2 ack\n" IN4 "| tcp 2 > 1 syn", "drop rule no"},
    {OUT6 "| proto 99\n" IN6 "| proto 99", "accept reason reply"},
};

/* Audit says what enforcing would do, and remembers nothing else. */
static const char audit_policy[] = "[policy]\nname = audit\nmode = audit\n"
                                   "[rule ask]\ndirection = out\naction = accept\n"
                                   "protocol = udp\nport = 53\n";

static const struct packet_case audit[] = {
    {OUT4 "| udp 1 > 53", "accept rule ask"},
    {OUT4 "| udp 1 > 54", NOTHING},
    {OUT4 "| udp 1 > 53\n" IN4 "| udp 53 > 1", "accept reply ask"},
    {OUT4 "| udp 1 > 54\n" IN4 "| udp 54 > 1", NOTHING},
    {"in ip4 127.0.0.1 > 10.0.0.1 | udp 1 > 2", "drop reason martian"},
    {"in type 0x0800", "drop reason malformed"},
};

static const char bare_policy[] = "[policy]\nname = bare\n";

static const struct packet_case bare[] = {
    {IN4 "| tcp 1 > 2 syn", NOTHING}, {OUT4 "| tcp 1 > 2 syn", NOTHING},
    {IN6 "| udp 1 > 2", NOTHING},     {OUT6 "| udp 1 > 2", NOTHING},
    {IN4 "proto 99", NOTHING},        {OUT6 "next 99", NOTHING},
};

/* Nobody knows the TTL of a packet that is only spoken of: rules that accept do not ask for it
 * then, and rules that drop by it are skipped. */
static const char hops_policy[] =
    "[policy]\nname = hops\n"
    "[rule near]\ndirection = in\naction = drop\nprotocol = tcp\nport = 22\nttl = 0-63\n"
    "[rule ssh]\ndirection = in\naction = accept\nprotocol = tcp\nport = 22\n"
    "[rule dns]\ndirection = in\naction = accept\nprotocol = udp\nport = 53\n"
    "ttl = 64-128, 255\n"
    "[rule own]\ndirection = out\naction = accept\nprotocol = udp\nport = 123\nttl = 64\n";

static const struct packet_case hops[] = {
    {IN4 "ttl 0 | tcp 1 > 22 syn", "drop rule near"},
    {IN4 "ttl 63 | tcp 1 > 22 syn", "drop rule near"},
    {IN4 "ttl 64 | tcp 1 > 22 syn", "accept rule ssh"},
    {IN6 "hops 63 | tcp 1 > 22 syn", "drop rule near"},
    {IN6 "hops 255 | tcp 1 > 22 syn", "accept rule ssh"},
    {IN4 "ttl 63 | udp 1 > 53", NOTHING},
    {IN4 "ttl 64 | udp 1 > 53", "accept rule dns"},
    {IN4 "ttl 128 | udp 1 > 53", "accept rule dns"},
    {IN6 "hops 129 | udp 1 > 53", NOTHING},
    {IN6 "hops 254 | udp 1 > 53", NOTHING},
    {IN6 "hops 255 | udp 1 > 53", "accept rule dns"},
    {OUT4 "ttl 64 | udp 1 > 123", "accept rule own"},
    {OUT4 "ttl 65 | udp 1 > 123", NOTHING},
    {OUT4 "ttl 64 | udp 1 > 123\n" IN4 "ttl 1 | udp 123 > 1", "accept reply own"},
    {OUT4 "ttl 3 | tcp 22 > 1 syn ack", "accept reply ssh"},
    {OUT6 "hops 3 | tcp 22 > 1 ack", "accept reply ssh"},
    {OUT4 "ttl 3 | udp 53 > 1", "accept reply dns"},
    {OUT4 "ttl 3 | udp 54 > 1", NOTHING},
    {OUT4 "| icmp 3 code 3 | quote | ip4 203.0.113.7 > 198.51.100.10 ttl 1 | udp 1 > 53",
     "accept reply dns"},
    {OUT4 "| icmp 11 | quote | ip4 203.0.113.7 > 198.51.100.10 ttl 1 | tcp 1 > 22 syn",
     "accept reply ssh"},
};

/* The same is true of flags. */
static const char flags_policy[] =
    "[policy]\nname = flags\n[baseline]\ntcp-flags = accept\n"
    "[rule opens]\ndirection = in\naction = accept\nprotocol = tcp\nport = 443\n"
    "tcp-flags = syn+!ack\n"
    "[rule goes-on]\ndirection = in\naction = accept\nprotocol = tcp\nport = 443\n"
    "tcp-flags = ack+!syn\n"
    "[rule ends]\ndirection = in\naction = drop\nprotocol = tcp\nport = 22\ntcp-flags = fin\n"
    "[rule ssh]\ndirection = in\naction = accept\nprotocol = tcp\nport = 22\n"
    "[rule scan]\ndirection = in\naction = drop\nprotocol = tcp\n"
    "tcp-flags = syn+fin, !syn+!ack+!rst\n"
    "[rule marked]\ndirection = in\naction = accept\nprotocol = tcp\nport = 80\n"
    "tcp-flags = any but ece, cwr+urg\n"
    "[rule asks]\ndirection = out\naction = accept\nprotocol = tcp\nport = 53\n"
    "tcp-flags = syn+!ack\n"
    "[rule calls]\ndirection = out\naction = accept\nprotocol = tcp\nport = 81\n"
    "tcp-flags = !fin\n";

static const struct packet_case flags[] = {
    {IN4 "| tcp 1 > 443 syn", "accept rule opens"},
    {IN6 "| tcp 1 > 443 syn psh ece cwr", "accept rule opens"},
    {IN4 "| tcp 1 > 443 ack", "accept rule goes-on"},
    {IN6 "| tcp 1 > 443 fin ack psh", "accept rule goes-on"},
    {IN4 "| tcp 1 > 443 syn ack", NOTHING},
    {IN4 "| tcp 1 > 443 rst", NOTHING},
    {IN4 "| tcp 1 > 443 syn fin", "accept rule opens"},
    {IN4 "| tcp 1 > 443 none", "drop rule scan"},
    {IN4 "| tcp 1 > 7 syn fin ack", "drop rule scan"},
    {IN4 "| tcp 1 > 7 fin psh urg", "drop rule scan"},
    {IN4 "| tcp 1 > 7 rst", NOTHING},
    {IN4 "| udp 1 > 443", NOTHING},
    {IN4 "| tcp 1 > 22 syn fin", "drop rule ends"},
    {IN4 "| tcp 1 > 22 ack", "accept rule ssh"},
    {IN4 "| tcp 1 > 80 ack psh urg", "accept rule marked"},
    {IN4 "| tcp 1 > 80 ack cwr", "accept rule marked"},
    {IN4 "| tcp 1 > 80 ack cwr urg", NOTHING},
    {IN4 "| tcp 1 > 80 ack ece", NOTHING},
    {IN4 "more | tcp 1 > 22 fin ack | data 12", "drop rule ends"},
    {IN4 "more | tcp 1 > 22 ack | data 12", "accept rule ssh"},
    /* Answers, and errors: only the request is spoken of, and its flags are not known. */
    {OUT4 "| tcp 443 > 1 syn ack", "accept reply opens"},
    {OUT6 "| tcp 443 > 1 rst ack", "accept reply opens"},
    {OUT4 "| tcp 22 > 1 fin ack", "accept reply ssh"},
    {OUT4 "| tcp 7 > 1 ack", NOTHING},
    {OUT4 "| tcp 443 > 1 syn", NOTHING},
    {OUT4 "| icmp 11 | quote | ip4 203.0.113.7 > 198.51.100.10 | tcp 1 > 22 fin",
     "accept reply ssh"},
    {OUT4 "| icmp 3 code 3 | quote | ip4 203.0.113.7 > 198.51.100.10 | tcp 1 > 443 rst",
     "accept reply opens"},
    {OUT4 "| icmp 3 code 3 | quote | ip4 203.0.113.7 > 198.51.100.10 | tcp 1 > 7 none", NOTHING},
    /* A flow lets all in that answers, but nothing out. */
    {OUT4 "| tcp 1 > 53 syn", "accept rule asks"},
    {OUT4 "| tcp 1 > 53 ack", NOTHING},
    {OUT4 "| tcp 1 > 53 syn\n" IN4 "| tcp 53 > 1 syn ack", "accept reply asks"},
    {OUT4 "| tcp 1 > 53 syn\n" IN4 "| tcp 53 > 1 rst ack", "accept reply asks"},
    {OUT4 "| tcp 1 > 53 syn\n" IN4 "| tcp 53 > 1 syn ack\n" OUT4 "| tcp 1 > 53 ack", NOTHING},
    {OUT4 "| tcp 1 > 53 ack\n" IN4 "| tcp 53 > 1 ack", NOTHING},
    {OUT4 "| tcp 1 > 81 ack\n" IN4 "| tcp 81 > 1 fin ack", "accept reply calls"},
    {OUT4 "| tcp 1 > 81 fin ack", NOTHING},
};

const struct case_group rule_cases[] = {
    {"rules", edge_policy, rules, ARRAY_SIZE(rules)},
    {"mirrors", edge_policy, mirrors, ARRAY_SIZE(mirrors)},
    {"hops", hops_policy, hops, ARRAY_SIZE(hops)},
    {"flags", flags_policy, flags, ARRAY_SIZE(flags)},
    {"flows", edge_policy, flows, ARRAY_SIZE(flows)},
    {"defaults that accept", open_policy, open_defaults, ARRAY_SIZE(open_defaults)},
    {"outbound accepts", outgoing_policy, outgoing, ARRAY_SIZE(outgoing)},
    {"audit", audit_policy, audit, ARRAY_SIZE(audit)},
    {"no rules", bare_policy, bare, ARRAY_SIZE(bare)},
    {NULL, NULL, NULL, 0},
};
