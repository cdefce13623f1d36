/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments: later ones share the verdict of the first. */
#include "cases.h"

#include "../../loader/base/memory.h"

#define IN4  "in ip4 203.0.113.7 > 198.51.100.10 "
#define OUT4 "out ip4 198.51.100.10 > 203.0.113.7 "
#define IN6  "in ip6 2001:db8:9::7 > 2001:db8::10 "
#define OUT6 "out ip6 2001:db8::10 > 2001:db8:9::7 "

#define PASSES "accept reason fragment"
#define DROPS  "drop reason fragment"

#define NOTHING "drop reason default"

#define RULES                                                                                      \
    "[rule shut]\ndirection = in\naction = drop\nprotocol = udp\nport = 9\n"                       \
    "[rule media]\ndirection = in\naction = accept\nprotocol = udp\nport = 50000-50999\n"          \
    "[rule web]\ndirection = in\naction = accept\nprotocol = tcp\nport = 443\n"                    \
    "[rule ask]\ndirection = out\naction = accept\nprotocol = udp\nport = 53\n"                    \
    "[rule tunnel]\ndirection = out\naction = accept\nprotocol = gre\n"

static const char track_policy[] = "[policy]\nname = track\n[baseline]\nping = accept\n" RULES;
static const char drop_policy[] = "[policy]\nname = none\n[baseline]\nfragments = drop\n" RULES;
static const char audit_policy[] = "[policy]\nname = audit\nmode = audit\n" RULES;
static const char open_policy[] = "[policy]\nname = open\ninbound = accept\noutbound = accept\n"
                                  "[baseline]\nmartians = accept\n"
                                  "[rule shut]\ndirection = both\naction = drop\nprotocol = udp\n"
                                  "port = 9\n";

/* In a first fragment with 24 bytes of data. */
#define UDP    "| udp 1024 > 50000 length 3000 | data 16"
#define FIRST4 IN4 "id 5 more " UDP "\n"
#define NEXT4  "offset 3 proto 17 | data 8"

static const struct packet_case tracked4[] = {
    {IN4 "id 5 more " UDP, "accept rule media"},
    {FIRST4 IN4 "id 5 " NEXT4, PASSES},
    {FIRST4 IN4 "id 5 more " NEXT4, PASSES},
    {FIRST4 IN4 "id 5 offset 8191 proto 17 | data 8", PASSES},
    {FIRST4 IN4 "id 5 offset 3 proto 17", PASSES},
    {FIRST4 IN4 "id 5 more " NEXT4 "\n" IN4 "id 5 offset 4 proto 17 | data 9", PASSES},
    {FIRST4 "in vlan | ip4 203.0.113.7 > 198.51.100.10 id 5 " NEXT4, PASSES},
    {FIRST4 IN4 "id 5 ttl 3 options 01010101 " NEXT4, PASSES},
    /* From another packet. */
    {IN4 "id 5 " NEXT4, DROPS},
    {FIRST4 IN4 "id 6 " NEXT4, DROPS},
    {FIRST4 IN4 "id 1280 " NEXT4, DROPS},
    {FIRST4 IN4 "id 5 offset 3 proto 6 | data 8", DROPS},
    {FIRST4 "in ip4 203.0.113.8 > 198.51.100.10 id 5 " NEXT4, DROPS},
    {FIRST4 "in ip4 203.0.113.7 > 198.51.100.11 id 5 " NEXT4, DROPS},
    {FIRST4 "in ip4 198.51.100.10 > 203.0.113.7 id 5 " NEXT4, DROPS},
    {FIRST4 "out ip4 203.0.113.7 > 198.51.100.10 id 5 " NEXT4, DROPS},
    {FIRST4 OUT4 "id 5 " NEXT4, DROPS},
    {FIRST4 "in ip6 cb00:7107:: > c633:640a:: | fragment 3 id 5 | proto 17 | data 8", DROPS},
    /* Too early: a later fragment that comes after the first still passes. */
    {IN4 "id 5 " NEXT4 "\n" FIRST4 IN4 "id 5 " NEXT4, PASSES},
    /* The first was not accepted. */
    {IN4 "id 5 more | udp 1024 > 9 length 3000 | data 16\n" IN4 "id 5 " NEXT4, DROPS},
    {IN4 "id 5 more | udp 1024 > 10 length 3000 | data 16\n" IN4 "id 5 " NEXT4, DROPS},
    {IN4 "id 5 more | udp 1024 > 50000 length 7 | data 16\n" IN4 "id 5 " NEXT4, DROPS},
    {IN4 "id 5 more total 24 | udp 1024 > 50000 length 3000\n" IN4 "id 5 " NEXT4, DROPS},
    {"in ip4 127.0.0.1 > 198.51.100.10 id 5 more " UDP
     "\nin ip4 127.0.0.1 > 198.51.100.10 id 5 " NEXT4,
     "drop reason martian"},
    {OUT4 "id 5 more " UDP "\n" OUT4 "id 5 " NEXT4, DROPS},
    /* A whole packet is not a first fragment. */
    {IN4 "id 5 | udp 1024 > 50000 | data 16\n" IN4 "id 5 " NEXT4, DROPS},
    /* A dropped first fragment does not undo an accepted one. */
    {FIRST4 IN4 "id 5 more | udp 1024 > 9 length 3000 | data 40\n" IN4 "id 5 " NEXT4, PASSES},
};

