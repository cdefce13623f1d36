/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export.h"

#include <net/if.h>
#include <string.h>

#include "nft.h"

/* nft treats a star as a wildcard and cannot escape a quote. */
bool export_interface_is_good(const char *name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-_.:@+";
    size_t length = strlen(name);

    return length && length < IFNAMSIZ && strspn(name, good) == length && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

const char *nft_drop(const struct nft *nft)
{
    return nft->policy->mode == MODE_AUDIT ? "accept" : "drop";
}

const char *nft_verdict(const struct nft *nft, enum verdict verdict)
{
    return verdict == VERDICT_ACCEPT ? "accept" : nft_drop(nft);
}

void nft_comment(const struct nft *nft, const char *indent, const char *text)
{
    if (!*text)
        return;
    fprintf(nft->out, "%s# ", indent);
    for (; *text; text++)
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text, nft->out);
    fputc('\n', nft->out);
}

static void head(const struct nft *nft)
{
    const struct policy *policy = nft->policy;

    fprintf(nft->out,
            "#!/usr/sbin/nft -f\n"
            "# Made by edgexdp " EDGEXDP_VERSION "; edgexdp-export(8) says where it differs.\n");
    fprintf(nft->out, "# Policy %s\n", policy->name);
    nft_comment(nft, "", policy->description);
    if (policy->baseline.tcp_state)
        nft_comment(nft, "",
                    "Left out is tcp-state: nftables knows connections only by tracking them, and "
                    "TCP segments that belong to none pass here where a rule accepts them.");
    if (policy->mode == MODE_AUDIT)
        fputs("# mode = audit: what would be dropped is counted, and passes\n", nft->out);
    fprintf(nft->out,
            "\ndefine edge = \"%s\"\n\n"
            "table inet edgexdp\n"
            "delete table inet edgexdp\n"
            "table arp edgexdp\n"
            "delete table arp edgexdp\n\n",
            nft->interface);
}

/* After connection tracking and before NAT on the way in, after NAT on the way out: there the
 * addresses are those on the wire. */
static void base_chains(const struct nft *nft)
{
    fputs("\tchain prerouting {\n"
          "\t\ttype filter hook prerouting priority mangle; policy accept;\n"
          "\t\tiifname $edge counter goto inbound comment \"seen\"\n"
          "\t}\n\n"
          "\tchain postrouting {\n"
          "\t\ttype filter hook postrouting priority srcnat + 100; policy accept;\n"
          "\t\toifname $edge counter goto outbound comment \"seen\"\n"
          "\t}\n\n",
          nft->out);
}

/* Writes what becomes of a packet that no rule matched and that the policy drops. */
static void drop_by_default(const struct nft *nft)
{
    if (nft->policy->log_drops) {
        fputs("\t\t", nft->out);
        nft_log(nft, "default");
    }
    fprintf(nft->out, "\t\tcounter %s comment \"default\"\n\t}\n\n", nft_drop(nft));
}

static void inbound_chain(const struct nft *nft)
{
    fputs("\tchain inbound {\n", nft->out);
    nft_first_steps(nft, DIRECTION_IN);
    fputs("\t\tjump replies\n", nft->out);
    nft_errors(nft);
    nft_rules(nft, VIEW_IN);
    if (nft->policy->otherwise[DIRECTION_IN] == VERDICT_ACCEPT)
        fputs("\t\tcounter accept comment \"default\"\n\t}\n\n", nft->out);
    else
        drop_by_default(nft);
}

static void outbound_chain(const struct nft *nft)
{
    fputs("\tchain outbound {\n", nft->out);
    nft_first_steps(nft, DIRECTION_OUT);
    nft_let_refusals_out(nft);
    fputs("\t\tjump answers\n", nft->out);
    nft_errors(nft);
    nft_rules(nft, VIEW_OUT);
    if (nft->policy->otherwise[DIRECTION_OUT] == VERDICT_ACCEPT)
        fputs("\t\tcounter goto remember comment \"default\"\n\t}\n\n", nft->out);
    else
        drop_by_default(nft);
}

/* The rules for what comes in, with both ends exchanged. */
static void answers_chain(const struct nft *nft)
{
    fputs("\tchain answers {\n"
          "\t\ttcp flags & (syn | ack) == syn return\n"
          "\t\tmeta nfproto ipv4 icmp type != { echo-reply, timestamp-reply } return\n"
          "\t\tmeta nfproto ipv6 icmpv6 type != echo-reply return\n",
          nft->out);
    nft_no_answers(nft);
    nft_rules(nft, VIEW_ANSWER);
    if (nft->policy->otherwise[DIRECTION_IN] == VERDICT_ACCEPT)
        fputs("\t\tcounter accept comment \"reply\"\n", nft->out);
    fputs("\t}\n\n", nft->out);
}

void export_nftables(const struct policy *policy, const char *interface, FILE *stream)
{
    const struct nft nft = {policy, interface, stream};

    head(&nft);
    fputs("table inet edgexdp {\n", stream);
    nft_sets(&nft);
    nft_flow_sets(&nft);
    nft_limit_sets(&nft);
    nft_fragments_chains(&nft);
    nft_refuse_chain(&nft);
    base_chains(&nft);
    inbound_chain(&nft);
    outbound_chain(&nft);
    answers_chain(&nft);
    nft_martians_chain(&nft);
    nft_flags_chain(&nft);
    nft_flow_replies(&nft);
    nft_flow_chain(&nft);
    fputs("}\n\n", stream);
    nft_arp_table(&nft);
}
