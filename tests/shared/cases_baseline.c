/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that are not IP, martians, and every switch of [baseline] both ways. */
#include "cases.h"

#include "../../loader/base/memory.h"

#define V4 "ip4 203.0.113.7 > 198.51.100.10 "
#define V6 "ip6 2001:db8:9::7 > 2001:db8::10 "

#define REST "[rule rest]\ndirection = both\naction = drop\n"
#define HEAD "[policy]\nname = baseline\n"

static const char defaults_policy[] = HEAD REST;

static const char turned_policy[] =
    HEAD "[baseline]\narp = drop\nneighbour-discovery = drop\nigmp = accept\nicmp-errors = drop\n"
         "link-control = drop\nother-ethertypes = accept\nping = accept\ndhcp-client = accept\n"
         "fragments = drop\ntcp-flags = accept\nmartians = accept\n" REST;

static const struct packet_case not_ip[] = {
    {"both type 0x0806 | data 28", "accept reason arp"},
    {"both type 0x0806", "accept reason arp"},
    {"both vlan | type 0x0806 | data 28", "accept reason arp"},
    {"both mac 01:80:c2:00:00:00 | type 0x0806 | data 28", "accept reason arp"},
    {"both mac 01:80:c2:00:00:0e | type 0x88cc | data 40", "accept reason link-control"},
    {"both mac 01:80:c2:00:00:00 | type 0x0026 | data 38", "accept reason link-control"},
    {"both mac 01:80:c2:00:00:02 | type 0x8809 | data 46", "accept reason link-control"},
    {"both mac 01:80:c2:00:00:03 | type 0x888e | data 46", "accept reason link-control"},
    {"both mac 01:80:c2:00:00:0f | type 0x1234 | data 46", "accept reason link-control"},
    {"both mac 01:80:c2:00:00:10 | type 0x88cc | data 46", "drop reason other-ethertype"},
    {"both mac 01:80:c2:00:01:0e | type 0x88cc | data 46", "drop reason other-ethertype"},
    {"both mac 01:80:c3:00:00:0e | type 0x88cc | data 46", "drop reason other-ethertype"},
    {"both type 0x88cc | data 40", "drop reason other-ethertype"},
    {"both type 0x8847 | data 46", "drop reason other-ethertype"},
    {"both type 0x0026 | data 46", "drop reason other-ethertype"},
    {"both vlan", "drop reason other-ethertype"},
    {"both mac 01:80:c2:00:00:0e | " V4 "| tcp 1 > 2 syn", "drop rule rest"},
    {"both mac 01:80:c2:00:00:0e | ip4 127.0.0.1 > 10.0.0.1 | tcp 1 > 2", "drop reason martian"},
};

static const struct packet_case not_ip_turned[] = {
    {"both type 0x0806 | data 28", "drop reason arp"},
    {"both mac 01:80:c2:00:00:00 | type 0x0806 | data 28", "drop reason arp"},
    {"both mac 01:80:c2:00:00:0e | type 0x88cc | data 40", "drop reason link-control"},
    {"both mac 01:80:c2:00:00:10 | type 0x88cc | data 46", "accept reason other-ethertype"},
    {"both type 0x8847 | data 46", "accept reason other-ethertype"},
    {"both qinq | vlan | type 0x8847 | data 46", "accept reason other-ethertype"},
    {"both qinq | vlan | vlan | type 0x8847 | data 46", "drop reason vlan-depth"},
};

#define UDP "| udp 1000 > 2000"