static const struct packet_case overlaps[] = {
    {FIRST4 IN4 "id 5 offset 2 proto 17 | data 8", DROPS},
    {FIRST4 IN4 "id 5 offset 1 more proto 17 | data 64", DROPS},
    {FIRST4 IN4 "id 5 offset 2 proto 17 | data 8\n" IN4 "id 5 " NEXT4, PASSES},
    {IN4 "id 5 more | tcp 1024 > 443 syn | data 4\n" IN4 "id 5 offset 1 proto 6 | data 16", DROPS},
    {IN4 "id 5 more | tcp 1024 > 443 syn | data 4\n" IN4 "id 5 offset 3 proto 6 | data 16", PASSES},
    /* Data that no later fragment can join seamlessly. */
    {IN4 "id 5 more | tcp 1024 > 443 syn\n" IN4 "id 5 offset 2 proto 6 | data 8", DROPS},
    {IN4 "id 5 more | tcp 1024 > 443 syn\n" IN4 "id 5 offset 3 proto 6 | data 8", PASSES},
    {IN4 "id 5 more | udp 1 > 50000 length 900 | data 17\n" IN4 "id 5 offset 3 proto 17", DROPS},
    {IN4 "id 5 more | udp 1 > 50000 length 900 | data 17\n" IN4 "id 5 offset 4 proto 17", PASSES},
    /* IP options are no data, nor is Ethernet padding. */
    {IN4 "id 5 more options 01010101 " UDP "\n" IN4 "id 5 offset 2 proto 17", DROPS},
    {IN4 "id 5 more options 01010101 " UDP "\n" IN4 "id 5 offset 3 proto 17", PASSES},
    {IN4 "id 5 more " UDP " | pad 90\n" IN4 "id 5 offset 3 proto 17", PASSES},
    /* The most recent first fragment counts. */
    {FIRST4 IN4 "id 5 more | udp 1 > 50000 length 900 | data 24\n" IN4 "id 5 offset 3 proto 17",
     DROPS},
    {FIRST4 IN4 "id 5 more | udp 1 > 50000 length 900 | data 24\n" IN4 "id 5 offset 4 proto 17",
     PASSES},
    {FIRST4 IN4 "id 5 more | udp 1 > 50000 length 900 | data 8\n" IN4 "id 5 offset 2 proto 17",
     PASSES},
};

static const struct packet_case remembered[] = {
    {FIRST4 "wait 28\n" IN4 "id 5 " NEXT4, PASSES},
    {FIRST4 "wait 32\n" IN4 "id 5 " NEXT4, DROPS},
    {FIRST4 "wait 20\n" IN4 "id 5 " NEXT4 "\nwait 20\n" IN4 "id 5 " NEXT4, DROPS},
    {FIRST4 "wait 20\n" FIRST4 "wait 20\n" IN4 "id 5 " NEXT4, PASSES},
    {FIRST4 "wait 40\n" FIRST4 IN4 "id 5 " NEXT4, PASSES},
    {FIRST4 "wait 20\n" IN4 "id 5 more | udp 1 > 9 length 900\nwait 20\n" IN4 "id 5 " NEXT4, DROPS},
};

