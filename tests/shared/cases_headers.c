/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How frames are read: what is malformed, what is skipped, what has ports. */
#include "cases.h"

#include "../../loader/base/memory.h"

#define MALFORMED "drop reason malformed"

#define V4  "ip4 203.0.113.7 > 198.51.100.10 "
#define V6  "ip6 2001:db8:9::7 > 2001:db8::10 "
#define WEB "| tcp 40000 > 443 syn "
/* Options for 40 bytes: the maximum. */
#define NOPS_12      "010101010101010101010101"
#define NOPS_36      NOPS_12 NOPS_12 NOPS_12
#define ZEROS_12     "000000000000000000000000"
#define OPTION_ZEROS ZEROS_12 ZEROS_12 ZEROS_12

#define BOTH_WEB "both " V4 WEB

/* Both directions give the same result, because nothing is accepted: `web` means that the ports
 * were found, `rest` that there were none, or others. */
static const char headers_policy[] =
    "[policy]\nname = headers\n"
    "[rule web]\ndirection = both\naction = drop\nprotocol = tcp, udp, sctp\nport = 443\n"
    "[rule echo]\ndirection = both\naction = drop\nprotocol = icmp, icmpv6\n"
    "icmp-type = echo-request\n"
    "[rule mobile]\ndirection = both\naction = drop\nprotocol = 135\n"
    "[rule rest]\ndirection = both\naction = drop\n";

static const struct packet_case ethernet[] = {
    {"both type 0x0800 | cut 13", MALFORMED},
    {"both type 0x0806 | cut 1", MALFORMED},
    {"both type 0x0800", MALFORMED},
    {"both type 0x86dd", MALFORMED},
    {BOTH_WEB, "drop rule web"},
    {"both vlan | " V4 WEB, "drop rule web"},
    {"both qinq | " V4 WEB, "drop rule web"},
    {"both vlan | vlan | " V4 WEB, "drop rule web"},
    {"both qinq | vlan | " V6 WEB, "drop rule web"},
    {"both vlan | qinq | " V6 WEB, "drop rule web"},
    {"both vlan | vlan | vlan | " V4 WEB, "drop reason vlan-depth"},
    {"both qinq | qinq | qinq | " V6 WEB, "drop reason vlan-depth"},
    {"both qinq | vlan | vlan | type 0x0806", "drop reason vlan-depth"},
    {"both vlan | cut 17", MALFORMED},
    {"both vlan | vlan | cut 20", MALFORMED},
    {"both vlan | vlan | vlan | cut 22", "drop reason vlan-depth"},
    {"both vlan | " V4 "| cut 37", MALFORMED},
};

static const struct packet_case ip4[] = {
    {"both " V4 "| cut 33", MALFORMED},
    {"both " V4 "version 6 " WEB, MALFORMED},
    {"both " V4 "version 0 " WEB, MALFORMED},
    {"both type 0x0800 | data 40", MALFORMED},
    {"both " V4 "ihl 4 " WEB, MALFORMED},
    {"both " V4 "ihl 0 " WEB, MALFORMED},
    {"both " V4 "ihl 11 " WEB, MALFORMED},
    {"both " V4 "ihl 10 " WEB, MALFORMED},
    {"both " V4 "total 0 " WEB, MALFORMED},
    {"both " V4 "total 19 " WEB, MALFORMED},
    {"both " V4 "total 20 proto 200 ", "drop rule rest"},
    {"both " V4 "total 41 " WEB, MALFORMED},
    {"both " V4 "total 65535 " WEB, MALFORMED},
    {BOTH_WEB "| cut 53", MALFORMED},
    {BOTH_WEB "| pad 60", "drop rule web"},
    {"both " V4 "total 39 " WEB, MALFORMED},
    {"both " V4 "total 39 " WEB "| pad 80", MALFORMED},
    {"both " V4 "options 01010101 " WEB, "drop rule web"},
    {"both " V4 "options 94040000 " WEB, "drop rule web"},
    {"both " V4 "options 0723 " WEB, MALFORMED},
    {"both " V4 "options 07270400" OPTION_ZEROS " " WEB, "drop rule web"},
    {"both " V4 "options " NOPS_36 "01010101 " WEB, "drop rule web"},
    {"both " V4 "options 830704c0a80101 " WEB, "drop reason source-route"},
    {"both " V4 "options 890704c0a80101 " WEB, "drop reason source-route"},
    {"both " V4 "options 0101830704c0a80101 " WEB, "drop reason source-route"},
    {"both " V4 "options 94040000890704c0a80101 " WEB, "drop reason source-route"},
    {"both " V4 "options " NOPS_36 "01890304 " WEB, "drop reason source-route"},
    {"both " V4 "options 00830704c0a80101 " WEB, "drop rule web"},
    {"both " V4 "options 07070483838383 " WEB, "drop rule web"},
    {"both " V4 "options 9400 " WEB, MALFORMED},
    {"both " V4 "options 9401 " WEB, MALFORMED},
    {"both " V4 "options 01010194 " WEB, MALFORMED},
    {"both " V4 "options 9405 " WEB, MALFORMED},
    {"both " V4 "options 830704c0a80101 offset 5 proto 6 | data 8", "drop reason source-route"},
};

