/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pattern.h"

#include "../base/memory.h"
#include "../policy/address_bits.h"
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
    const struct address_bits bits = {prefix->bits, prefix->offset, prefix->length};

    if (prefix->length || ports)
        fputc(' ', out);
    if (prefix->offset)
        fprintf(out, "[%s]", address_bits_print(&bits, text));
    else if (prefix->length)
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

static bool has_flags(const struct wanted_tcp *wanted, u32 flags)
{
    return wanted->flags[flags / 64] >> flags % 64 & 1;
}

static bool are_all_flags(const struct wanted_tcp *wanted)
{
    for (size_t i = 0; i < ARRAY_SIZE(wanted->flags); i++)
        if (~wanted->flags[i])
            return false;
    return true;
}

static int put_tcp_flags(FILE *out, const struct wanted_tcp *wanted)
{
    CLEANUP(number_list_clear) struct number_list list = {0};
    struct conjunction conjunctions[CONJUNCTIONS_MAX];
    struct number_ranges set;
    char text[CONJUNCTION_BYTES];
    int error = 0;

    for (u16 flags = 0; flags < 256 && !error; flags++)
        if (has_flags(wanted, flags))
            error = number_list_add(&list, (struct number_range){flags, flags});
    if (error)
        return error;
    number_list_finish(&list, &set);
    size_t count = flags_conjunctions(&set, conjunctions);
    free(set.ranges);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i ? ", " : " tcp-flags ", conjunction_print(conjunctions[i], text));
    return 0;
}

static void put_bits(FILE *out, const char *key, u32 bits, u32 count)
{
    const char *comma = key;

    for (u32 value = 0; value < count; value++)
        if (bits >> value & 1) {
            fprintf(out, "%s%u", comma, value);
            comma = ", ";
        }
}

/* WANTED is NULL where nothing is asked of TCP. */
static int put_tcp(FILE *out, const struct wanted_tcp *wanted)
{
    int error = wanted && !are_all_flags(wanted) ? put_tcp_flags(out, wanted) : 0;

    if (wanted && wanted->reserved != 0xffff)
        put_bits(out, " tcp-reserved ", wanted->reserved, TCP_RESERVED_VALUES);
    return error;
}

/* Rules are asked about later fragments only where they name them. */
static void put_fragments(FILE *out, enum family family, const struct wanted_fragment *wanted)
{
    static const char *const words[] = {
        [FRAGMENT_NONE] = "no", [FRAGMENT_FIRST] = "first", [FRAGMENT_LATER] = "later"};
    const char *comma = " fragment ";

    if (wanted->kinds != (1u << FRAGMENT_NONE | 1u << FRAGMENT_FIRST))
        for (u32 kind = FRAGMENT_NONE; kind <= FRAGMENT_LATER; kind++)
            if (wanted->kinds >> kind & 1) {
                fprintf(out, "%s%s", comma, words[kind]);
                comma = ", ";
            }
    if (wanted->flags != WANTED_ANY_FLAGS) /* those of IPv6 are one bit */
        put_bits(out, " ip-flags ", wanted->flags, family == FAMILY_IPV4 ? 4 : 2);
}

/* Flow labels whose upper bits and whose lower bits are each in a range. */
struct labels {
    struct span high, low;
};

static void put_labels(FILE *out, const struct labels *labels)
{
    const struct span *high = &labels->high, *low = &labels->low;

    if (high->last - high->first < 0xf)
        fprintf(out, high->first == high->last ? " flow-label-high %u" : " flow-label-high %u-%u",
                high->first, high->last);
    if (low->last - low->first < 0xffff)
        fprintf(out, low->first == low->last ? " flow-label-low %u" : " flow-label-low %u-%u",
                low->first, low->last);
}

/* One pattern: a choice of what is joined by "or". */
struct choice {
    const struct spans *source_ports, *ports;
    const struct wanted_fragment *fragment;
    const struct wanted_tcp *tcp; /* NULL: any */
    struct labels labels;
};

/* Adds a pattern to PATTERNS. */
static int add_pattern(struct patterns *patterns, const struct wanted *wanted,
                       const struct choice *choice)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    FILE *out = patterns->count < PATTERNS_MAX ? open_memstream(&text, &length) : NULL;

    if (!out)
        return patterns->count < PATTERNS_MAX ? -ENOMEM : -E2BIG;
    fprintf(out, "in %s", wanted->family == FAMILY_IPV4 ? "ipv4" : "ipv6");
    put_protocols(out, wanted);
    put_sides(out, wanted, choice->source_ports, choice->ports);
    put_icmp(out, wanted);
    int error = put_tcp(out, choice->tcp);
    put_fragments(out, wanted->family, choice->fragment);
    put_key(out, "length", wanted, WANTED_LENGTH, 65535);
    put_key(out, "dscp", wanted, WANTED_DSCP, 63);
    put_labels(out, &choice->labels);
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

