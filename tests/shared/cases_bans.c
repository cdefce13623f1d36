/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bans: they hold whatever the policy says, in both directions, until they expire. */
#include "cases.h"

#include "../../loader/base/memory.h"

#define IN4  "in ip4 203.0.113.7 > 198.51.100.10 "
#define OUT4 "out ip4 198.51.100.10 > 203.0.113.7 "
#define IN6  "in ip6 2001:db8:9::7 > 2001:db8::10 "
#define OUT6 "out ip6 2001:db8::10 > 2001:db8:9::7 "

#define BANNED   "drop reason banned"
#define SERVES   "accept rule serve"
#define ANSWERS  "accept reply serve"
#define ASKS     "accept rule ask"
#define ANSWERED "accept reply ask"

static const char bans_policy[] =
    "[policy]\nname = bans\n[baseline]\nping = accept\nother-ethertypes = accept\n"
    "[rule serve]\ndirection = in\naction = accept\nprotocol = udp, tcp\nport = 53\n"
    "[rule ask]\ndirection = out\naction = accept\nprotocol = udp, tcp\nport = 99\n";

#define SERVE  "| udp 1024 > 53"
#define ANSWER "| udp 53 > 1024"
#define ASK    "| udp 1024 > 99"
#define REPLY  "| udp 99 > 1024"

static const struct packet_case addresses[] = {
    {"ban 203.0.113.7 0\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.8 0\n" IN4 SERVE, SERVES},
    {"ban 203.0.113.7 0\n" OUT4 ANSWER, BANNED},
    {"ban 203.0.113.8 0\n" OUT4 ANSWER, ANSWERS},
    {"ban 203.0.113.7 0\n" OUT4 ASK, BANNED},
    {"ban 203.0.113.8 0\n" OUT4 ASK, ASKS},
    {"ban 2001:db8:9::7 0\n" IN6 SERVE, BANNED},
    {"ban 2001:db8:9::8 0\n" IN6 SERVE, SERVES},
    {"ban 2001:db8:9::7 0\n" OUT6 ASK, BANNED},
    {"ban 2001:db8:9::8 0\n" OUT6 ASK, ASKS},
    /* Our own end is never meant, */
    {"ban 198.51.100.10 0\n" IN4 SERVE, SERVES},
    {"ban 198.51.100.10 0\n" OUT4 ASK, ASKS},
    {"ban 2001:db8::10 0\n" IN6 SERVE, SERVES},
    /* nor the same bytes in the other family. */
    {"ban cb00:7107:: 0\n" IN4 SERVE, SERVES},
    {"ban 32.1.13.184 0\n" IN6 SERVE, SERVES},
    {"ban 203.0.113.8 0\nban 203.0.113.7 0\nban 203.0.113.6 0\n" IN4 SERVE, BANNED},
};

static const struct packet_case prefixes[] = {
    {"ban 203.0.113.0/24 0\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.0/24 0\n" OUT4 ASK, BANNED},
    {"ban 203.0.112.0/24 0\n" IN4 SERVE, SERVES},
    {"ban 203.0.113.6/31 0\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.8/31 0\n" IN4 SERVE, SERVES},
    {"ban 0.0.0.0/0 0\n" IN4 SERVE, BANNED},
    {"ban 0.0.0.0/0 0\n" IN6 SERVE, SERVES},
    {"ban ::/0 0\n" IN6 SERVE, BANNED},
    {"ban ::/0 0\n" IN4 SERVE, SERVES},
    {"ban 2001:db8:9::/48 0\n" IN6 SERVE, BANNED},
    {"ban 2001:db8:9::/48 0\n" OUT6 ASK, BANNED},
    {"ban 2001:db8:8::/48 0\n" IN6 SERVE, SERVES},
    {"ban 2001:db8:9::6/127 0\n" IN6 SERVE, BANNED},
    {"ban 203.0.113.8 0\nban 203.0.113.0/24 0\n" IN4 SERVE, BANNED},
};

/* Bans have nothing to do with rules: they come before them, and before everything but the
 * headers. */
static const struct packet_case order[] = {
    {"ban 203.0.113.7 0\n" IN4 "| icmp 8 id 5", BANNED},
    {"ban 203.0.113.7 0\n" IN4 "| udp 1024 > 77", BANNED},
    {"ban 203.0.113.7 0\n" IN4 "offset 8 | proto 17 | data 20", BANNED},
    {"ban 127.0.0.1 0\nin ip4 127.0.0.1 > 198.51.100.10 " SERVE, BANNED},
    {"ban 203.0.113.7 0\n" IN4 "| tcp 1024 > 53 syn fin", BANNED},
    {"ban 203.0.113.8 0\n" IN4 "| tcp 1024 > 53 syn fin", "drop reason tcp-flags"},
    {"ban 203.0.113.7 0\n" IN4 "| udp 1024 > 53 length 4", "drop reason malformed"},
    {"ban fe80::1 0\nin ip6 fe80::1 > 2001:db8::10 hops 255 | icmp6 135 | data 20", BANNED},
    {OUT4 ASK "\nban 203.0.113.7 0\n" IN4 REPLY, BANNED},
    {"ban 203.0.113.7 0\n" OUT4 ASK "\n" IN4 REPLY, BANNED},
};

static const struct packet_case expiry[] = {
    {"ban 203.0.113.7 60\nwait 40\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.7 60\nwait 61\n" IN4 SERVE, SERVES},
    {"ban 203.0.113.7 0\nwait 9999\n" IN4 SERVE, BANNED},
    {"ban 2001:db8:9::7 60\nwait 61\n" OUT6 ASK, ASKS},
    {"ban 203.0.113.0/24 60\nwait 40\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.0/24 60\nwait 61\n" IN4 SERVE, SERVES},
    {"ban 2001:db8::/32 60\nwait 61\n" IN6 SERVE, SERVES},
    /* A banned packet makes no flow while the ban lasts, and ends none. */
    {"ban 203.0.113.7 60\n" OUT4 ASK "\nwait 61\n" IN4 REPLY, "drop reason default"},
    {OUT4 ASK "\nban 203.0.113.7 60\nwait 61\n" IN4 REPLY, ANSWERED},
    /* The longest ban counts. */
    {"ban 203.0.113.7 60\nban 203.0.113.0/24 120\nwait 90\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.7 120\nban 203.0.113.0/24 60\nwait 90\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.0/28 60\nban 203.0.113.0/24 120\nwait 90\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.0/24 120\nban 203.0.113.0/28 60\nwait 90\n" IN4 SERVE, BANNED},
    {"ban 203.0.113.0/24 120\nban 203.0.113.0/28 60\nwait 130\n" IN4 SERVE, SERVES},
    {"ban 203.0.113.0/28 60\nban 203.0.112.0/23 90\nban 203.0.0.0/16 0\nwait 120\n" IN4 SERVE,
     BANNED},
};

const struct case_group ban_cases[] = {
    {"addresses", bans_policy, addresses, ARRAY_SIZE(addresses)},
    {"prefixes", bans_policy, prefixes, ARRAY_SIZE(prefixes)},
    {"order", bans_policy, order, ARRAY_SIZE(order)},
    {"expiry", bans_policy, expiry, ARRAY_SIZE(expiry)},
    {NULL, NULL, NULL, 0},
};
