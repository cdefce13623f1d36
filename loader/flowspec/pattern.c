/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pattern.h"

#include "../base/memory.h"
#include "../policy/address.h"
#include "../policy/flags.h"
#include "../policy/protocols.h"
#include "../policy/ranges.h"
#include "wanted.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

void patterns_clear(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        free(patterns->list[i]);
    *patterns = (struct patterns){0};
}

static void put_spans(FILE *out, const struct spans *spans)
{
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = &spans->list[i];
        fprintf(out, span->first == span->last ? "%s%u" : "%s%u-%u", i ? ", " : "", span->first,
                span->last);
    }
}

/* Writes KEY, unless any value will do. */
static void put_key(FILE *out, const char *key, const struct wanted *wanted,
                    enum wanted_number number, u32 last)
{
    if (!wanted->asked[number] || spans_are_all(&wanted->numbers[number], last))
        return;
    fprintf(out, " %s ", key);
    put_spans(out, &wanted->numbers[number]);
}

/* Names that mean one family only are names of no number of the other. */
static const char *name_of(u32 protocol, enum family family)
{
    if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP ||
        protocol == (family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6))
        return protocol_name((u8)protocol);
    return NULL;
}

static void put_protocols(FILE *out, const struct wanted *wanted)
{
    const struct spans *spans = &wanted->numbers[WANTED_PROTOCOL];
    const char *comma = " ";

    if (!wanted->asked[WANTED_PROTOCOL] || spans_are_all(spans, 255))
        return;
    for (size_t i = 0; i < spans->count; i++)
        for (u32 protocol = spans->list[i].first; protocol <= spans->list[i].last; protocol++) {
            const char *name = name_of(protocol, wanted->family);
            if (name)
                fprintf(out, "%s%s", comma, name);
            else
                fprintf(out, "%s%u", comma, protocol);
            comma = ", ";
        }
}

/* One side of the arrow, after a blank. Numbers of an address stand in brackets where ports follow.
 */
static void put_side(FILE *out, enum family family, const struct flow_prefix *prefix,
                     const struct spans *ports)
{
    char text[RANGE_TEXT_BYTES];

    if (prefix->length || ports)
        fputc(' ', out);
    if (prefix->length)
        fprintf(out, family == FAMILY_IPV6 ? "[%s]" : "%s",
                address_range_print(family, address_prefix(family, prefix->bits, prefix->length),
                                    text));
    if (ports) {
        fputc(':', out);
        put_spans(out, ports);
    }
}

static const struct spans *some_ports(const struct spans *ports)
{
    return spans_are_all(ports, 65535) ? NULL : ports;
}

static void put_sides(FILE *out, const struct wanted *wanted, const struct spans *source_ports,
                      const struct spans *ports)
{
    put_side(out, wanted->family, &wanted->source, some_ports(source_ports));
    fputs(" >", out);
    put_side(out, wanted->family, &wanted->destination, some_ports(ports));
}

static void put_icmp(FILE *out, const struct wanted *wanted)
{
    static struct span all[] = {{0, 255}};
    const struct spans any = {.list = all, .count = 1};
    const struct spans *types =
        wanted->asked[WANTED_ICMP_TYPE] ? &wanted->numbers[WANTED_ICMP_TYPE] : &any;
    const struct spans *codes =
        wanted->asked[WANTED_ICMP_CODE] ? &wanted->numbers[WANTED_ICMP_CODE] : &any;
    const char *comma = " icmp-type ";

    if (spans_are_all(types, 255) && spans_are_all(codes, 255))
        return;
    for (size_t i = 0; i < types->count; i++)
        for (size_t j = 0; j < codes->count; j++, comma = ", ") {
            const struct span *type = &types->list[i], *code = &codes->list[j];
            fprintf(out, type->first == type->last ? "%s%u" : "%s%u-%u", comma, type->first,
                    type->last);
            if (!spans_are_all(codes, 255))
                fprintf(out, code->first == code->last ? "/%u" : "/%u-%u", code->first, code->last);
        }
}

static int put_tcp_flags(FILE *out, const struct wanted *wanted)
{
    const struct spans *spans = &wanted->numbers[WANTED_TCP_FLAGS];
    CLEANUP(number_list_clear) struct number_list list = {0};
    struct conjunction conjunctions[CONJUNCTIONS_MAX];
    struct number_ranges set;
    char text[CONJUNCTION_BYTES];
    int error = 0;

    if (!wanted->asked[WANTED_TCP_FLAGS] || spans_are_all(spans, 255))
        return 0;
    for (size_t i = 0; i < spans->count && !error; i++)
        error = number_list_add(
            &list, (struct number_range){(u16)spans->list[i].first, (u16)spans->list[i].last});
    if (error)
        return error;
    number_list_finish(&list, &set);
    size_t count = flags_conjunctions(&set, conjunctions);
    free(set.ranges);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i ? ", " : " tcp-flags ", conjunction_print(conjunctions[i], text));
    return 0;
}