static const struct packet_case martians[] = {
    {"both ip4 224.0.0.0 > 198.51.100.10 " UDP, "drop reason martian"},
    {"both ip4 239.255.255.255 > 198.51.100.10 " UDP, "drop reason martian"},
    {"both ip4 255.255.255.255 > 198.51.100.10 " UDP, "drop reason martian"},
    {"both ip4 0.0.0.0 > 198.51.100.10 " UDP, "drop reason martian"},
    {"both ip4 0.255.255.255 > 198.51.100.10 | udp 68 > 67", "drop reason martian"},
    {"both ip4 127.0.0.0 > 198.51.100.10 " UDP, "drop reason martian"},
    {"both ip4 127.255.255.255 > 198.51.100.10 | icmp 8", "drop reason martian"},
    {"both ip4 198.51.100.10 > 198.51.100.10 " UDP, "drop reason martian"},
    {"both ip4 127.0.0.1 > 198.51.100.10 offset 3 proto 17 | data 8", "drop reason martian"},
    {"both ip4 223.255.255.255 > 198.51.100.10 " UDP, "drop rule rest"},
    {"both ip4 240.0.0.0 > 198.51.100.10 " UDP, "drop rule rest"},
    {"both ip4 255.255.255.254 > 198.51.100.10 " UDP, "drop rule rest"},
    {"both ip4 1.0.0.0 > 198.51.100.10 " UDP, "drop rule rest"},
    {"both ip4 126.255.255.255 > 198.51.100.10 " UDP, "drop rule rest"},
    {"both ip4 128.0.0.0 > 198.51.100.10 " UDP, "drop rule rest"},
    {"both ip4 198.51.100.10 > 224.0.0.251 " UDP, "drop rule rest"},
    {"both ip4 0.0.0.0 > 255.255.255.255 | udp 68 > 67", "drop rule rest"},
    {"both ip4 0.0.0.0 > 255.255.255.255 | udp 67 > 68", "drop reason martian"},
    {"both ip4 0.0.0.0 > 255.255.255.255 | tcp 68 > 67", "drop reason martian"},
    {"both ip4 0.0.0.0 > 0.0.0.0 | udp 68 > 67", "drop reason martian"},
    {"both ip4 0.0.0.0 > 255.255.255.255 offset 3 proto 17 | data 8", "drop reason martian"},
    {"both ip4 0.0.0.0 > 224.0.0.1 ttl 1 options 94040000 proto 2 | data 8", "drop rule rest"},
    {"both ip4 0.0.0.0 > 224.0.0.22 ttl 1 proto 2 | data 16", "drop rule rest"},
    {"both ip4 0.0.0.0 > 224.0.0.1 offset 1 proto 2 | data 8", "drop reason fragment"},
    {"both ip4 0.0.0.0 > 0.0.0.0 proto 2 | data 8", "drop reason martian"},
    {"both ip4 0.0.0.1 > 224.0.0.1 proto 2 | data 8", "drop reason martian"},
    {"both ip4 0.0.0.0 > 224.0.0.13 proto 103 | data 8", "drop reason martian"},
    {"both ip6 :: > 2001:db8::10 " UDP, "drop reason martian"},
    {"both ip6 ::1 > 2001:db8::10 " UDP, "drop reason martian"},
    {"both ip6 ::ffff:0.0.0.0 > 2001:db8::10 " UDP, "drop reason martian"},
    {"both ip6 ::ffff:203.0.113.7 > 2001:db8::10 " UDP, "drop reason martian"},
    {"both ip6 ff00:: > 2001:db8::10 " UDP, "drop reason martian"},
    {"both ip6 ff02::1 > 2001:db8::10 hops 255 | icmp6 136", "drop reason martian"},
    {"both ip6 2001:db8::10 > 2001:db8::10 " UDP, "drop reason martian"},
    {"both ip6 ::2 > 2001:db8::10 " UDP, "drop rule rest"},
    {"both ip6 ::fffe:ffff:ffff > 2001:db8::10 " UDP, "drop rule rest"},
    {"both ip6 ::1:0:0:0 > 2001:db8::10 " UDP, "drop rule rest"},
    {"both ip6 feff:ffff:: > 2001:db8::10 " UDP, "drop rule rest"},
    {"both ip6 2001:db8::11 > 2001:db8::10 " UDP, "drop rule rest"},
    {"both ip6 2001:db9::10 > 2001:db8::10 " UDP, "drop rule rest"},
    {"both ip6 :: > ff02::1:ff00:10 hops 255 | icmp6 135", "accept reason neighbour-discovery"},
    {"both ip6 :: > ff02::1:ff00:10 hops 64 | icmp6 135", "drop rule rest"},
    {"both ip6 :: > ff02::16 hops 1 | hop | icmp6 143", "accept reason neighbour-discovery"},
    {"both ip6 :: > ff02::16 hops 1 | hop | icmp6 131", "accept reason neighbour-discovery"},
    {"both ip6 :: > ff02::2 hops 255 | icmp6 133", "accept reason neighbour-discovery"},
    {"both ip6 :: > ff02::2 hops 254 | icmp6 133", "drop rule rest"},
    {"both ip6 :: > ff02::1 hops 255 | icmp6 134", "drop reason martian"},
    {"both ip6 :: > ff02::2 hops 255 | icmp6 136", "drop reason martian"},
    {"both ip6 :: > ff02::2 hops 255 | icmp6 137", "drop reason martian"},
    {"both ip6 :: > ff02::2 hops 255 | proto 133", "drop reason martian"},
    {"both ip6 :: > :: hops 255 | icmp6 133", "drop reason martian"},
    {"both ip6 :: > :: hops 255 | icmp6 135", "drop reason martian"},
    {"both ip6 :: > ff02::1 | fragment 3 | proto 58 | data 8", "drop reason martian"},
};

