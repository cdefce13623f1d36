/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows: sets with a timeout, one for each kind of conversation. Connection tracking is no
 * substitute: it would let inbound packets create entries, and treats some packets as replies that
 * are not replies.
 */
#include "nft.h"

#include <string.h>

#include "../base/memory.h"

#define FLOWS_MAX 131072 /* in each set */

static const struct kind {
    const char *set;
    const char *there, *back; /* match the packets that open such a conversation, and its replies */
    const char *key, *turned; /* the key of each, as it is looked up */
    const char *timeout;
} kinds[] = {
    {"tcp4", "", "", "ip saddr . ip daddr . tcp sport . tcp dport",
     "ip daddr . ip saddr . tcp dport . tcp sport", "2h"},
    {"tcp6", "", "", "ip6 saddr . ip6 daddr . tcp sport . tcp dport",
     "ip6 daddr . ip6 saddr . tcp dport . tcp sport", "2h"},
    {"udp4", "", "", "ip saddr . ip daddr . udp sport . udp dport",
     "ip daddr . ip saddr . udp dport . udp sport", "3m"},
    {"udp6", "", "", "ip6 saddr . ip6 daddr . udp sport . udp dport",
     "ip6 daddr . ip6 saddr . udp dport . udp sport", "3m"},
    {"sctp4", "", "", "ip saddr . ip daddr . sctp sport . sctp dport",
     "ip daddr . ip saddr . sctp dport . sctp sport", "1m"},
    {"sctp6", "", "", "ip6 saddr . ip6 daddr . sctp sport . sctp dport",
     "ip6 daddr . ip6 saddr . sctp dport . sctp sport", "1m"},
    {"echo4", "meta nfproto ipv4 icmp type echo-request ",
     "meta nfproto ipv4 icmp type echo-reply ", "ip saddr . ip daddr . icmp id",
     "ip daddr . ip saddr . icmp id", "1m"},
    {"echo6", "meta nfproto ipv6 icmpv6 type echo-request ",
     "meta nfproto ipv6 icmpv6 type echo-reply ", "ip6 saddr . ip6 daddr . icmpv6 id",
     "ip6 daddr . ip6 saddr . icmpv6 id", "1m"},
    /* nft knows the identifier only of an echo; a timestamp has it at the same offset. */
    {"timestamp4", "meta nfproto ipv4 icmp type timestamp-request ",
     "meta nfproto ipv4 icmp type timestamp-reply ", "ip saddr . ip daddr . @th,32,16",
     "ip daddr . ip saddr . @th,32,16", "1m"},
    {"other4", "meta nfproto ipv4 meta l4proto != { tcp, udp, sctp, icmp } ",
     "meta nfproto ipv4 meta l4proto != { tcp, udp, sctp, icmp } ",
     "ip saddr . ip daddr . meta l4proto", "ip daddr . ip saddr . meta l4proto", "1m"},
    {"other6", "meta nfproto ipv6 meta l4proto != { tcp, udp, sctp, icmpv6 } ",
     "meta nfproto ipv6 meta l4proto != { tcp, udp, sctp, icmpv6 } ",
     "ip6 saddr . ip6 daddr . meta l4proto", "ip6 daddr . ip6 saddr . meta l4proto", "1m"},
};

void nft_flow_sets(const struct nft *nft)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        /* A set needs a key with a type. An echo's identifier has the right one: 16 bits. */
        bool raw = strchr(kinds[i].key, '@');

        fprintf(nft->out,
                "\tset %s {\n\t\ttypeof %s\n\t\tsize %u\n\t\tflags dynamic,timeout\n"
                "\t\ttimeout %s\n\t}\n\n",
                kinds[i].set, raw ? "ip saddr . ip daddr . icmp id" : kinds[i].key, FLOWS_MAX,
                kinds[i].timeout);
    }
}

void nft_flow_replies(const struct nft *nft)
{
    fputs("\tchain replies {\n"
          "\t\ttcp flags & (syn | ack) == syn return\n",
          nft->out);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        fprintf(nft->out, "\t\t%s%s @%s update @%s { %s } counter accept comment \"reply\"\n",
                kinds[i].back, kinds[i].turned, kinds[i].set, kinds[i].set, kinds[i].turned);
    fputs("\t}\n\n", nft->out);
}

void nft_flow_chain(const struct nft *nft)
{
    fputs("\tchain remember {\n", nft->out);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        fprintf(nft->out, "\t\t%supdate @%s { %s }\n", kinds[i].there, kinds[i].set, kinds[i].key);
    fputs("\t\taccept\n\t}\n", nft->out);
}
