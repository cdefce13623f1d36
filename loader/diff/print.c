/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints a difference in words, one line for each tuple. */
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../policy/address.h"
#include "../policy/flags.h"
#include "../policy/limit.h"
#include "../policy/match.h"
#include "../policy/protect.h"
#include "../policy/protocols.h"
#include "diff.h"

static bool has_protocol(const struct diff_tuple *tuple, unsigned int protocol)
{
    return tuple->protocols[protocol / 64] >> protocol % 64 & 1;
}

/* "icmp" is only used for IPv4 and "icmpv6" only for IPv6; in the other family they are numbers. */
static const char *protocol_text(const struct diff_tuple *tuple, unsigned int protocol,
                                 char text[16])
{
    const char *name = protocol_name((u8)protocol);
    bool foreign = (protocol == PROTOCOL_ICMP && tuple->family[1]) ||
                   (protocol == PROTOCOL_ICMPV6 && tuple->family[0]);

    if (name && !foreign)
        return name;
    snprintf(text, 16, "%u", protocol);
    return text;
}

void tuple_each_protocol(const struct diff_tuple *tuple, put_item *put, void *context)
{
    char text[16];

    for (unsigned int first = 0, end; first < 256; first = end + 1) {
        for (end = first; end < 256 && has_protocol(tuple, end); end++)
            ;
        if (end - first == 256) {
            put("any", context);
        } else if (end - first > 2) {
            snprintf(text, sizeof(text), "%u-%u", first, end - 1);
            put(text, context);
        } else {
            for (; first < end; first++)
                put(protocol_text(tuple, first, text), context);
        }
    }
}

void tuple_each_address(const struct diff_tuple *tuple, const struct diff_end *end, put_item *put,
                        void *context)
{
    char text[RANGE_TEXT_BYTES];

    if (end_is_any(end))
        put("any", context);
    if (end->set)
        put(end->set->label, context);
    for (size_t i = 0; i < end->ranges.count; i++)
        put(address_range_print(tuple->family[0] ? FAMILY_IPV4 : FAMILY_IPV6, end->ranges.ranges[i],
                                text),
            context);
}

/* FIRST is a type and a code, or only a type if WHOLE. */
static void put_type(enum family family, unsigned int first, bool whole, put_item *put,
                     void *context)
{
    const char *name = icmp_type_name(family, (u8)(first >> 8));
    char text[64], number[12];

    snprintf(number, sizeof(number), "%u", first >> 8);
    if (whole)
        snprintf(text, sizeof(text), "%s", name ? name : number);
    else
        snprintf(text, sizeof(text), "%s/%u", name ? name : number, first & 0xff);
    put(text, context);
}

#define TYPES_NAMED 8 /* a longer row of types is printed as its first and last */

/* Puts all types and codes of a range; a whole type is one item. */
static void put_types(enum family family, struct number_range range, put_item *put, void *context)
{
    for (unsigned int at = range.first; at <= range.last;) {
        unsigned int whole = at & 0xff ? 0 : (range.last + 1u - at) >> 8;
        if (whole > TYPES_NAMED) {
            char text[16];
            snprintf(text, sizeof(text), "%u-%u", at >> 8, (at >> 8) + whole - 1);
            put(text, context);
            at += whole << 8;
            continue;
        }
        put_type(family, at, whole, put, context);
        at += whole ? 0x100 : 1;
    }
}

static void put_flags(const struct number_ranges *numbers, put_item *put, void *context)
{
    struct conjunction list[CONJUNCTIONS_MAX];
    size_t count = flags_conjunctions(numbers, list);
    char text[CONJUNCTION_BYTES];

    for (size_t i = 0; i < count; i++)
        put(conjunction_print(list[i], text), context);
}

bool numbers_but_one(const struct number_ranges *numbers, u16 last, u16 *one)
{
    const struct number_range *ranges = numbers->ranges;

    if (numbers_count(numbers) != last)
        return false;
    *one = ranges[0].first ? 0 : (u16)(ranges[0].last + 1);
    return true;
}

