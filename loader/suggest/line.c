/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line.h"

#include <edgexdp/icmp.h>
#include <string.h>

#include "../base/labels.h"
#include "../policy/address.h"
#include "../policy/format_words.h"
#include "../policy/protocols.h"
#include "titles.h"

#define INDENT 4 /* of lines that go on */

/* A line that is being written. */
struct pen {
    FILE *out;
    size_t column, width;
};

/* Writes WORD after a blank, on a new line if it does not fit on this one. */
static void put(struct pen *pen, const char *word)
{
    size_t length = strlen(word) + 1;

    if (pen->width && pen->column + length > pen->width && pen->column > INDENT) {
        fprintf(pen->out, "\n%*s", INDENT - 1, "");
        pen->column = INDENT - 1;
    }
    fprintf(pen->out, " %s", word);
    pen->column += length;
}

/* BEHIND follows the last address: a port belongs to all of them. An item with colons stands in
 * brackets then. */
static void put_end(struct pen *pen, enum family family, const struct suggested_end *end,
                    const char *behind)
{
    for (size_t i = 0; i < end->ranges.count; i++) {
        char range[RANGE_TEXT_BYTES], word[RANGE_TEXT_BYTES + 16];
        bool last = i + 1 == end->ranges.count, brackets = family == FAMILY_IPV6 && *behind;

        address_range_print(family, end->ranges.ranges[i], range);
        snprintf(word, sizeof(word), "%s%s%s%s", brackets ? "[" : "", range, brackets ? "]" : "",
                 last ? behind : ",");
        put(pen, word);
    }
}

static void put_zone(struct pen *pen, const char *zone)
{
    put(pen, "on");
    fputc(' ', pen->out);
    format_words_name(piece_of(zone), pen->out);
    pen->column += 1 + strlen(zone);
}

void line_print(const struct suggested *rule, const char *zone, size_t at, size_t width, FILE *out)
{
    bool is_in = rule->direction == DIRECTION_IN;
    const struct suggested_end *source = is_in ? &rule->far : &rule->near;
    const struct suggested_end *destination = is_in ? &rule->near : &rule->far;
    char protocol[PROTOCOL_WORD_BYTES], service[SERVICE_WORD_BYTES], port[8] = "";
    struct pen pen = {out, at, width};

    titles_protocol((u8)rule->family, rule->protocol, protocol);
    titles_service((u8)rule->family, rule->protocol, rule->port, rule->has_code, service);
    fputs("accept", out);
    put(&pen, direction_names[rule->direction]);
    if (zone)
        put_zone(&pen, zone);
    put(&pen, protocol);
    if (icmp_is((u8)rule->family, rule->protocol))
        put(&pen, service);
    else if (*service)
        snprintf(port, sizeof(port), ":%.6s", service);
    put_end(&pen, rule->family, source, "");
    put(&pen, ">");
    put_end(&pen, rule->family, destination, port);
}

static const char *plural(u64 count)
{
    return count == 1 ? "" : "s";
}

static void print_count(FILE *out, const char *before, u64 count, const char *what)
{
    fprintf(out, "%s%llu %s%s", before, (unsigned long long)count, what, plural(count));
}

void line_print_evidence(const struct suggested *rule, FILE *out)
{
    bool is_in = rule->direction == DIRECTION_IN;

    print_count(out, "", rule->packets, "packet");
    print_count(out, ", ", rule->bytes, "byte");
    print_count(out, " from ", is_in ? rule->far.addresses : rule->near.addresses, "source");
    if (!is_in || rule->near.addresses > 1)
        print_count(out, " to ", is_in ? rule->near.addresses : rule->far.addresses, "destination");
    if (rule->protocol == PROTOCOL_TCP)
        print_count(out, "; ", rule->opened, "SYN");
    if (rule->answered)
        fputs(rule->protocol == PROTOCOL_TCP ? ", answered" : "; answered", out);
    if (!rule->left_addresses)
        return;
    print_count(out, "; without ", rule->left_addresses,
                is_in ? "more source" : "more destination");
    print_count(out, " of ", rule->left.packets, "packet");
}