static const struct packet_case ip6[] = {
    {"both " V6 "| cut 53", MALFORMED},
    {"both " V6 "version 4 " WEB, MALFORMED},
    {"both " V6 "version 7 " WEB, MALFORMED},
    {"both " V6 "length 21 " WEB, MALFORMED},
    {"both " V6 "length 65535 " WEB, MALFORMED},
    {"both " V6 "length 19 " WEB, MALFORMED},
    {"both " V6 WEB "| pad 120", "drop rule web"},
    {"both " V6, "drop rule rest"},
    {"both " V6 "length 0 " WEB, MALFORMED},
    {"both " V6 "length 0 | routing 0 1 ", MALFORMED},
    {"both " V6 "| hop " WEB, "drop rule web"},
    {"both " V6 "| dst " WEB, "drop rule web"},
    {"both " V6 "| dst 3 " WEB, "drop rule web"},
    /* A protocol of its own, like the others in IANA's list: nothing after them is read. */
    {"both " V6 "| mobility " WEB, "drop rule mobile"},
    {"both " V6 "| dst | mobility", "drop rule mobile"},
    {"both " V6 "| mobility | cut 55", MALFORMED},
    {"both " V6 "| proto 135", "drop rule mobile"},
    {"both " V6 "| proto 51 " WEB, "drop rule rest"},
    {"both " V6 "| proto 139 " WEB, "drop rule rest"},
    {"both " V6 "| proto 140 " WEB, "drop rule rest"},
    {"both " V6 "| proto 253 " WEB, "drop rule rest"},
    {"both " V4 "proto 135 " WEB, "drop rule mobile"},
    /* As long as segments are left, the packet is on its way elsewhere, whatever the type. */
    {"both " V6 "| routing 0 0 " WEB, "drop rule web"},
    {"both " V6 "| routing 2 0 2 " WEB, "drop rule web"},
    {"both " V6 "| routing 3 0 2 " WEB, "drop rule web"},
    {"both " V6 "| routing 4 0 2 " WEB, "drop rule web"},
    {"both " V6 "| routing 255 0 2 " WEB, "drop rule web"},
    {"both " V6 "| routing 0 1 2 " WEB, "drop reason extension-headers"},
    {"both " V6 "| routing 2 1 2 " WEB, "drop reason extension-headers"},
    {"both " V6 "| routing 3 1 2 " WEB, "drop reason extension-headers"},
    {"both " V6 "| routing 4 1 2 " WEB, "drop reason extension-headers"},
    {"both " V6 "| routing 4 255 4 " WEB, "drop reason extension-headers"},
    {"both " V6 "| routing 5 1 2 " WEB, "drop reason extension-headers"},
    {"both " V6 "| routing 253 1 2 " WEB, "drop reason extension-headers"},
    {"both " V6 "| routing 4 0 2 | routing 4 1 2 " WEB, "drop reason extension-headers"},
    {"both " V6 "| routing 2 1 2 | fragment 0 more " WEB, "drop reason extension-headers"},
    {"both " V6 "| fragment 9 | routing 4 1 2 " WEB, "drop reason fragment"},
    {"both " V6 "| dst | dst | routing 0 255 2 " WEB, "drop reason extension-headers"},
    {"both " V6 "| fragment 0 " WEB, "drop rule web"},
    {"both " V6 "| hop | dst | routing 2 0 | fragment 0 | dst " WEB, "drop rule web"},
    {"both " V6 "| hop | dst | routing 2 0 | fragment 0 | dst | mobility " WEB, "drop rule mobile"},
    {"both " V6 "| hop | dst | dst | dst | dst | dst | dst | dst " WEB, "drop rule web"},
    {"both " V6 "| hop | dst | dst | dst | dst | dst | dst | dst | dst " WEB,
     "drop reason extension-headers"},
    {"both " V6 "| dst | dst | dst | dst | dst | dst | dst | dst | proto 50 | data 8",
     "drop rule rest"},
    {"both " V6 "| dst | dst | dst | dst | dst | dst | dst | dst | proto 60",
     "drop reason extension-headers"},
    {"both " V6 "| dst | hop " WEB, MALFORMED},
    {"both " V6 "| hop | hop " WEB, MALFORMED},
    {"both " V6 "| dst | cut 61", MALFORMED},
    {"both " V6 "length 7 | dst " WEB, MALFORMED},
    {"both " V6 "length 8 | dst " WEB, MALFORMED},
    {"both " V6 "length 15 | dst 1 " WEB, MALFORMED},
    {"both " V6 "length 8 | dst | proto 59", "drop rule rest"},
    {"both " V6 "| dst 255 " WEB, "drop rule web"},
    {"both " V6 "| dst | cut 62 | poke 55 255", MALFORMED},
};