/* Puts the words for which fragments NUMBERS hold: as few as will do. */
static void put_fragments(const struct number_ranges *numbers, put_item *put, void *context)
{
    const bool both =
        numbers_hold(numbers, FRAGMENT_FIRST) && numbers_hold(numbers, FRAGMENT_LATER);
    const struct number_range parts[] = {
        {FRAGMENT_NONE, FRAGMENT_NONE},
        {FRAGMENT_FIRST, both ? FRAGMENT_LATER : FRAGMENT_FIRST},
        {FRAGMENT_LATER, FRAGMENT_LATER},
    };
    char text[FIELD_RANGE_BYTES];

    for (size_t i = 0; i < ARRAY_SIZE(parts) - both; i++)
        if (numbers_hold(numbers, parts[i].first))
            put(field_print_range(FIELD_FRAGMENT, parts[i], text), context);
}

static const char here[] = "this host"; /* where packets came in that were not forwarded */

/* Puts the names of arrivals: those that NUMBERS hold or, with OTHERS, those that they do not. */
static void put_arrivals(const struct diff_tuple *tuple, bool others, put_item *put, void *context)
{
    const struct number_ranges *numbers = &tuple->numbers[TEST_ARRIVES];
    const struct arrival_names *names = tuple->arrivals;

    if (numbers_hold(numbers, ZONE_HERE) != others)
        put(here, context);
    for (size_t i = 0; names && i < names->count; i++)
        if (numbers_hold(numbers, (unsigned int)i + 1) != others)
            put(names->names[i], context);
    if (numbers_hold(numbers, ZONE_ELSEWHERE) != others)
        put("elsewhere", context);
}

void tuple_each_number(const struct diff_tuple *tuple, enum field field, put_item *put,
                       void *context)
{
    const struct number_ranges *numbers = &tuple->numbers[field_rows[field].test];
    char text[FIELD_RANGE_BYTES];

    if (field_rows[field].kind == KIND_FLAGS) {
        put_flags(numbers, put, context);
        return;
    }
    if (field_rows[field].kind == KIND_FRAGMENTS) {
        put_fragments(numbers, put, context);
        return;
    }
    if (field_rows[field].kind == KIND_ZONES) {
        if (numbers->count)
            put_arrivals(tuple, false, put, context);
        return;
    }
    for (size_t i = 0; i < numbers->count; i++) {
        struct number_range range = numbers->ranges[i];
        if (field == FIELD_PORT && tuple->icmp) {
            put_types(tuple->family[0] ? FAMILY_IPV4 : FAMILY_IPV6, range, put, context);
            continue;
        }
        put(field_print_range(field, range, text), context);
    }
}

static bool end_says_family(const struct diff_tuple *tuple, const struct diff_end *end)
{
    if (end->but) /* everything else includes the other family */
        return false;
    return !end->set || !end->set->family[tuple->family[0] ? 1 : 0].count;
}

bool tuple_needs_family(const struct diff_tuple *tuple)
{
    if (tuple->family[0] == tuple->family[1] || end_says_family(tuple, &tuple->source) ||
        end_says_family(tuple, &tuple->destination))
        return false;
    /* A tuple that has the name icmp, or ICMP types, shows its family. */
    unsigned int own = tuple->family[0] ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
    u64 only[4] = {0};
    only[own / 64] = 1ull << own % 64;
    return memcmp(only, tuple->protocols, sizeof(only)) != 0;
}

struct list {
    FILE *stream;
    const char *before; /* printed before the next item */
};

static void put_listed(const char *text, void *context)
{
    struct list *list = context;

    fprintf(list->stream, "%s%s", list->before, text);
    list->before = ", ";
}

/* The same for arrivals that a packet does not have, where this host goes without saying. */
static void put_listed_but_host(const char *text, void *context)
{
    if (strcmp(text, here) != 0)
        put_listed(text, context);
}

const char *diff_said_verdict(const struct diff_said *said)
{
    return said->tracks ? "track" : verdict_names[said->verdict];
}

/* Returns the key of [baseline] that decided: it is called like the reason. */
static const char *baseline_key(const struct diff_said *said)
{
    return said->baseline == reason_names[REASON_FRAGMENT] ? "fragments" : said->baseline;
}