/* Later fragments pass whatever accepted the first. */
static const struct packet_case accepted_by[] = {
    {OUT4 "more id 7 | udp 1024 > 53 length 900 | data 16\n" OUT4 "id 7 " NEXT4, PASSES},
    {OUT4 "| udp 1024 > 53\n" IN4 "more id 7 | udp 53 > 1024 length 900 | data 16\n" IN4
          "id 7 " NEXT4,
     PASSES},
    {OUT4 "| udp 1024 > 53\n" IN4 "more id 7 | udp 53 > 1025 length 900 | data 16\n" IN4
          "id 7 " NEXT4,
     DROPS},
    {OUT4 "more id 7 | udp 50000 > 1024 length 900 | data 16\n" OUT4 "id 7 " NEXT4, PASSES},
    {IN4 "more id 7 | icmp 8 | data 16\n" IN4 "id 7 offset 3 proto 1 | data 8", PASSES},
    {OUT4 "more id 7 | icmp 0 | data 16\n" OUT4 "id 7 offset 3 proto 1 | data 8", PASSES},
    {OUT4 "more id 7 proto 47 | data 16\n" OUT4 "id 7 offset 2 proto 47 | data 8", PASSES},
    {OUT4 "more id 7 proto 47\n" OUT4 "id 7 offset 1 proto 47 | data 8", PASSES},
    /* An outbound first fragment makes a flow like any packet; later ones make none. */
    {OUT4 "more id 7 | udp 1024 > 53 length 900 | data 16\n" IN4 "| udp 53 > 1024",
     "accept reply ask"},
    {OUT4 "more id 7 proto 47 | data 8\n" OUT4 "id 7 offset 1 proto 47\nwait 40\n" OUT4
          "id 7 offset 1 proto 47\nwait 40\n" IN4 "proto 47",
     "drop reason default"},
};

#define FIRST6 IN6 "| fragment 0 more id 5 " UDP "\n"
#define NEXT6  "| proto 17 | data 8"