static const struct packet_case martians_turned[] = {
    {"both ip4 127.0.0.1 > 198.51.100.10 " UDP, "drop rule rest"},
    {"both ip4 198.51.100.10 > 198.51.100.10 " UDP, "drop rule rest"},
    {"both ip6 ff02::1 > 2001:db8::10 " UDP, "drop rule rest"},
    {"both ip6 :: > 2001:db8::10 " UDP, "drop rule rest"},
    {"both ip4 127.0.0.1 > 198.51.100.10 offset 3 proto 17 | data 8", "drop reason fragment"},
};

#define TCP    "| tcp 40000 > 443 "
#define NO_ONE "drop reason tcp-flags"
#define LEFT   "drop rule rest"

static const struct packet_case flags[] = {
    {"both " V4 TCP "syn", LEFT},
    {"both " V4 TCP "syn ece cwr", LEFT},
    {"both " V6 TCP "syn psh | data 20", LEFT}, /* fast open */
    {"both " V6 TCP "syn ece cwr psh | data 20", LEFT},
    {"both " V4 TCP "syn ack", LEFT},
    {"both " V4 TCP "syn ack ece", LEFT},
    {"both " V4 TCP "syn ack urg", LEFT},
    {"both " V4 TCP "ack", LEFT},
    {"both " V4 TCP "ack psh urg ece cwr", LEFT},
    {"both " V4 TCP "fin ack", LEFT},
    {"both " V4 TCP "fin ack psh urg", LEFT},
    {"both " V4 TCP "rst", LEFT},
    {"both " V6 TCP "rst ack psh", LEFT},
    {"both " V6 TCP "rst psh urg", LEFT},
    {"both " V4 TCP "none", NO_ONE},
    {"both " V6 TCP "none", NO_ONE},
    {"both " V4 TCP "fin", NO_ONE},
    {"both " V4 TCP "fin psh urg", NO_ONE},
    {"both " V4 TCP "psh", NO_ONE},
    {"both " V4 TCP "urg", NO_ONE},
    {"both " V4 TCP "ece cwr", NO_ONE},
    {"both " V4 TCP "syn urg", NO_ONE},
    {"both " V4 TCP "syn fin", NO_ONE},
    {"both " V4 TCP "syn fin ack", NO_ONE},
    {"both " V6 TCP "syn rst", NO_ONE},
    {"both " V4 TCP "syn rst ack", NO_ONE},
    {"both " V4 TCP "fin rst", NO_ONE},
    {"both " V4 TCP "fin rst ack", NO_ONE},
    {"both " V4 TCP "fin syn rst psh ack urg ece cwr", NO_ONE},
    /* Martians come first; fragments that have no flags, and what merely looks like them, after. */
    {"both ip4 127.0.0.1 > 198.51.100.10 " TCP "none", "drop reason martian"},
    {"both " V4 "more " TCP "syn fin | data 12", NO_ONE},
    {"both " V6 "| fragment 0 more " TCP "syn fin | data 12", NO_ONE},
    {"both " V4 "offset 1 proto 6 | data 8", "drop reason fragment"},
    {"both " V6 "| fragment 1 | proto 6 | data 8", "drop reason fragment"},
    {"both " V4 "| udp 40000 > 443", LEFT},
    {"both " V4 "| icmp 11 | quote | " V4 TCP "syn fin", LEFT},
};

static const struct packet_case flags_turned[] = {
    {"both " V4 TCP "none", LEFT},
    {"both " V6 TCP "fin psh urg", LEFT},
    {"both " V4 TCP "syn fin", LEFT},
    {"both " V6 TCP "fin rst", LEFT},
};