static void print_said(const struct difference *difference, enum side side,
                       const struct diff_said *said, FILE *stream)
{
    char limits[LIMITS_TEXT_BYTES], protect[PROTECT_TEXT_BYTES];

    fputs(said->refusal == REFUSAL_NONE ? diff_said_verdict(said)
                                        : labels_action(said->verdict, said->refusal),
          stream);
    if (said->refusal != REFUSAL_NONE)
        fprintf(stream, " with %s", refusal_names[said->refusal]);
    if (said->limited)
        fprintf(stream, " within %s", rule_limits_print(said->rule, limits));
    if (said->shielded)
        fprintf(stream, " with %s", protect_print(&said->rule->protect, protect));
    if (said->rule)
        fprintf(stream, " (rule %s, %s:%u)", said->rule->name,
                HARMLESS(rule_file(difference->sides[side], said->rule)), said->rule->place.line);
    else if (said->baseline)
        fprintf(stream, " (baseline %s)", baseline_key(said));
    else
        fputs(" (default)", stream);
}

static const char *before_end(const struct diff_end *end)
{
    return end->but && !end_is_any(end) ? " any but " : " ";
}

/* "(via lan, dmz)", "(forwarded, not via lan)" or "(sent by this host)" */
static void print_arrivals(const struct diff_tuple *tuple, FILE *stream)
{
    const struct number_ranges *numbers = &tuple->numbers[TEST_ARRIVES];
    bool most = numbers_hold(numbers, ZONE_ELSEWHERE), own = numbers_hold(numbers, ZONE_HERE);
    struct list list = {stream, ""};

    if (!numbers->count)
        return;
    if (own && numbers_count(numbers) == 1) {
        fputs(" (sent by this host)", stream);
    } else if (!own && numbers_count(numbers) == ZONE_ELSEWHERE) {
        fputs(" (forwarded)", stream);
    } else if (most) {
        fprintf(stream, " (%snot via ", own ? "" : "forwarded, ");
        put_arrivals(tuple, true, put_listed_but_host, &list);
        fputc(')', stream);
    } else {
        fprintf(stream, " (via ");
        put_arrivals(tuple, false, put_listed, &list);
        fputc(')', stream);
    }
}

/* "(hop limit 255)" */
static void print_number(const struct diff_tuple *tuple, enum field field, FILE *stream)
{
    const struct field_row *row = &field_rows[field];
    struct list list = {stream, ""};
    char text[FIELD_TEXT_BYTES];
    u16 one;

    if (row->kind == KIND_ZONES)
        print_arrivals(tuple, stream);
    if (row->kind == KIND_ZONES || !tuple->numbers[row->test].count)
        return;
    fprintf(stream, " (%s ", row->what[!tuple->family[0]]);
    if (row->kind == KIND_NUMBERS && numbers_but_one(&tuple->numbers[row->test], row->last, &one))
        fprintf(stream, "not %s", field_print(field, one, text));
    else
        tuple_each_number(tuple, field, put_listed, &list);
    fputc(')', stream);
}

void difference_print_tuple(const struct difference *difference, const struct diff_tuple *tuple,
                            FILE *stream)
{
    struct list list = {stream, ""};

    fprintf(stream, "%s ", direction_names[tuple->direction]);
    tuple_each_protocol(tuple, put_listed, &list);
    list.before = before_end(&tuple->source);
    tuple_each_address(tuple, &tuple->source, put_listed, &list);
    list.before = " : ";
    tuple_each_number(tuple, FIELD_SOURCE_PORT, put_listed, &list);
    fputs(" >", stream);
    list.before = before_end(&tuple->destination);
    tuple_each_address(tuple, &tuple->destination, put_listed, &list);
    list.before = tuple->icmp ? " " : " : ";
    tuple_each_number(tuple, FIELD_PORT, put_listed, &list);
    for (enum field field = 0; field < FIELDS; field++)
        if (field_is_untold(field))
            print_number(tuple, field, stream);
    if (tuple_needs_family(tuple))
        fputs(tuple->family[0] ? " (IPv4)" : " (IPv6)", stream);
    fputs("  ", stream);
    print_said(difference, SIDE_OLD, &tuple->said[SIDE_OLD], stream);
    fputs(" -> ", stream);
    print_said(difference, SIDE_NEW, &tuple->said[SIDE_NEW], stream);
    fputc('\n', stream);
}

void difference_print(const struct difference *difference, FILE *stream)
{
    for (size_t i = 0; i < difference->switch_count; i++) {
        const struct diff_switch *one = &difference->switches[i];
        fprintf(stream, "%s: %s -> %s\n", one->key, one->said[SIDE_OLD], one->said[SIDE_NEW]);
    }
    for (size_t i = 0; i < difference->count; i++)
        difference_print_tuple(difference, &difference->tuples[i], stream);
}