static const struct packet_case tracked6[] = {
    {IN6 "| fragment 0 more id 5 " UDP, "accept rule media"},
    {FIRST6 IN6 "| fragment 3 id 5 " NEXT6, PASSES},
    {FIRST6 IN6 "| fragment 3 more id 5 " NEXT6, PASSES},
    {FIRST6 IN6 "| hop | dst | fragment 3 id 5 " NEXT6, PASSES},
    {FIRST6 IN6 "| fragment 2 id 5 " NEXT6, DROPS},
    {FIRST6 IN6 "| fragment 1 id 5 " NEXT6, DROPS},
    {FIRST6 IN6 "| fragment 8191 id 5 " NEXT6, PASSES},
    {IN6 "| fragment 3 id 5 " NEXT6, DROPS},
    {FIRST6 IN6 "| fragment 3 id 6 " NEXT6, DROPS},
    {FIRST6 IN6 "| fragment 3 id 0x10005 " NEXT6, DROPS},
    {FIRST6 IN6 "| fragment 3 id 0x05000000 " NEXT6, DROPS},
    {IN6 "| fragment 0 more id 0xfedcba98 " UDP "\n" IN6 "| fragment 3 id 0xfedcba98 " NEXT6,
     PASSES},
    {FIRST6 IN6 "| fragment 3 id 5 | proto 6 | data 8", DROPS},
    {FIRST6 "in ip6 2001:db8:9::8 > 2001:db8::10 | fragment 3 id 5 " NEXT6, DROPS},
    {FIRST6 "in ip6 2001:db8:9::7 > 2001:db8::11 | fragment 3 id 5 " NEXT6, DROPS},
    {FIRST6 "out ip6 2001:db8:9::7 > 2001:db8::10 | fragment 3 id 5 " NEXT6, DROPS},
    {IN6 "| fragment 0 more id 5 | fragment 0 more id 6 " UDP "\n" IN6
         "| fragment 4 id 5 | proto 44 | data 8",
     PASSES},
    {IN6 "| fragment 0 more id 5 | fragment 0 more id 6 " UDP "\n" IN6 "| fragment 3 id 6 " NEXT6,
     DROPS},
    {FIRST6 "wait 28\n" IN6 "| fragment 3 id 5 " NEXT6, PASSES},
    {FIRST6 "wait 32\n" IN6 "| fragment 3 id 5 " NEXT6, DROPS},
    {IN6 "| fragment 0 more id 5 | udp 1024 > 9 length 900 | data 16\n" IN6
         "| fragment 3 id 5 " NEXT6,
     DROPS},
    {IN6 "length 15 | fragment 0 more id 5 | udp 1024 > 50000 length 900\n" IN6
         "| fragment 3 id 5 " NEXT6,
     DROPS},
    /* The header after the fragment header counts, and everything after that is data. */
    {IN6 "| dst | fragment 0 more id 5 | dst " UDP "\n" IN6 "| fragment 4 id 5 | proto 60", PASSES},
    {IN6 "| dst | fragment 0 more id 5 | dst " UDP "\n" IN6 "| fragment 3 id 5 | proto 60", DROPS},
    {IN6 "| dst | fragment 0 more id 5 | dst " UDP "\n" IN6 "| fragment 4 id 5 | proto 17", DROPS},
    {IN6 "| fragment 0 more id 5 " UDP " | pad 150\n" IN6 "| fragment 3 id 5 " NEXT6, PASSES},
    {IN6 "| fragment 0 more id 5 | fragment 0 id 6 " UDP "\n" IN6 "| fragment 5 id 5 | proto 44",
     PASSES},
    {IN6 "| fragment 0 more id 5 | fragment 0 id 6 " UDP "\n" IN6 "| fragment 5 id 6 | proto 17",
     DROPS},
    {IN6 "| fragment 0 id 5 | fragment 0 more id 6 " UDP "\n" IN6 "| fragment 3 id 6 | proto 17",
     PASSES},
    {IN6 "| fragment 0 more id 5 | fragment 3 id 6 | proto 17", DROPS},
    {FIRST6 IN6 "| fragment 0 more id 6 | fragment 3 id 5 | proto 17", PASSES},
    {FIRST6 IN6 "| fragment 0 more id 6 | fragment 3 id 5 | proto 17\n" IN6
                "| fragment 9 id 6 | proto 44",
     DROPS},
    /* An atomic fragment has no others. */
    {IN6 "| fragment 0 id 5 | udp 1024 > 50000 | data 16", "accept rule media"},
    {IN6 "| fragment 0 id 5 | udp 1024 > 50000 | data 16\n" IN6 "| fragment 3 id 5 " NEXT6, DROPS},
    {FIRST6 IN6 "| fragment 0 id 5 | udp 1024 > 50000\n" IN6 "| fragment 3 id 5 " NEXT6, PASSES},
    {FIRST6 IN6 "| fragment 0 id 5 | udp 1024 > 9", "drop rule shut"},
    {OUT6 "| fragment 0 more id 5 | udp 1024 > 53 length 900\n" OUT6 "| fragment 1 id 5 " NEXT6,
     PASSES},
    {IN6 "| fragment 0 more id 5 | icmp6 128 | data 8\n" IN6 "| fragment 2 id 5 | proto 58",
     PASSES},
};

static const struct packet_case dropped[] = {
    {IN4 "id 5 more " UDP, "accept rule media"},
    {FIRST4 IN4 "id 5 " NEXT4, DROPS},
    {IN6 "| fragment 0 more id 5 " UDP, "accept rule media"},
    {FIRST6 IN6 "| fragment 3 id 5 " NEXT6, DROPS},
    {OUT4 "more id 7 | udp 1024 > 53 length 900\n" OUT4 "id 7 offset 1 proto 17", DROPS},
    {OUT4 "more id 7 | udp 1024 > 53 length 900\n" IN4 "more | udp 53 > 1024 length 900",
     "accept reply ask"},
};

static const struct packet_case audited[] = {
    {FIRST4 IN4 "id 5 " NEXT4, PASSES},
    {IN4 "id 5 more | udp 1024 > 9 length 3000 | data 16\n" IN4 "id 5 " NEXT4, DROPS},
    {IN6 "| fragment 0 more id 5 | udp 1 > 2 length 900\n" IN6 "| fragment 1 id 5 " NEXT6, DROPS},
};