/* Rules are asked about later fragments only where they name them. */
static void put_fragments(FILE *out, const struct wanted *wanted)
{
    static const char *const words[] = {
        [FRAGMENT_NONE] = "no", [FRAGMENT_FIRST] = "first", [FRAGMENT_LATER] = "later"};
    const struct spans *spans = &wanted->numbers[WANTED_FRAGMENT];
    const char *comma = " fragment ";

    if (wanted->asked[WANTED_FRAGMENT] && spans->count == 1 &&
        spans->list[0].first == FRAGMENT_NONE && spans->list[0].last == FRAGMENT_FIRST)
        return;
    if (!wanted->asked[WANTED_FRAGMENT]) {
        fputs(" fragment no, first, later", out);
        return;
    }
    for (size_t i = 0; i < spans->count; i++)
        for (u32 kind = spans->list[i].first; kind <= spans->list[i].last; kind++, comma = ", ")
            fprintf(out, "%s%s", comma, words[kind]);
}

/* Adds the pattern of WANTED with these ports to PATTERNS. */
static int add_pattern(struct patterns *patterns, const struct wanted *wanted,
                       const struct spans *source_ports, const struct spans *ports)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return -ENOMEM;
    fprintf(out, "in %s", wanted->family == FAMILY_IPV4 ? "ipv4" : "ipv6");
    put_protocols(out, wanted);
    put_sides(out, wanted, source_ports, ports);
    put_icmp(out, wanted);
    int error = put_tcp_flags(out, wanted);
    put_fragments(out, wanted);
    put_key(out, "length", wanted, WANTED_LENGTH, 65535);
    put_key(out, "dscp", wanted, WANTED_DSCP, 63);
    bool failed = ferror(out);
    if (fclose(out) || failed)
        return -ENOMEM;
    if (error)
        return error;
    if (length >= PATTERN_BYTES)
        return -E2BIG;
    patterns->list[patterns->count++] = TAKE_PTR(text);
    return 0;
}

/* Returns what is wanted of ports, in *ALL if that is anything. */
static const struct spans *ports_of(const struct wanted *wanted, enum wanted_number number,
                                    const struct spans *all)
{
    return wanted->asked[number] ? &wanted->numbers[number] : all;
}

/* "port" is the destination's or the source's: a pattern for each. */
static int add_either(struct patterns *patterns, const struct wanted *wanted,
                      const struct spans *source_ports, const struct spans *ports)
{
    const struct spans *either = &wanted->numbers[WANTED_PORT];
    CLEANUP(spans_clear) struct spans narrow_source = {0}, narrow = {0};
    int error = spans_intersect(either, ports, &narrow);

    if (!error)
        error = spans_intersect(either, source_ports, &narrow_source);
    if (!error && narrow.count)
        error = add_pattern(patterns, wanted, source_ports, &narrow);
    if (!error && narrow_source.count && !spans_are_all(either, 65535))
        error = add_pattern(patterns, wanted, &narrow_source, ports);
    return error;
}

int flow_patterns(const struct nlri *nlri, struct patterns *patterns, const char **refusal)
{
    static struct span every[] = {{0, 65535}};
    const struct spans all = {.list = every, .count = 1};
    CLEANUP(wanted_clear) struct wanted wanted;
    int error = wanted_read(nlri, &wanted, refusal);

    if (error)
        return error;
    const struct spans *source_ports = ports_of(&wanted, WANTED_SOURCE_PORT, &all);
    const struct spans *ports = ports_of(&wanted, WANTED_DESTINATION_PORT, &all);
    error = wanted.asked[WANTED_PORT] ? add_either(patterns, &wanted, source_ports, ports)
                                      : add_pattern(patterns, &wanted, source_ports, ports);
    if (!error && !patterns->count) {
        *refusal = "no packet can match it";
        error = -ENOTSUP;
    }
    if (error == -E2BIG) {
        *refusal = "it has too many values";
        error = -ENOTSUP;
    }
    if (error)
        patterns_clear(patterns);
    return error;
}

#define DIGEST_DIGITS 16

char *flow_name(const struct nlri *nlri, const struct patterns *patterns,
                char name[RULE_NAME_BYTES])
{
    const char *text = patterns->list[0] + strlen("in ipvN");
    size_t used = 0, room = RULE_NAME_BYTES - 1 - DIGEST_DIGITS;
    const u8 family = (u8)nlri->family;
    struct sha256_ctx context;
    u8 digest[DIGEST_DIGITS / 2];

    for (; *text && used + 1 < room; text++) {
        bool plain = is_letter(*text) || is_digit(*text) || *text == '.';
        if (plain || (used && name[used - 1] != '-'))
            name[used++] = plain ? *text : '-';
    }
    if (used && name[used - 1] != '-')
        name[used++] = '-';
    sha256_init(&context);
    sha256_update(&context, 1, &family);
    sha256_update(&context, nlri->length, nlri->bytes);
    sha256_digest(&context, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(name + used + 2 * i, 3, "%02x", digest[i]);
    return name;
}
