/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <edgexdp/icmp.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/text.h"
#include "../policy/address.h"
#include "../policy/protocols.h"
#include "line.h"
#include "report.h"
#include "titles.h"

#define WIDTH       100 /* of lines */
#define NAME_COLUMN 24  /* names are padded to this at most */
#define SCANS_SHOWN 20

static const char *plural(u64 count)
{
    return count == 1 ? "" : "s";
}

static void print_sum(FILE *out, const struct sum *sum)
{
    fprintf(out, "%llu packet%s, %llu byte%s", (unsigned long long)sum->packets,
            plural(sum->packets), (unsigned long long)sum->bytes, plural(sum->bytes));
}

static void print_head(const struct hearing *hearing, const struct collection *collection,
                       FILE *out)
{
    fputs("; Dropped by default", out);
    if (hearing->is_capture)
        fprintf(out, " in %s, by policy %s", HARMLESS(hearing->name), HARMLESS(hearing->policy));
    else
        fprintf(out, " on %s in %.1f s, by policy %s (%s)", HARMLESS(hearing->name),
                hearing->seconds, HARMLESS(hearing->policy), hearing->mode);
    fputs(": ", out);
    print_sum(out, &collection->dropped);
    fputc('\n', out);
    if (hearing->share > 1)
        fprintf(out, "; Figures are estimates, from one of %.1f packets\n", hearing->share);
    if (hearing->lost_packets)
        fprintf(out, "; %llu more packet%s came too fast to be looked at\n",
                (unsigned long long)hearing->lost_packets, plural(hearing->lost_packets));
}

static size_t widest_name(const struct suggestions *suggestions)
{
    size_t width = 0;

    for (size_t i = 0; i < suggestions->count; i++) {
        size_t length = strlen(suggestions->rules[i].name);

        width = length > width && length <= NAME_COLUMN ? length : width;
    }
    return width;
}

static void print_rules(const struct suggestions *suggestions, const char *zone, FILE *out)
{
    size_t width = widest_name(suggestions);

    if (suggestions->count)
        fputs("\n[rules]\n", out);
    for (size_t i = 0; i < suggestions->count; i++) {
        const struct suggested *rule = &suggestions->rules[i];

        fputs("; ", out);
        line_print_evidence(rule, out);
        fprintf(out, "\n%-*s = ", (int)width, rule->name);
        line_print(rule, zone, width + 3 + strlen("accept"), WIDTH, out);
        fputc('\n', out);
    }
}

/* "203.0.113.66 in tcp: 100 ports, 1 destination; 100 packets, 5400 bytes". */
static void print_scan(const struct scan *scan, FILE *out)
{
    const struct talk_key *key = &scan->key;
    enum family family = (enum family)key->family;
    char address[ADDRESS_TEXT_BYTES], protocol[PROTOCOL_WORD_BYTES];

    address_print(family, address_from_bytes(family, key->opener), address);
    fprintf(out, ";   %s %s %s: ", address, direction_names[key->direction],
            titles_protocol(key->family, key->protocol, protocol));
    if (protocol_has_ports(key->protocol))
        fprintf(out, "%u port%s, ", scan->ports, plural(scan->ports));
    fprintf(out, "%u destination%s; ", scan->destinations, plural(scan->destinations));
    print_sum(out, &(struct sum){scan->packets, scan->bytes});
    fputc('\n', out);
}

static void print_scans(const struct findings *findings, FILE *out)
{
    struct sum rest = {0};

    if (!findings->scan_count)
        return;
    fputs("\n; Not suggested, because it looks like scanning:\n", out);
    for (size_t i = 0; i < findings->scan_count; i++) {
        if (i < SCANS_SHOWN) {
            print_scan(&findings->scans[i], out);
            continue;
        }
        rest.packets += findings->scans[i].packets;
        rest.bytes += findings->scans[i].bytes;
    }
    if (findings->scan_count <= SCANS_SHOWN)
        return;
    fprintf(out, ";   %zu more: ", findings->scan_count - SCANS_SHOWN);
    print_sum(out, &rest);
    fputc('\n', out);
}

/* A line about SUM unless it is empty, under a heading that is printed before the first one. */
static void print_other(const struct sum *sum, const char *what, bool *headed, FILE *out)
{
    if (!sum->packets)
        return;
    if (!*headed)
        fputs("\n; Not suggested either:\n", out);
    *headed = true;
    fputs(";   ", out);
    print_sum(out, sum);
    fprintf(out, " %s\n", what);
}

static void print_others(const struct collection *collection, const struct findings *findings,
                         FILE *out)
{
    bool headed = false;

    print_other(&collection->replies, "of replies, which need no rule", &headed, out);
    print_other(&findings->suggestions.refused, "to where nobody listens: a reset was the answer",
                &headed, out);
    print_other(&collection->continuing, "of TCP connections that were not seen to begin", &headed,
                out);
    print_other(&collection->unasked, "that look like answers, to what was not seen", &headed, out);
    print_other(&collection->errors, "of ICMP errors, which pass once what they are about does",
                &headed, out);
    print_other(&findings->suggestions.left, "of rules that are too many", &headed, out);
    print_other(&findings->forgotten, "of conversations that are too many to remember", &headed,
                out);
}

void report_print_rules(const struct hearing *hearing, const struct collection *collection,
                        const struct findings *findings, FILE *out)
{
    print_head(hearing, collection, out);
    print_rules(&findings->suggestions, hearing->zone, out);
    print_scans(findings, out);
    print_others(collection, findings, out);
}