static const struct packet_case by_default[] = {
    {IN4 "id 5 more | udp 1 > 2 length 900\n" IN4 "id 5 offset 1 proto 17", PASSES},
    {IN4 "id 5 more | udp 1 > 9 length 900\n" IN4 "id 5 offset 1 proto 17", DROPS},
    {OUT6 "| fragment 0 more id 5 | tcp 1 > 2 syn | data 4\n" OUT6 "| fragment 3 id 5 | proto 6",
     PASSES},
    {OUT6 "| fragment 0 more id 5 | udp 9 > 9 length 900\n" OUT6 "| fragment 1 id 5 | proto 17",
     DROPS},
    {"in ip4 127.0.0.1 > 198.51.100.10 id 5 more | udp 1 > 2 length 900\n"
     "in ip4 127.0.0.1 > 198.51.100.10 id 5 offset 1 proto 17",
     PASSES},
};

/* What rules say of fragments comes before what [baseline] says, and after bans and martians. */
#define NAMING                                                                                     \
    "[rules]\n"                                                                                    \
    "shut = drop in 203.0.113.9 > fragment yes\n"                                                  \
    "rest = accept in udp 203.0.113.0/24, 2001:db8:9::/48 > fragment later ttl 64\n"               \
    "whole = drop in tcp 203.0.113.0/24 > :443 fragment first\n"                                   \
    "web = accept in tcp, udp > :443\n"                                                            \
    "told = reject in gre > fragment later\n"                                                      \
    "all = drop in > fragment later length 36\n"                                                   \
    "tunnel = accept both 60 > fragment yes\n"                                                     \
    "own = accept out udp > fragment later\n"                                                      \
    "ask = accept out udp > :53 fragment no\n"                                                     \
    "shout = accept out udp > :54 fragment first\n"                                                \
    "serve = accept in sctp > :9 fragment no\n"                                                    \
    "tail = accept in 136 > fragment later\n"                                                      \
    "each = accept in 200 > fragment yes\n"

static const char naming_policy[] = "[policy]\nname = naming\n" NAMING;
static const char naming_drop_policy[] = "[policy]\nname = naming\n"
                                         "[baseline]\nfragments = drop\n" NAMING;

#define AT9 "in ip4 203.0.113.9 > 198.51.100.10 "

static const struct packet_case named[] = {
    {IN4 "id 5 offset 3 proto 17 | data 8", "accept rule rest"},
    {IN4 "id 5 offset 3 more proto 17 | data 8", "accept rule rest"},
    {IN6 "hops 64 | fragment 3 id 5 | proto 17 | data 8", "accept rule rest"},
    {IN4 "id 5 offset 3 proto 17 ttl 63 | data 8", DROPS},
    {IN4 "id 5 offset 3 proto 6 | data 8", DROPS},
    {"in ip4 192.0.2.7 > 198.51.100.10 id 5 offset 3 proto 17 | data 8", DROPS},
    /* Earlier rules decide first, and so do bans and martians. */
    {AT9 "id 5 offset 3 proto 17 | data 8", "drop rule shut"},
    {"ban 203.0.113.7 0\n" IN4 "id 5 offset 3 proto 17 | data 8", "drop reason banned"},
    {"in ip4 127.0.0.1 > 198.51.100.10 offset 3 proto 60 | data 8", "drop reason martian"},
    /* Rules that do not name later fragments are not asked. */
    {IN4 "id 5 offset 3 proto 132 | data 8", DROPS},
    {IN4 "id 5 offset 2 proto 6 | data 16", "drop rule all"},
    {IN4 "id 5 offset 2 proto 6 | data 15", DROPS},
    {IN4 "id 5 offset 2 proto 47 | data 8", "drop rule told"},
    /* A rule beats what was remembered of the first fragment; without a rule that still counts. */
    {IN4 "id 5 more | udp 1 > 443 length 900 | data 16\n" IN4 "id 5 offset 3 proto 17 ttl 9",
     PASSES},
    {IN4 "id 5 more | udp 1 > 443 length 900 | data 4\n" IN4
         "id 5 offset 2 proto 17 ttl 9 | data 16",
     "drop rule all"},
    {IN4 "id 5 more | udp 1 > 443 length 900 | data 16\n" IN4 "id 5 offset 1 proto 17",
     "accept rule rest"},
    /* First fragments, and what is none. */
    {IN4 "more | tcp 1 > 443 syn", "drop rule whole"},
    {IN4 "| tcp 1 > 443 syn", "accept rule web"},
    {IN4 "more | udp 1 > 443 length 900", "accept rule web"},
    {IN6 "| fragment 0 more | tcp 1 > 443 syn", "accept rule web"},
    {AT9 "more | udp 1 > 443 length 900", "drop rule shut"},
    {AT9 "| udp 1 > 443", "accept rule web"},
    {OUT4 "| udp 1 > 53", "accept rule ask"},
    {OUT4 "more | udp 1 > 53 length 900", NOTHING},
    {OUT6 "| fragment 0 more | udp 1 > 53 length 900", NOTHING},
    {OUT6 "| fragment 0 | udp 1 > 53", "accept rule ask"},
    {OUT4 "| udp 1 > 54", NOTHING},
    {OUT4 "more | udp 1 > 54 length 900", "accept rule shout"},
    {OUT4 "more | udp 1 > 54 length 900\n" IN4 "| udp 54 > 1", "accept reply shout"},
    /* Nobody knows of what is answered whether it was a fragment. */
    {OUT4 "more | sctp 9 > 1", "accept reply serve"},
    {OUT4 "proto 200 | data 8", "accept reply each"},
    {AT9 "| udp 1 > 443\nout ip4 198.51.100.10 > 203.0.113.9 | udp 443 > 1", "accept reply web"},
    {OUT4 "| tcp 443 > 1 syn ack", "accept reply web"},
    /* Nothing is answered because of a later fragment alone, and it makes no flow. */
    {OUT4 "proto 136 | data 8", NOTHING},
    {OUT4 "offset 3 proto 17 | data 8", "accept rule own"},
    {OUT4 "offset 3 proto 17 | data 8\n" IN4 "| udp 0 > 0", NOTHING},
    /* What a fragmented part of IPv6 begins with may be an extension header. */
    {IN6 "| fragment 3 | proto 60", "accept rule tunnel"},
    {OUT6 "| fragment 3 | proto 60", "accept rule tunnel"},
    {IN6 "| fragment 3 | proto 44", DROPS},
};