/* A range of labels: those with the upper bits of its first, those between, those with the upper
 * bits of its last. */
static int add_label_range(struct patterns *patterns, const struct wanted *wanted,
                           struct choice *choice, const struct span *range)
{
    u32 first = range->first;
    int error = 0;

    while (first <= range->last && !error) {
        u32 high = first >> 16, end = range->last;
        bool begins = !(first & 0xffff), ends = (range->last & 0xffff) == 0xffff;
        u32 last_high = begins ? (ends ? end >> 16 : (end >> 16) - 1) : high;
        if (begins && last_high + 1 > high) /* whole ones */
            end = (last_high << 16) + 0xffff;
        else if (high < end >> 16)
            end = (high << 16) + 0xffff;
        choice->labels = (struct labels){{high, end >> 16}, {first & 0xffff, end & 0xffff}};
        error = add_pattern(patterns, wanted, choice);
        first = end + 1;
    }
    return error;
}

static int add_labels(struct patterns *patterns, const struct wanted *wanted, struct choice *choice)
{
    static const struct span any = {0, 0xfffff};
    const struct spans *labels = &wanted->numbers[WANTED_FLOW_LABEL];
    int error = 0;

    if (!wanted->asked[WANTED_FLOW_LABEL])
        return add_label_range(patterns, wanted, choice, &any);
    for (size_t i = 0; i < labels->count && !error; i++)
        error = add_label_range(patterns, wanted, choice, &labels->list[i]);
    return error;
}

static int add_fragments(struct patterns *patterns, const struct wanted *wanted,
                         struct choice *choice)
{
    int error = 0;

    for (size_t i = 0; i < wanted->fragment_count && !error; i++) {
        choice->fragment = &wanted->fragments[i];
        error = add_labels(patterns, wanted, choice);
    }
    return error;
}

/* Adds the patterns with these ports. */
static int add_with_ports(struct patterns *patterns, const struct wanted *wanted,
                          const struct spans *source_ports, const struct spans *ports)
{
    struct choice choice = {.source_ports = source_ports, .ports = ports};
    int error = 0;

    if (!wanted->asks_tcp)
        return add_fragments(patterns, wanted, &choice);
    for (size_t i = 0; i < wanted->tcp_count && !error; i++) {
        choice.tcp = &wanted->tcp[i];
        error = add_fragments(patterns, wanted, &choice);
    }
    return error;
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
        error = add_with_ports(patterns, wanted, source_ports, &narrow);
    if (!error && narrow_source.count && !spans_are_all(either, 65535))
        error = add_with_ports(patterns, wanted, &narrow_source, ports);
    return error;
}

int flow_patterns(const struct nlri *nlri, struct patterns *patterns, const char **refusal)
{
    static struct span every[] = {{0, 65535}};
    const struct spans all = {.list = every, .count = 1};
    CLEANUP(wanted_clear) struct wanted wanted;
    int error = wanted_read(nlri, &wanted);

    if (error || wanted_is_nothing(&wanted))
        return error;
    const struct spans *source_ports = ports_of(&wanted, WANTED_SOURCE_PORT, &all);
    const struct spans *ports = ports_of(&wanted, WANTED_DESTINATION_PORT, &all);
    error = wanted.asked[WANTED_PORT] ? add_either(patterns, &wanted, source_ports, ports)
                                      : add_with_ports(patterns, &wanted, source_ports, ports);
    if (error == -E2BIG) {
        *refusal = "it has too many values";
        error = -ENOTSUP;
    }
    if (error)
        patterns_clear(patterns);
    return error;
}

char *patterns_print(const struct patterns *patterns)
{
    size_t bytes = 1;
    char *text, *at;

    for (size_t i = 0; i < patterns->count; i++)
        bytes += strlen(patterns->list[i]) + 1;
    at = text = malloc(bytes);
    if (!text)
        return NULL;
    *text = '\0';
    for (size_t i = 0; i < patterns->count; i++)
        at += sprintf(at, i ? "\n%s" : "%s", patterns->list[i]);
    return text;
}

#define DIGEST_DIGITS 16

char *flow_name(const struct nlri *nlri, const struct patterns *patterns,
                char name[RULE_NAME_BYTES])
{
    const char *text = patterns->count ? patterns->list[0] + strlen("in ipvN") : "nothing";
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
