/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which matches iptables has, and why edgexdp has nothing for most of them. */
#include "ipt.h"

#include <string.h>

#include "../base/memory.h"

/* Matches that edgexdp has nothing for, and why. */
static const struct {
    const char *name, *reason;
} refused[] = {
    {"ah", "edgexdp does not look into AH"},
    {"bpf", "programs of others are not translated"},
    {"cgroup", "who sends it is not in the packet"},
    {"cluster", "edgexdp judges the same packet in the same way on every host"},
    {"connbytes", "edgexdp does not count by connection"},
    {"connlabel", "edgexdp has no labels of connections"},
    {"connlimit", "edgexdp does not count connections; write a limit of new ones, N new/minute per "
                  "source"},
    {"connmark", "edgexdp has no marks of connections"},
    {"cpu", "edgexdp judges the same packet in the same way on every CPU"},
    {"dccp", "edgexdp knows the ports of tcp, udp and sctp"},
    {"devgroup", "name the interfaces"},
    {"dst", "edgexdp does not look at IPv6 options"},
    {"ecn", "edgexdp does not look at ECN in the IP header"},
    {"esp", "edgexdp does not look into ESP"},
    {"eui64", "edgexdp does not look at the link's addresses"},
    {"frag", "edgexdp knows first and later fragments only: see fragment in edgexdp-policy(5)"},
    {"hbh", "edgexdp does not look at IPv6 options"},
    {"helper", "edgexdp has no helpers that expect further connections"},
    {"ipv6header", "edgexdp does not look at extension headers"},
    {"ipvs", "edgexdp does not know IPVS"},
    {"mac", "edgexdp judges packets by their IP addresses, not by those of the link"},
    {"mark", "packets have their marks from other rules of this host"},
    {"mh", "edgexdp does not look into the mobility header"},
    {"nfacct", "edgexdp counts by rule"},
    {"osf", "edgexdp does not guess operating systems"},
    {"owner", "who sends it is not in the packet"},
    {"physdev", "guard the ports of a bridge one by one"},
    {"pkttype", "edgexdp judges packets by their IP addresses, not by those of the link"},
    {"policy", "what comes out of IPsec is judged before it is known to"},
    {"quota", "edgexdp counts, but has no quotas"},
    {"rateest", "edgexdp has limits: see limit in edgexdp-policy(5)"},
    {"realm", "edgexdp does not look up routes"},
    {"recent", "edgexdp has limits that ban instead: limit N new/minute per source burst N then "
               "ban TIME, in the rule that accepts"},
    {"rpfilter", "the kernel compares sources with its routes by net.ipv4.conf.*.rp_filter"},
    {"rt", "edgexdp drops routing headers with segments left, and does not look at others"},
    {"set", "what is in an ipset, iptables-save does not say: put its addresses into a file, and "
            "name that in [sets] (@FILE)"},
    {"socket", "edgexdp asks for sockets by tcp-state, not in rules"},
    {"statistic", "edgexdp judges the same packet in the same way every time"},
    {"string", "edgexdp does not look at what packets carry"},
    {"tcpmss", "edgexdp does not look at TCP's options"},
    {"time", "rules of edgexdp hold at all times; replace the policy by a timer"},
    {"tos", "write the DSCP: dscp in edgexdp-policy(5)"},
    {"u32", "raw bytes of a header"},
    {"udplite", "edgexdp knows the ports of tcp, udp and sctp"},
    {"ipcomp", "edgexdp does not look into IPComp"},
    {"l2tp", "edgexdp does not look into L2TP"},
    {"srh", "edgexdp drops routing headers with segments left, and does not look at others"},
};

/* Matches that say nothing by themselves, or what their options say. */
static const char *const known[] = {"addrtype", "comment", "conntrack", "dscp",   "hashlimit",
                                    "hl",       "icmp",    "icmp6",     "icmpv6", "iprange",
                                    "length",   "limit",   "multiport", "sctp",   "standard",
                                    "state",    "tcp",     "ttl",       "udp"};

const char *ipt_match_refused(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (!strcmp(refused[i].name, name))
            return refused[i].reason;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (!strcmp(known[i], name))
            return NULL;
    return "edgexdp has nothing for this match";
}