static const struct packet_case named_drop[] = {
    {IN4 "id 5 offset 3 proto 17 | data 8", "accept rule rest"},
    {IN4 "id 5 more | udp 1 > 443 length 900 | data 16\n" IN4 "id 5 offset 3 proto 17 ttl 9",
     DROPS},
    {AT9 "id 5 offset 3 proto 17 | data 8", "drop rule shut"},
    {OUT6 "| fragment 3 | proto 17", "accept rule own"},
    {OUT6 "| fragment 3 | proto 6", DROPS},
};

/* Rules of one direction, or of one family, leave the other as it is. */
static const char one_way_policy[] = "[policy]\nname = one\ninbound = accept\n[rules]\n"
                                     "no = drop in ipv6 > fragment later\n";

static const struct packet_case one_way[] = {
    {IN6 "| fragment 3 | proto 17 | data 8", "drop rule no"},
    {IN4 "offset 3 proto 17 | data 8", DROPS},
    {OUT6 "| fragment 3 | proto 17 | data 8", DROPS},
    {IN4 "id 5 more | udp 1 > 2 length 900\n" IN4 "id 5 offset 1 proto 17", PASSES},
    {IN6 "| fragment 0 more | udp 1 > 2 length 900\n" IN6 "| fragment 1 | proto 17",
     "drop rule no"},
    {IN6 "| udp 1 > 2", "accept reason default"},
};

const struct case_group fragment_cases[] = {
    {"fragments of IPv4", track_policy, tracked4, ARRAY_SIZE(tracked4)},
    {"fragments that overlap", track_policy, overlaps, ARRAY_SIZE(overlaps)},
    {"fragments remembered", track_policy, remembered, ARRAY_SIZE(remembered)},
    {"fragments of what was accepted", track_policy, accepted_by, ARRAY_SIZE(accepted_by)},
    {"fragments of IPv6", track_policy, tracked6, ARRAY_SIZE(tracked6)},
    {"fragments = drop", drop_policy, dropped, ARRAY_SIZE(dropped)},
    {"fragments in audit mode", audit_policy, audited, ARRAY_SIZE(audited)},
    {"fragments by default", open_policy, by_default, ARRAY_SIZE(by_default)},
    {"fragments that rules name", naming_policy, named, ARRAY_SIZE(named)},
    {"fragments = drop, and rules", naming_drop_policy, named_drop, ARRAY_SIZE(named_drop)},
    {"fragments of one direction", one_way_policy, one_way, ARRAY_SIZE(one_way)},
    {NULL, NULL, NULL, 0},
};