static const struct packet_case transport[] = {
    {"both " V4 "total 39 | tcp 40000 > 443 syn", MALFORMED},
    {"both " V4 "total 20 proto 6", MALFORMED},
    {"both " V4 "| tcp 40000 > 443 doff 4", MALFORMED},
    {"both " V4 "| tcp 40000 > 443 doff 6", MALFORMED},
    {"both " V4 "| tcp 40000 > 443 doff 15 | data 39", MALFORMED},
    {"both " V4 "| tcp 40000 > 443 doff 15 | data 40", "drop rule web"},
    {"both " V6 "| tcp 40000 > 443 doff 0", MALFORMED},
    {"both " V6 "| tcp 40000 > 443 doff 6 | data 4", "drop rule web"},
    {"both " V4 "| udp 40000 > 443", "drop rule web"},
    {"both " V4 "total 27 | udp 40000 > 443", MALFORMED},
    {"both " V4 "| udp 40000 > 443 length 7", MALFORMED},
    {"both " V4 "| udp 40000 > 443 length 0", MALFORMED},
    {"both " V4 "| udp 40000 > 443 length 9", MALFORMED},
    {"both " V4 "| udp 40000 > 443 length 9 | pad 60", MALFORMED},
    {"both " V4 "| udp 40000 > 443 length 9 | data 4", "drop rule web"},
    {"both " V6 "| udp 40000 > 443", "drop rule web"},
    {"both " V6 "| udp 40000 > 443 length 65535 | data 10", MALFORMED},
    {"both " V6 "length 7 | udp 40000 > 443", MALFORMED},
    {"both " V4 "| sctp 40000 > 443", "drop rule web"},
    {"both " V4 "total 31 | sctp 40000 > 443", MALFORMED},
    {"both " V6 "| sctp 40000 > 443", "drop rule web"},
    {"both " V6 "length 11 | sctp 40000 > 443", MALFORMED},
    {"both " V4 "| icmp 8", "drop rule echo"},
    {"both " V4 "| icmp 8 code 3", "drop rule echo"},
    {"both " V4 "| icmp 0", "drop rule rest"},
    {"both " V4 "total 27 | icmp 8", MALFORMED},
    {"both " V6 "| icmp6 128", "drop rule echo"},
    {"both " V6 "| icmp6 129", "drop rule rest"},
    {"both " V6 "length 7 | icmp6 128", MALFORMED},
    {"both " V4 "| icmp6 128", "drop rule rest"},
    {"both " V6 "| icmp 8", "drop rule rest"},
    {"both " V4 "proto 58", "drop rule rest"},
    {"both " V6 "next 1", "drop rule rest"},
    {"both " V4 "proto 200", "drop rule rest"},
    {"both " V4 "proto 0 | data 8", "drop rule rest"},
    {"both " V4 "proto 43 | data 8", "drop rule rest"},
    {"both " V6 "| proto 255 | data 1", "drop rule rest"},
    {"both " V6 "| proto 59", "drop rule rest"},
    {"both " V4 "| proto 50 | data 16", "drop rule rest"},
    {"both " V4 "| proto 51 | data 24", "drop rule rest"},
    {"both " V6 "| proto 51 | data 24", "drop rule rest"},
    {"both " V6 "| proto 51", "drop rule rest"},
    {"both " V6 "| dst | proto 50 | data 8", "drop rule rest"},
    {"both " V4 "| proto 47 | data 4", "drop rule rest"},
};

