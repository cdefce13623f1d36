/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is decided before the rules are asked. */
#include "nft.h"

/* Fragments are put together by connection tracking, which works once a rule asks for it. One that
 * is dropped has to be dropped before. */
void nft_fragments_chain(const struct nft *nft)
{
    if (nft->policy->baseline.fragments)
        return;
    fprintf(nft->out,
            "\tchain fragments {\n"
            "\t\ttype filter hook prerouting priority -450; policy accept;\n"
            "\t\tiifname $edge ip frag-off & 0x1fff != 0 counter %s comment \"fragment\"\n"
            "\t\tiifname $edge frag frag-off != 0 counter %s comment \"fragment\"\n"
            "\t}\n\n",
            nft_drop(nft), nft_drop(nft));
}

void nft_martians_chain(const struct nft *nft)
{
    if (nft->policy->baseline.martians)
        return;
    fprintf(nft->out,
            "\tchain martians {\n"
            "\t\tip saddr 0.0.0.0 ip daddr != 0.0.0.0 udp sport 68 return\n"
            "\t\tip saddr 0.0.0.0 ip daddr != 0.0.0.0 ip protocol igmp return\n"
            "\t\tip saddr { 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/4, 255.255.255.255 } counter %s"
            " comment \"martian\"\n"
            "\t\tip6 saddr :: ip6 daddr != :: icmpv6 type { nd-router-solicit,"
            " nd-neighbor-solicit, mld-listener-query, mld-listener-report, mld-listener-done, "
            "mld2-listener-report }"
            " return\n"
            "\t\tip6 saddr { ::, ::1, ::ffff:0.0.0.0/96, ff00::/8 } counter %s"
            " comment \"martian\"\n"
            "\t}\n\n",
            nft_drop(nft), nft_drop(nft));
}

void nft_no_answers(const struct nft *nft)
{
    if (nft->policy->baseline.martians)
        return;
    fputs("\t\tip daddr { 0.0.0.1-0.255.255.255, 127.0.0.0/8, 224.0.0.0/4, 255.255.255.255 }"
          " return\n"
          "\t\tip daddr 0.0.0.0 meta l4proto != { udp, igmp } return\n"
          "\t\tip daddr 0.0.0.0 udp dport != 68 return\n"
          "\t\tip6 daddr { ::, ::1, ::ffff:0.0.0.0/96, ff00::/8 } return\n",
          nft->out);
}

static void neighbour_discovery(const struct nft *nft)
{
    if (nft->policy->baseline.neighbour_discovery)
        fputs("\t\tip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert,"
              " nd-neighbor-solicit, nd-neighbor-advert, nd-redirect } counter accept"
              " comment \"neighbour-discovery\"\n"
              "\t\tmeta nfproto ipv6 icmpv6 type { mld-listener-query, mld-listener-report,"
              " mld-listener-done, mld2-listener-report } counter accept"
              " comment \"neighbour-discovery\"\n",
              nft->out);
}

static void dhcp_client(const struct nft *nft, enum direction direction)
{
    const char *here = direction == DIRECTION_IN ? "dport" : "sport";
    const char *there = direction == DIRECTION_IN ? "sport" : "dport";

    if (nft->policy->baseline.dhcp_client)
        fprintf(nft->out,
                "\t\tmeta nfproto ipv4 udp %s 68 udp %s 67 counter accept"
                " comment \"dhcp-client\"\n"
                "\t\tmeta nfproto ipv6 udp %s 546 udp %s 547 counter accept"
                " comment \"dhcp-client\"\n",
                here, there, here, there);
}

static void ping(const struct nft *nft, enum direction direction)
{
    const char *type = direction == DIRECTION_IN ? "echo-request" : "echo-reply";

    if (nft->policy->baseline.ping)
        fprintf(nft->out,
                "\t\tmeta nfproto ipv4 icmp type %s counter accept comment \"ping\"\n"
                "\t\tmeta nfproto ipv6 icmpv6 type %s counter accept comment \"ping\"\n",
                type, type);
}

void nft_first_steps(const struct nft *nft, enum direction direction)
{
    const struct baseline *on = &nft->policy->baseline;
    const char *drop = nft_drop(nft);

    fprintf(nft->out,
            "\t\tip option lsrr exists counter %s comment \"source-route\"\n"
            "\t\tip option ssrr exists counter %s comment \"source-route\"\n"
            "\t\trt seg-left > 0 counter %s comment \"extension-headers\"\n",
            drop, drop, drop);
    if (!on->martians)
        fputs("\t\tjump martians\n", nft->out);
    if (!on->fragments)
        fprintf(nft->out,
                "\t\tip frag-off & 0x1fff != 0 counter %s comment \"fragment\"\n"
                "\t\tfrag frag-off != 0 counter %s comment \"fragment\"\n",
                drop, drop);
    neighbour_discovery(nft);
    if (on->igmp)
        fputs("\t\tmeta nfproto ipv4 meta l4proto igmp counter accept comment \"igmp\"\n",
              nft->out);
    dhcp_client(nft, direction);
    ping(nft, direction);
}

void nft_errors(const struct nft *nft)
{
    if (nft->policy->baseline.icmp_errors)
        fputs("\t\tmeta nfproto ipv4 icmp type { destination-unreachable, time-exceeded,"
              " parameter-problem } ct state related counter accept comment \"icmp-errors\"\n"
              "\t\tmeta nfproto ipv6 icmpv6 type { destination-unreachable, packet-too-big,"
              " time-exceeded, parameter-problem } ct state related counter accept"
              " comment \"icmp-errors\"\n",
              nft->out);
    else if (nft->policy->baseline.fragments)
        fputs("\t\t# matches nothing, but asks for connection tracking, which joins fragments\n"
              "\t\tct state related ct state new\n",
              nft->out);
}

void nft_arp_table(const struct nft *nft)
{
    const char *verdict = nft_verdict(nft, nft->policy->baseline.arp);

    fprintf(nft->out,
            "table arp edgexdp {\n"
            "\tchain input {\n"
            "\t\ttype filter hook input priority filter; policy accept;\n"
            "\t\tiifname $edge counter %s comment \"arp\"\n"
            "\t}\n\n"
            "\tchain output {\n"
            "\t\ttype filter hook output priority filter; policy accept;\n"
            "\t\toifname $edge counter %s comment \"arp\"\n"
            "\t}\n"
            "}\n",
            verdict, verdict);
}
