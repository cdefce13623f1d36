/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is decided before the rules are asked. */
#include "nft.h"

#include <netinet/in.h>

#include <edgexdp/tcp_flags.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../policy/address.h"
#include "../policy/baseline.h"
#include "../policy/protocols.h"

#define LATER4 "ip frag-off & 0x1fff != 0"
#define LATER6 "frag frag-off != 0"

/* Does anything in the ruleset ask connection tracking? Then no fragment gets past it. */
static bool joins_fragments(const struct nft *nft)
{
    return nft->policy->baseline.fragments || nft->policy->baseline.icmp_errors;
}

static void later_chain(const struct nft *nft, enum view view, const char *name)
{
    fprintf(nft->out, "\tchain %s {\n", name);
    nft_rules(nft, view);
    fputs("\t}\n\n", nft->out);
}

/* Writes what happens to later fragments at this place, where they are ON the interface and go to
 * CHAIN first if it has rules. */
static void put_later(const struct nft *nft, const char *on, bool has_rules, const char *chain)
{
    if (has_rules)
        fprintf(nft->out, "\t\t%s" LATER4 " jump %s\n\t\t%s" LATER6 " jump %s\n", on, chain, on,
                chain);
    if (!nft->policy->baseline.fragments)
        fprintf(nft->out,
                "\t\t%s" LATER4 " counter %s comment \"fragment\"\n"
                "\t\t%s" LATER6 " counter %s comment \"fragment\"\n",
                on, nft_drop(nft), on, nft_drop(nft));
}

/* Connection tracking joins fragments as soon as a rule uses it, so what is said of later ones must
 * be said earlier. */
void nft_fragments_chains(const struct nft *nft)
{
    bool in = nft_has_rules(nft, VIEW_LATER_IN), out = nft_has_rules(nft, VIEW_LATER_OUT);

    if (in)
        later_chain(nft, VIEW_UNJOINED, "unjoined");
    if (in && !joins_fragments(nft))
        later_chain(nft, VIEW_LATER_IN, "later_in");
    if (out && !joins_fragments(nft))
        later_chain(nft, VIEW_LATER_OUT, "later_out");
    if (!in && nft->policy->baseline.fragments)
        return;
    fputs("\tchain fragments {\n"
          "\t\ttype filter hook prerouting priority -450; policy accept;\n",
          nft->out);
    put_later(nft, nft_only_on(nft, DIRECTION_IN), in, "unjoined");
    fputs("\t}\n\n", nft->out);
}

static const char *name_of(u8 protocol)
{
    return protocol == IPPROTO_IGMP ? "igmp" : protocol_name(protocol);
}

static bool is_icmp(const struct baseline_row *row)
{
    return row->protocol == PROTOCOL_ICMP || row->protocol == PROTOCOL_ICMPV6;
}

/* Rows that differ only in their ICMP types are written as one line. */
static bool is_alike(const struct baseline_row *a, const struct baseline_row *b)
{
    return is_icmp(a) && a->protocol == b->protocol && a->hop_limit == b->hop_limit &&
           a->direction[DIRECTION_IN] == b->direction[DIRECTION_IN] &&
           a->direction[DIRECTION_OUT] == b->direction[DIRECTION_OUT];
}

static void put_types(const struct nft *nft, const struct baseline_row *rows, size_t count)
{
    bool many = count > 1 || rows->ports.first >> 8 != rows->ports.last >> 8;
    const char *before = many ? "{ " : "";

    fprintf(nft->out, "%s type ", name_of(rows->protocol));
    for (size_t i = 0; i < count; i++) {
        for (u32 type = rows[i].ports.first >> 8; type <= rows[i].ports.last >> 8; type++) {
            fprintf(nft->out, "%s%s", before, icmp_type_name(rows->family, (u8)type));
            before = ", ";
        }
    }
    fputs(many ? " } " : " ", nft->out);
}

static bool is_port(const struct number_range *ports)
{
    return ports->first == ports->last;
}