static const struct packet_case switches[] = {
    {"both " V6 "hops 255 | icmp6 133", "accept reason neighbour-discovery"},
    {"both " V6 "hops 255 | icmp6 134", "accept reason neighbour-discovery"},
    {"both " V6 "hops 255 | icmp6 135", "accept reason neighbour-discovery"},
    {"both " V6 "hops 255 | icmp6 136", "accept reason neighbour-discovery"},
    {"both " V6 "hops 255 | icmp6 137", "accept reason neighbour-discovery"},
    {"both " V6 "hops 254 | icmp6 133", "drop rule rest"},
    {"both " V6 "hops 254 | icmp6 137", "drop rule rest"},
    {"both " V6 "hops 255 | icmp6 138", "drop rule rest"},
    {"both " V6 "hops 255 | icmp6 128", "drop rule rest"},
    {"both " V6 "hops 1 | hop | icmp6 130", "accept reason neighbour-discovery"},
    {"both " V6 "hops 1 | icmp6 131", "accept reason neighbour-discovery"},
    {"both " V6 "hops 1 | icmp6 132", "accept reason neighbour-discovery"},
    {"both " V6 "hops 1 | icmp6 143", "accept reason neighbour-discovery"},
    {"both " V6 "hops 1 | icmp6 144", "drop rule rest"},
    {"both " V4 "ttl 255 | icmp6 135", "drop rule rest"},
    {"both " V4 "ttl 255 | icmp 135", "drop rule rest"},
    {"both " V6 "| fragment 1 | proto 58 | data 8", "drop reason fragment"},
    {"both " V4 "ttl 1 proto 2 | data 8", "drop rule rest"},
    {"in " V4 "| icmp 8", "drop rule rest"},
    {"in " V6 "| icmp6 128", "drop rule rest"},
    {"in " V4 "| udp 67 > 68", "drop rule rest"},
    {"out " V6 "| udp 546 > 547", "drop rule rest"},
    {"both " V4 "offset 1 proto 17 | data 8", "drop reason fragment"},
    {"both " V4 "more | udp 1 > 2", "drop rule rest"},
    {"both " V4 "| icmp 3 code 4 | data 28", "drop rule rest"},
};

static const struct packet_case switches_turned[] = {
    {"both " V6 "hops 255 | icmp6 135", "drop rule rest"},
    {"both " V6 "hops 1 | icmp6 143", "drop rule rest"},
    {"both " V4 "ttl 1 proto 2 | data 8", "accept reason igmp"},
    {"both " V4 "ttl 1 options 94040000 proto 2 | data 8", "accept reason igmp"},
    {"both " V4 "ttl 1 proto 2", "accept reason igmp"},
    {"both ip4 0.0.0.0 > 224.0.0.1 ttl 1 options 94040000 proto 2 | data 8", "accept reason igmp"},
    {"both " V6 "next 2 | data 8", "drop rule rest"},
    {"in " V4 "| icmp 8", "accept reason ping"},
    {"in " V4 "| icmp 8 code 9", "accept reason ping"},
    {"out " V4 "| icmp 0", "accept reason ping"},
    {"out " V4 "| icmp 8", "drop rule rest"},
    {"in " V4 "| icmp 0", "drop rule rest"},
    {"in " V4 "| icmp 128", "drop rule rest"},
    {"in " V4 "| icmp 13", "drop rule rest"},
    {"in " V6 "| icmp6 128", "accept reason ping"},
    {"out " V6 "| icmp6 129", "accept reason ping"},
    {"out " V6 "| icmp6 128", "drop rule rest"},
    {"in " V6 "| icmp6 129", "drop rule rest"},
    {"in " V6 "| icmp6 8", "drop rule rest"},
    {"in " V4 "| icmp6 128", "drop rule rest"},
    {"in " V4 "| udp 67 > 68", "accept reason dhcp-client"},
    {"out " V4 "| udp 68 > 67", "accept reason dhcp-client"},
    {"out ip4 0.0.0.0 > 255.255.255.255 | udp 68 > 67", "accept reason dhcp-client"},
    {"in " V4 "| udp 68 > 67", "drop rule rest"},
    {"out " V4 "| udp 67 > 68", "drop rule rest"},
    {"in " V4 "| tcp 67 > 68", "drop rule rest"},
    {"in " V4 "| udp 66 > 68", "drop rule rest"},
    {"in " V4 "| udp 67 > 69", "drop rule rest"},
    {"in " V4 "| udp 547 > 546", "drop rule rest"},
    {"in " V6 "| udp 547 > 546", "accept reason dhcp-client"},
    {"out " V6 "| udp 546 > 547", "accept reason dhcp-client"},
    {"out " V6 "| udp 547 > 546", "drop rule rest"},
    {"in " V6 "| udp 67 > 68", "drop rule rest"},
    {"both " V4 "offset 1 proto 17 | data 8", "drop reason fragment"},
    {"both " V4 "more | udp 1 > 2", "drop rule rest"},
    {"both " V6 "| fragment 1 | proto 17 | data 8", "drop reason fragment"},
    {"both " V4 "| icmp 3 code 4 | data 28", "drop rule rest"},
};

