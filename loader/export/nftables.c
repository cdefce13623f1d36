/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "../base/memory.h"
#include "../policy/zones.h"
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
}

/* What an earlier export left is removed. */
static void begin(const struct nft *nft)
{
    fprintf(nft->out,
            "\ntable inet %s\n"
            "delete table inet %s\n"
            "table arp %s\n"
            "delete table arp %s\n\n",
            nft->table, nft->table, nft->table, nft->table);
}

/* After connection tracking and before NAT on the way in, after NAT on the way out: there the
 * addresses are those on the wire. */
static void base_chain(const struct nft *nft, enum direction direction)
{
    bool in = direction == DIRECTION_IN;

    fputs(in ? "\tchain prerouting {\n"
               "\t\ttype filter hook prerouting priority mangle; policy accept;\n"
             : "\tchain postrouting {\n"
               "\t\ttype filter hook postrouting priority srcnat + 100; policy accept;\n",
          nft->out);
    const char *on = nft_only_on(nft, direction);

    fprintf(nft->out, "\t\t%scounter goto %s comment \"seen\"\n\t}\n\n", on,
            in ? "inbound" : "outbound");
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

static int put_tables(const struct nft *nft)
{
    begin(nft);
    fprintf(nft->out, "table inet %s {\n", nft->table);
    nft_sets(nft);
    nft_flow_sets(nft);
    nft_limit_sets(nft);
    nft_fragments_chains(nft);
    nft_refuse_chain(nft);
    base_chain(nft, DIRECTION_IN);
    base_chain(nft, DIRECTION_OUT);
    inbound_chain(nft);
    outbound_chain(nft);
    answers_chain(nft);
    nft_martians_chain(nft);
    nft_flags_chain(nft);
    nft_flow_replies(nft);
    nft_flow_chain(nft);
    int error = nft_carried_chain(nft);
    fputs("}\n\n", nft->out);
    nft_arp_table(nft);
    return error;
}

/* A policy of one interface: INTERFACE. */
static int put_one(const struct policy *policy, const char *interface,
                   const struct nft_carried *carried, FILE *stream)
{
    const struct nft nft = {policy, interface, "edgexdp", stream, carried};

    head(&nft);
    if (policy->is_zoned)
        nft_zone_defines(policy, stream);
    fprintf(stream, "%sdefine edge = \"%s\"\n", policy->is_zoned ? "" : "\n", interface);
    return put_tables(&nft);
}

/* All zones of WHOLE. The table of the first one carries it. */
static int put_zones(const struct policy *whole, const struct nft_carried *carried, FILE *stream)
{
    const struct nft all = {.policy = whole, .out = stream};
    int error = 0;

    head(&all);
    nft_comment(
        &all, "",
        "A table for each zone: what is forwarded passes the chain inbound of one, and then "
        "outbound of another.");
    if (!whole->has_interfaces)
        nft_comment(&all, "", "Interfaces that no rule names are left alone.");
    nft_zone_defines(whole, stream);
    for (unsigned int zone = 1; zone <= whole->zone_count && !error; zone++) {
        CLEANUP(policy_freep) struct policy *policy = policy_of_zone(whole, zone);
        char name[NFT_NAME_BYTES], table[NFT_NAME_BYTES + 16];

        if (!policy)
            return -ENOMEM;
        nft_zone_name(whole, zone, name);
        snprintf(table, sizeof(table), "edgexdp_%s", name);
        error = put_tables(&(struct nft){policy, NULL, table, stream, zone == 1 ? carried : NULL});
    }
    return error;
}

int export_nftables(const struct policy *policy, const struct source *source, const char *interface,
                    FILE *stream)
{
    CLEANUP(policy_freep) struct policy *narrow = NULL;
    const struct nft_carried all = {policy, source, interface};
    const struct nft_carried *carried = source ? &all : NULL;

    if (!policy->is_zoned || policy->zone)
        return put_one(policy, interface ? interface : EXPORT_INTERFACE, carried, stream);
    if (!interface)
        return put_zones(policy, carried, stream);
    unsigned int zone = zone_said(policy, interface);
    if (zone == ZONE_ELSEWHERE && policy->has_interfaces)
        return -ENODEV;
    narrow = policy_of_zone(policy, zone);
    return narrow ? put_one(narrow, interface, carried, stream) : -ENOMEM;
}