/* The port of this end comes first. */
static void put_ports(const struct nft *nft, const struct baseline_row *row,
                      enum direction direction)
{
    const char *name = name_of(row->protocol);
    bool in = direction == DIRECTION_IN;

    if (in && is_port(&row->ports))
        fprintf(nft->out, "%s dport %u ", name, row->ports.first);
    if (is_port(&row->source_ports))
        fprintf(nft->out, "%s sport %u ", name, row->source_ports.first);
    if (!in && is_port(&row->ports))
        fprintf(nft->out, "%s dport %u ", name, row->ports.first);
}

/* The parts of a row's line other than its ports and types. */
struct line {
    const char *begin[2]; /* by family */
    const char *protocol;
    const char *end;
};

static void put_rows(const struct nft *nft, const struct baseline_rows *table,
                     enum direction direction, const struct line *line)
{
    for (size_t i = 0, alike; i < table->count; i += alike) {
        const struct baseline_row *row = &table->rows[i];
        for (alike = 1; i + alike < table->count && is_alike(row, row + alike);)
            alike++;
        if (!row->direction[direction])
            continue;
        if (row->hop_limit)
            fprintf(nft->out, "\t\tip6 hoplimit %u ", row->hop_limit);
        else
            fputs(line->begin[row->family - 1], nft->out);
        if (is_icmp(row))
            put_types(nft, row, alike);
        else if (is_port(&row->ports) || is_port(&row->source_ports))
            put_ports(nft, row, direction);
        else
            fprintf(nft->out, "%s %s ", line->protocol, name_of(row->protocol));
        fprintf(nft->out, "%s\n", line->end);
    }
}

static void put_addresses(const struct nft *nft, enum family family,
                          const struct address_range *ranges, size_t count)
{
    char text[RANGE_TEXT_BYTES];

    for (size_t i = 0; i < count; i++)
        fprintf(nft->out, "%s%s", i ? ", " : "{ ", address_range_print(family, ranges[i], text));
    fputs(" }", nft->out);
}

static void put_martians(const struct nft *nft, enum family family)
{
    fprintf(nft->out, "\t\t%s saddr ", family == FAMILY_IPV4 ? "ip" : "ip6");
    put_addresses(nft, family, martian_prefixes[family - 1], MARTIAN_PREFIXES);
    fprintf(nft->out, " counter %s comment \"martian\"\n", nft_drop(nft));
}

void nft_martians_chain(const struct nft *nft)
{
    static const struct line line = {
        {"\t\tip saddr 0.0.0.0 ip daddr != 0.0.0.0 ", "\t\tip6 saddr :: ip6 daddr != :: "},
        "ip protocol",
        "return"};

    if (nft->policy->baseline.martians)
        return;
    fputs("\tchain martians {\n", nft->out);
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        put_rows(nft, &martian_exempt[family - 1], DIRECTION_IN, &line);
        put_martians(nft, family);
    }
    fputs("\t}\n\n", nft->out);
}

static void put_flag_names(const struct nft *nft, u8 flags)
{
    const char *before = "";

    for (int bit = 0; bit < FLAG_COUNT; bit++) {
        bool ece = 1 << bit == TCP_ECE;

        if (!(flags >> bit & 1))
            continue;
        fprintf(nft->out, "%s%s", before, ece ? "ecn" : flag_names[bit]); /* nftables' own name */
        before = " | ";
    }
    if (!flags)
        fputs("0", nft->out);
}

void nft_flags(const struct nft *nft, struct conjunction flags)
{
    fputs("tcp flags & (", nft->out);
    put_flag_names(nft, flags.set | flags.clear);
    fputs(") == ", nft->out);
    put_flag_names(nft, flags.set);
    fputc(' ', nft->out);
}

void nft_flags_chain(const struct nft *nft)
{
#define ROW(set, clear) {set, clear},
    static const struct conjunction bad[] = {TCP_FLAGS_BAD(ROW)};
#undef ROW

    if (nft->policy->baseline.tcp_flags)
        return;
    fputs("\tchain tcp_flags {\n", nft->out);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        fputs("\t\t", nft->out);
        nft_flags(nft, bad[i]);
        fprintf(nft->out, "counter %s comment \"tcp-flags\"\n", nft_drop(nft));
    }
    fputs("\t}\n\n", nft->out);
}