#define WHOLE "both " V6 "| fragment 0 more | udp 40000 > 443 length 4000 | data 64"

static const struct packet_case fragments[] = {
    {"both " V4 "more | udp 40000 > 443 length 4000 | data 64", "drop rule web"},
    {"both " V4 "more | tcp 40000 > 443 syn", "drop rule web"},
    {"both " V4 "more total 36 | tcp 40000 > 443 syn", MALFORMED},
    {"both " V4 "more total 24 | udp 40000 > 443", MALFORMED},
    {"both " V4 "more | udp 40000 > 443 length 7", MALFORMED},
    {"both " V4 "more | icmp 8 | data 64", "drop rule echo"},
    {"both " V4 "offset 1 proto 17 | data 8", "drop reason fragment"},
    {"both " V4 "offset 1 more proto 6 | data 8", "drop reason fragment"},
    {"both " V4 "offset 8191 proto 1 | data 1", "drop reason fragment"},
    {"both " V4 "offset 185 proto 200", "drop reason fragment"},
    {WHOLE, "drop rule web"},
    {"both " V6 "length 20 | fragment 0 more | tcp 40000 > 443", MALFORMED},
    {"both " V6 "| fragment 0 more | dst | udp 40000 > 443 length 4000", "drop rule web"},
    {"both " V6 "| fragment 1 | proto 17 | data 8", "drop reason fragment"},
    {"both " V6 "| fragment 1 more | proto 6", "drop reason fragment"},
    {"both " V6 "| fragment 8191 | proto 60 | data 1", "drop reason fragment"},
    {"both " V6 "| hop | dst | fragment 2 | proto 44", "drop reason fragment"},
    {"both " V6 "| fragment 2 | cut 61", MALFORMED},
};