/* No packet here belongs to a connection. */
static const char stateful_policy[] =
    HEAD "[baseline]\ntcp-state = socket\n"
         "[rule web]\ndirection = in\naction = accept\nprotocol = tcp, udp\nport = 443\n"
         "[rule no]\ndirection = in\naction = drop\nprotocol = tcp\nport = 81\n"
         "[rule fetch]\ndirection = out\naction = accept\nprotocol = tcp\nport = 443\n"
         "[rule parts]\ndirection = in\naction = accept\nfragment = later\n";

static const char open_policy[] =
    "[policy]\nname = open\ninbound = accept\n[baseline]\ntcp-state = socket, conntrack\n"
    "[rule fetch]\ndirection = out\naction = accept\nprotocol = tcp\nport = 443\n";

#define STRAY   "drop reason no-connection"
#define WEB     "accept rule web"
#define FETCH4  "out ip4 198.51.100.10 > 203.0.113.7 | tcp 5000 > 443 syn\n"
#define FETCHED "accept reply fetch"

static const struct packet_case connections[] = {
    {"in " V4 TCP "syn", WEB},
    {"in " V6 TCP "syn ece cwr", WEB},
    {"in " V4 TCP "syn psh | data 20", WEB},
    {"in " V4 TCP "ack", STRAY},
    {"in " V6 TCP "ack", STRAY},
    {"in vlan | " V4 TCP "ack psh | data 20", STRAY},
    {"in " V4 TCP "syn ack", STRAY},
    {"in " V6 TCP "syn ack ece", STRAY},
    {"in " V4 TCP "rst", STRAY},
    {"in " V4 TCP "rst ack", STRAY},
    {"in " V6 TCP "fin ack", STRAY},
    {"in " V4 "more " TCP "ack | data 8", STRAY},
    {"in " V4 "offset 3 proto 6 | data 8", "accept rule parts"},
    {"in " V4 "| udp 40000 > 443", WEB},
    {"in " V4 "| tcp 40000 > 81 ack", "drop rule no"},
    {"in " V4 "| tcp 40000 > 82 ack", "drop reason default"},
    /* Not this host's. */
    {"in ip4 203.0.113.7 > 198.51.100.11 " TCP "ack", WEB},
    {"in ip6 2001:db8:9::7 > 2001:db8::11 " TCP "rst", WEB},
    /* Replies come first: of a connection that is translated, or that another host opened. */
    {FETCH4 "in " V4 "| tcp 443 > 5000 syn ack", FETCHED},
    {FETCH4 "in " V4 "| tcp 443 > 5000 rst", FETCHED},
    {"out ip4 198.51.100.10 > 203.0.113.7 | tcp 443 > 443 syn\nin " V4 "| tcp 443 > 443 ack",
     FETCHED},
    {"in " V4 "| tcp 443 > 443 ack", STRAY},
    /* What goes out is not asked for. */
    {"out ip4 198.51.100.10 > 203.0.113.7 | tcp 443 > 40000 ack", "accept reply web"},
};

static const struct packet_case open_connections[] = {
    {"in " V4 TCP "syn", "accept reason default"},
    {"in " V4 TCP "ack", STRAY},
    {"in " V6 TCP "rst", STRAY},
    {"in ip4 203.0.113.7 > 198.51.100.11 " TCP "ack", "accept reason default"},
    {"in " V4 "| udp 1 > 2", "accept reason default"},
    {FETCH4 "in " V4 "| tcp 443 > 5000 ack", FETCHED},
};

const struct case_group baseline_cases[] = {
    {"not IP", defaults_policy, not_ip, ARRAY_SIZE(not_ip)},
    {"martians", defaults_policy, martians, ARRAY_SIZE(martians)},
    {"flags", defaults_policy, flags, ARRAY_SIZE(flags)},
    {"switches", defaults_policy, switches, ARRAY_SIZE(switches)},
    {"not IP, switches turned", turned_policy, not_ip_turned, ARRAY_SIZE(not_ip_turned)},
    {"martians accepted", turned_policy, martians_turned, ARRAY_SIZE(martians_turned)},
    {"flags accepted", turned_policy, flags_turned, ARRAY_SIZE(flags_turned)},
    {"connections", stateful_policy, connections, ARRAY_SIZE(connections)},
    {"connections, inbound accepted", open_policy, open_connections, ARRAY_SIZE(open_connections)},
    {"switches turned", turned_policy, switches_turned, ARRAY_SIZE(switches_turned)},
    {NULL, NULL, NULL, 0},
};