/* Hosts that ask from 0.0.0.0 may be answered there. */
static void put_asked(const struct nft *nft)
{
    const struct baseline_rows *exempt = &martian_exempt[FAMILY_IPV4 - 1];

    fputs("\t\tip daddr 0.0.0.0 meta l4proto != { ", nft->out);
    for (size_t i = 0; i < exempt->count; i++)
        fprintf(nft->out, "%s%s", i ? ", " : "", name_of(exempt->rows[i].protocol));
    fputs(" } return\n", nft->out);
    for (size_t i = 0; i < exempt->count; i++)
        if (is_port(&exempt->rows[i].source_ports))
            fprintf(nft->out, "\t\tip daddr 0.0.0.0 %s dport != %u return\n",
                    name_of(exempt->rows[i].protocol), exempt->rows[i].source_ports.first);
}

void nft_no_answers(const struct nft *nft)
{
    struct address_range ranges[MARTIAN_PREFIXES];

    if (nft->policy->baseline.martians)
        return;
    fputs("\t\tip daddr ", nft->out);
    put_addresses(nft, FAMILY_IPV4, ranges, baseline_martian_ranges(FAMILY_IPV4, ranges));
    fputs(" return\n", nft->out);
    put_asked(nft);
    fputs("\t\tip6 daddr ", nft->out);
    put_addresses(nft, FAMILY_IPV6, martian_prefixes[1], MARTIAN_PREFIXES);
    fputs(" return\n", nft->out);
}

static void put_baseline(const struct nft *nft, enum direction direction)
{
    for (size_t i = 0; i < BASELINE_KEY_COUNT; i++) {
        char end[64];
        struct line line = {
            {"\t\tmeta nfproto ipv4 ", "\t\tmeta nfproto ipv6 "}, "meta l4proto", end};
        snprintf(end, sizeof(end), "counter accept comment \"%s\"",
                 reason_names[baseline_keys[i].reason]);
        if (baseline_accepts(&nft->policy->baseline, &baseline_keys[i]))
            put_rows(nft, &baseline_keys[i].accepted, direction, &line);
    }
}

void nft_first_steps(const struct nft *nft, enum direction direction)
{
    const struct baseline *on = &nft->policy->baseline;
    const char *drop = nft_drop(nft);
    enum view later = direction == DIRECTION_IN ? VIEW_LATER_IN : VIEW_LATER_OUT;

    fprintf(nft->out,
            "\t\tip option lsrr exists counter %s comment \"source-route\"\n"
            "\t\tip option ssrr exists counter %s comment \"source-route\"\n"
            "\t\trt seg-left > 0 counter %s comment \"extension-headers\"\n",
            drop, drop, drop);
    if (!on->martians)
        fputs("\t\tjump martians\n", nft->out);
    /* Flags come after: nft would read some of IPv6 fragments that have none. */
    put_later(nft, "", nft_has_rules(nft, later) && !joins_fragments(nft),
              direction == DIRECTION_IN ? "later_in" : "later_out");
    if (!on->tcp_flags)
        fputs("\t\tmeta l4proto tcp jump tcp_flags\n", nft->out);
    put_baseline(nft, direction);
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
    static const char *const hooks[DIRECTIONS] = {"input", "output"};
    const char *verdict = nft_verdict(nft, nft->policy->baseline.arp);

    fprintf(nft->out, "table arp %s {\n", nft->table);
    for (enum direction direction = DIRECTION_IN; direction < DIRECTIONS; direction++) {
        fprintf(nft->out,
                "%s\tchain %s {\n"
                "\t\ttype filter hook %s priority filter; policy accept;\n",
                direction == DIRECTION_IN ? "" : "\n", hooks[direction], hooks[direction]);
        const char *on = nft_only_on(nft, direction);

        fprintf(nft->out, "\t\t%scounter %s comment \"arp\"\n\t}\n", on, verdict);
    }
    fputs("}\n", nft->out);
}