/* Longer than the first buffer that the kernel gives an XDP program, with headers past its end. */
static const struct packet_case long_frames[] = {
    {"in " V4 WEB "| data 6000", "drop rule web"},
    {"in " V4 WEB "| data 6000 | cut 6053", MALFORMED},
    {"in " V6 "| dst 255 | dst 255 " WEB "| data 1000", "drop rule web"},
    {"in " V6 "| dst 255 | dst 255 | udp 40000 > 443 | data 1000", "drop rule web"},
    {"in " V6 "| dst 255 | dst 255 | sctp 40000 > 443 | data 1000", "drop rule web"},
    {"in " V6 "| dst 255 | dst 255 | icmp6 128 | data 1000", "drop rule echo"},
    {"in " V6 "| dst 255 | dst 255 | dst | hop " WEB, MALFORMED},
    {"in " V6 "| dst 255 | dst 255 | fragment 3 | proto 6 | data 100", "drop reason fragment"},
    {"in " V6 "| dst 255 | dst 255 | routing 0 1 " WEB, "drop reason extension-headers"},
    {"in " V6 "| dst 255 | dst 255 | tcp 40000 > 443 | cut 4160", MALFORMED},
    {"in " V6 "| hop 255 | dst 255 | dst 255 | dst 255 | dst 255 | dst 255 | dst 200 " WEB,
     "drop rule web"},
};

#define BIG "| data 66000"

/* Packets that the kernel has merged: too long for a length field, which is then 0. */
static const struct packet_case big_frames[] = {
    {"both " V4 WEB BIG, "drop rule web"},
    {"both " V4 WEB "| data 65495", "drop rule web"},
    {"both " V4 WEB "| data 65496", "drop rule web"},
    {"both vlan | " V4 "options 01010101 " WEB BIG, "drop rule web"},
    {"both " V4 "| udp 40000 > 443 " BIG, "drop rule web"},
    {"both " V4 "| udp 40000 > 443 length 7 " BIG, MALFORMED},
    {"both " V4 "| icmp 8 " BIG, "drop rule echo"},
    {"both " V4 "proto 47 " BIG, "drop rule rest"},
    {"both " V4 "total 19 " WEB BIG, MALFORMED},
    {"both " V4 "more " WEB BIG, MALFORMED},
    {"both " V4 "offset 1 proto 6 " BIG, MALFORMED},
    {"both " V4 "| tcp 40000 > 443 doff 4 " BIG, MALFORMED},
    {"both " V6 WEB BIG, "drop rule web"},
    {"both " V6 WEB "| data 65515", "drop rule web"},
    {"both " V6 WEB "| data 65516", "drop rule web"},
    /* With a jumbo payload option (RFC 2675), as Linux does it, or without, as it will. */
    {"both " V6 "| hop " WEB BIG " | poke 56 194 | poke 57 4", "drop rule web"},
    {"both " V6 "| dst | routing 4 0 | udp 40000 > 443 " BIG, "drop rule web"},
    {"both " V6 "| routing 4 1 " WEB BIG, "drop reason extension-headers"},
    {"both " V6 "| fragment 0 " WEB BIG, MALFORMED},
    {"both " V6 "| fragment 0 more " WEB BIG, MALFORMED},
    {"both " V6 "| fragment 9 | proto 6 " BIG, MALFORMED},
    /* One byte less, and 0 is no length. */
    {"both " V4 WEB "| data 65496 | cut 65549", MALFORMED},
    {"both " V4 WEB "| data 65496 | cut 65550", "drop rule web"},
    {"both " V4 "total 0 " WEB "| data 65495", MALFORMED},
    {"both " V4 "total 0 " WEB, MALFORMED},
    {"both " V6 "length 0 " WEB "| data 65515", MALFORMED},
    {"both " V6 "length 0 | hop " WEB "| poke 56 194 | poke 57 4", MALFORMED},
};

const struct case_group header_cases[] = {
    {"ethernet", headers_policy, ethernet, ARRAY_SIZE(ethernet)},
    {"ip4", headers_policy, ip4, ARRAY_SIZE(ip4)},
    {"ip6", headers_policy, ip6, ARRAY_SIZE(ip6)},
    {"transport", headers_policy, transport, ARRAY_SIZE(transport)},
    {"fragments", headers_policy, fragments, ARRAY_SIZE(fragments)},
    {"long frames", headers_policy, long_frames, ARRAY_SIZE(long_frames)},
    {"big frames", headers_policy, big_frames, ARRAY_SIZE(big_frames)},
    {NULL, NULL, NULL, 0},
};
