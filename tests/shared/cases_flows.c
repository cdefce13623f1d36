/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a flow counts: idle times, and the end of a TCP connection. */
#include "cases.h"

#include "../../loader/base/memory.h"

#define IN4  "in ip4 203.0.113.7 > 198.51.100.10 "
#define OUT4 "out ip4 198.51.100.10 > 203.0.113.7 "
#define IN6  "in ip6 2001:db8:9::7 > 2001:db8::10 "
#define OUT6 "out ip6 2001:db8::10 > 2001:db8:9::7 "

#define NOTHING "drop reason default"
#define REPLY   "accept reply ask"

static const char asking_policy[] = "[policy]\nname = asking\n[baseline]\ntcp-flags = accept\n"
                                    "[rule ask]\ndirection = out\naction = accept\n"
                                    "protocol = tcp, udp, sctp, icmp, icmpv6, gre, esp, 200\n";

#define ASK_UDP    OUT4 "| udp 1024 > 53\n"
#define ANSWER_UDP IN4 "| udp 53 > 1024"

/* Flow stamps are accurate to a second. */
static const struct packet_case idle_times[] = {
    {ASK_UDP "wait 178\n" ANSWER_UDP, REPLY},
    {ASK_UDP "wait 182\n" ANSWER_UDP, NOTHING},
    {OUT6 "| udp 1024 > 53\nwait 178\n" IN6 "| udp 53 > 1024", REPLY},
    {OUT6 "| udp 1024 > 53\nwait 182\n" IN6 "| udp 53 > 1024", NOTHING},
    {OUT4 "| sctp 1024 > 53\nwait 58\n" IN4 "| sctp 53 > 1024", REPLY},
    {OUT4 "| sctp 1024 > 53\nwait 62\n" IN4 "| sctp 53 > 1024", NOTHING},
    {OUT4 "| icmp 8 id 5\nwait 58\n" IN4 "| icmp 0 id 5", REPLY},
    {OUT4 "| icmp 8 id 5\nwait 62\n" IN4 "| icmp 0 id 5", NOTHING},
    {OUT6 "| icmp6 128 id 5\nwait 62\n" IN6 "| icmp6 129 id 5", NOTHING},
    {OUT4 "| proto 47\nwait 58\n" IN4 "| proto 47", REPLY},
    {OUT4 "| proto 47\nwait 62\n" IN4 "| proto 47", NOTHING},
    {OUT6 "| proto 200\nwait 62\n" IN6 "| proto 200", NOTHING},
    {OUT4 "| tcp 1024 > 53 syn\nwait 7198\n" IN4 "| tcp 53 > 1024 ack", REPLY},
    {OUT4 "| tcp 1024 > 53 syn\nwait 7202\n" IN4 "| tcp 53 > 1024 ack", NOTHING},
    /* Either side keeps it alive, */
    {ASK_UDP "wait 100\n" ANSWER_UDP "\nwait 100\n" ANSWER_UDP, REPLY},
    {ASK_UDP "wait 100\n" ASK_UDP "wait 100\n" ANSWER_UDP, REPLY},
    {ASK_UDP "wait 100\n" ANSWER_UDP "\nwait 182\n" ANSWER_UDP, NOTHING},
    /* but a packet that is no answer does not. */
    {ASK_UDP "wait 100\n" IN4 "| udp 53 > 1025\nwait 100\n" ANSWER_UDP, NOTHING},
    {OUT4 "| tcp 1024 > 53 syn\nwait 7000\n" IN4 "| tcp 53 > 1024 syn\nwait 300\n" IN4
          "| tcp 53 > 1024 ack",
     NOTHING},
    /* A flow idle for too long starts over. */
    {ASK_UDP "wait 200\n" ANSWER_UDP "\n" ANSWER_UDP, NOTHING},
    {ASK_UDP "wait 200\n" ASK_UDP ANSWER_UDP, REPLY},
};

#define OPEN  OUT4 "| tcp 1024 > 53 syn\n" IN4 "| tcp 53 > 1024 syn ack\n"
#define DATA  IN4 "| tcp 53 > 1024 ack"
#define FIN_O OUT4 "| tcp 1024 > 53 fin ack\n"
#define RST_O OUT4 "| tcp 1024 > 53 rst\n"
#define FIN_I IN4 "| tcp 53 > 1024 fin ack\n"

static const struct packet_case closing[] = {
    /* Nobody has checked the sequence number of an inbound RST. */
    {OPEN IN4 "| tcp 53 > 1024 rst", REPLY},
    {OPEN IN4 "| tcp 53 > 1024 rst\nwait 62\n" DATA, REPLY},
    {OPEN IN4 "| tcp 53 > 1024 rst ack\nwait 62\n" DATA, REPLY},
    {OPEN IN4 "| tcp 53 > 1024 rst\nwait 7198\n" DATA, REPLY},
    {OPEN IN4 "| tcp 53 > 1024 rst\nwait 7202\n" DATA, NOTHING},
    {OPEN IN4 "| tcp 53 > 1024 rst\n" FIN_O "wait 62\n" DATA, REPLY},
    {OPEN IN4 "| tcp 53 > 1024 rst fin\nwait 62\n" DATA, REPLY},
    {OPEN IN4 "| tcp 53 > 1024 rst fin\n" FIN_O "wait 62\n" DATA, NOTHING},
    {OUT6 "| tcp 1024 > 53 syn\n" IN6 "| tcp 53 > 1024 rst\nwait 62\n" IN6 "| tcp 53 > 1024 ack",
     REPLY},
    {OPEN OUT4 "| tcp 1024 > 53 rst\nwait 58\n" DATA, REPLY},
    {OPEN OUT4 "| tcp 1024 > 53 rst\nwait 62\n" DATA, NOTHING},
    {OPEN FIN_O FIN_I "wait 58\n" DATA, REPLY},
    {OPEN FIN_O FIN_I "wait 62\n" DATA, NOTHING},
    {OPEN FIN_I FIN_O "wait 62\n" DATA, NOTHING},
    {OPEN FIN_O "wait 62\n" DATA, REPLY},
    {OPEN FIN_I "wait 62\n" DATA, REPLY},
    {OPEN FIN_I FIN_I "wait 62\n" DATA, REPLY},
    {OPEN FIN_O FIN_O "wait 62\n" DATA, REPLY},
    {OPEN FIN_O "wait 3600\n" FIN_I "wait 62\n" DATA, NOTHING},
    /* A closed flow is kept alive like any other. */
    {OPEN FIN_O FIN_I "wait 40\n" DATA "\nwait 40\n" DATA, REPLY},
    /* Only an outbound packet that does not itself close the flow reopens it. */
    {OPEN FIN_O FIN_I OUT4 "| tcp 1024 > 53 ack\nwait 62\n" DATA, REPLY},
    {OPEN FIN_O FIN_I OUT4 "| tcp 1024 > 53 syn\nwait 7198\n" DATA, REPLY},
    {OPEN FIN_O FIN_I FIN_O "wait 62\n" DATA, NOTHING},
    {OPEN FIN_O FIN_I DATA "\nwait 62\n" DATA, NOTHING},
    {OPEN RST_O OUT4 "| tcp 1024 > 53 ack\nwait 62\n" DATA, REPLY},
    {OPEN RST_O RST_O "wait 62\n" DATA, NOTHING},
    {OPEN RST_O IN4 "| tcp 53 > 1024 rst\nwait 62\n" DATA, NOTHING},
    {OPEN RST_O OUT4 "| tcp 1024 > 53 syn\n" FIN_I "wait 62\n" DATA, REPLY},
    /* A flow that closed long ago starts over, with the packet's own flags. */
    {OPEN FIN_O FIN_I "wait 62\n" OUT4 "| tcp 1024 > 53 syn\nwait 62\n" DATA, REPLY},
    {OPEN OUT4 "| tcp 1024 > 53 rst\nwait 62\n" FIN_O "wait 62\n" DATA, REPLY},
    {OPEN OUT4 "| tcp 1024 > 53 rst\nwait 62\n" OUT4 "| tcp 1024 > 53 rst\nwait 62\n" DATA,
     NOTHING},
    /* A packet that opens an inbound connection closes none. */
    {OPEN IN4 "| tcp 53 > 1024 syn rst\nwait 62\n" DATA, REPLY},
    /* The same bits mean nothing elsewhere. */
    {OUT4 "| sctp 1024 > 53 | poke 47 4\nwait 58\n" IN4 "| sctp 53 > 1024", REPLY},
};

#define ANSWER_TCP OUT4 "| tcp 1024 > 53 syn ack\n"
#define TALK_TCP   OUT4 "| tcp 1024 > 53 ack\n"

/* Packets that a stranger provoked, or that the kernel sends by itself. */
static const struct packet_case provoked[] = {
    {TALK_TCP DATA, REPLY},
    {ANSWER_TCP DATA, REPLY},
    {"stranger\n" ANSWER_TCP DATA, NOTHING},
    {"stranger\n" TALK_TCP DATA, NOTHING},
    {"stranger\n" FIN_O DATA, NOTHING},
    {"stranger\n" OUT4 "| tcp 1024 > 53 rst\n" DATA, NOTHING},
    {"stranger\n" OUT6 "| tcp 1024 > 53 ack\n" IN6 "| tcp 53 > 1024 ack", NOTHING},
    {"stranger\n" OUT4 "| tcp 1024 > 53 psh ack\n" DATA, NOTHING},
    /* A SYN opens it, */
    {"stranger\n" OUT4 "| tcp 1024 > 53 syn\n" DATA, REPLY},
    /* and then it lasts as long as it is not idle. */
    {OUT4 "| tcp 1024 > 53 syn\nstranger\nwait 7198\n" TALK_TCP "wait 7198\n" DATA, REPLY},
    {OUT4 "| tcp 1024 > 53 syn\nstranger\nwait 7202\n" TALK_TCP DATA, NOTHING},
    {OPEN FIN_O FIN_I "stranger\nwait 62\n" TALK_TCP DATA, NOTHING},
    {OPEN FIN_O FIN_I "stranger\nwait 58\n" TALK_TCP DATA, REPLY},
    /* Whether it may go out is up to the rules. */
    {"stranger\n" OUT4 "| tcp 1024 > 53 ack", "accept rule ask"},
    /* No other protocol has connections. */
    {"stranger\n" ASK_UDP ANSWER_UDP, REPLY},
    {"stranger\n" OUT4 "| sctp 1024 > 53\n" IN4 "| sctp 53 > 1024", REPLY},
    {"stranger\n" OUT4 "| icmp 8 id 5\n" IN4 "| icmp 0 id 5", REPLY},
    {"stranger\n" OUT4 "| proto 47\n" IN4 "| proto 47", REPLY},
};

const struct case_group flow_cases[] = {
    {"idle times", asking_policy, idle_times, ARRAY_SIZE(idle_times)},
    {"closing", asking_policy, closing, ARRAY_SIZE(closing)},
    {"provoked", asking_policy, provoked, ARRAY_SIZE(provoked)},
    {NULL, NULL, NULL, 0},
};
