/* SPDX-License-Identifier: GPL-2.0-or-later */
/* misfit_why() and misfit_wish(): put a field, and what it was compared with, in words. */
#include "misfit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../policy/address.h"
#include "../policy/flags.h"
#include "../policy/match.h"
#include "../policy/protocols.h"
#include "../policy/zones.h"

#define LISTED 4 /* if there are more items, only their number is given */

/* Text that is cut off where its room ends. */
struct text {
    char *text;
    size_t size, used;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text->text + text->used, text->size - text->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length;
    if (text->used >= text->size)
        text->used = text->size - 1;
}

static void put_family(struct text *text, enum family family)
{
    put(text, "%s", family == FAMILY_IPV4 ? "ipv4" : "ipv6");
}

static void put_protocol(struct text *text, unsigned int protocol)
{
    const char *name = protocol_name((u8)protocol);

    if (name)
        put(text, "%s", name);
    else
        put(text, "%u", protocol);
}

static void put_protocols(struct text *text, const struct match *match)
{
    bool first = true;

    for (unsigned int protocol = 0; protocol < 256; protocol++) {
        if (!match_holds(match, FAMILY_IPV4, protocol) &&
            !match_holds(match, FAMILY_IPV6, protocol))
            continue;
        put(text, first ? "" : " or ");
        put_protocol(text, protocol);
        first = false;
    }
}

static void put_icmp(struct text *text, enum family family, struct number_range range)
{
    const char *name = icmp_type_name(family, (u8)(range.first >> 8));

    if (name)
        put(text, "%s", name);
    else
        put(text, "type %u", range.first >> 8);
    bool whole = !(range.first & 0xff) && (range.last & 0xff) == 0xff;
    if (!whole)
        put(text, "/%u", range.first & 0xff);
    if (range.last >> 8 != range.first >> 8)
        put(text, whole ? " to type %u" : " to type %u/%u", range.last >> 8, range.last & 0xff);
    else if (!whole && range.first != range.last)
        put(text, "-%u", range.last & 0xff);
}

static void put_number(struct text *text, enum field field, struct number_range range)
{
    char number[FIELD_RANGE_BYTES];

    put(text, "%s", field_print_range(field, range, number));
}

static void put_numbers(struct text *text, const struct number_ranges *ranges, enum field field,
                        enum family family)
{
    for (size_t i = 0; i < ranges->count; i++) {
        size_t left = ranges->count - i;
        if (i == LISTED - 1 && left > 1) {
            put(text, " or one of %zu more ranges", left);
            return;
        }
        put(text, i ? " or " : "");
        if (field_rows[field].kind == KIND_TYPES)
            put_icmp(text, family, ranges->ranges[i]);
        else
            put_number(text, field, ranges->ranges[i]);
    }
}

/* Returns whether a label is a name, not the items themselves as written. */
static bool is_name(const char *label)
{
    bool letter = (label[0] >= 'a' && label[0] <= 'z') || (label[0] >= 'A' && label[0] <= 'Z');

    return (letter || label[0] == '@') && !strchr(label, ':') && !strchr(label, ',');
}

/* Puts a set by its name, followed by what it holds or by its size. */
static void put_set(struct text *text, const struct address_set *set, enum family family)
{
    const struct address_ranges *ranges = &set->family[family - 1];
    char range[RANGE_TEXT_BYTES];

    put(text, "%s", set->label);
    if (!ranges->count)
        put(text, ", which has no IPv%c address", family == FAMILY_IPV4 ? '4' : '6');
    else if (!is_name(set->label) || strstr(set->label, SET_BEYOND))
        return;
    else if (ranges->count > LISTED)
        put(text, " (%zu ranges of IPv%c)", ranges->count, family == FAMILY_IPV4 ? '4' : '6');
    else
        for (size_t i = 0; i < ranges->count; i++)
            put(text, "%s%s%s", i ? ", " : " (",
                address_range_print(family, ranges->ranges[i], range),
                i + 1 == ranges->count ? ")" : "");
}

/* Puts FLAGS as "SYN, ACK and RST". */
static void put_flag_names(struct text *text, u8 flags)
{
    for (int bit = 0; bit < FLAG_COUNT; bit++) {
        u8 later = flags & (u8)(0xfe << bit);

        if (!(flags >> bit & 1))
            continue;
        for (const char *at = flag_names[bit]; *at; at++)
            put(text, "%c", *at - 'a' + 'A');
        put(text, !later ? "" : later & (later - 1) ? ", " : " and ");
    }
}

/* "syn+!ack or fin"; as a WISH "SYN were set and ACK clear or FIN were set". */
static void put_flags(struct text *text, const struct number_ranges *wanted, bool wish)
{
    struct conjunction list[CONJUNCTIONS_MAX];
    size_t count = flags_conjunctions(wanted, list);
    char written[CONJUNCTION_BYTES];

    for (size_t i = 0; i < count; i++) {
        if (i == LISTED - 1 && count > LISTED) {
            put(text, " or in one of %zu more ways", count - i);
            return;
        }
        put(text, i ? " or " : "");
        if (!wish) {
            put(text, "%s", conjunction_print(list[i], written));
            continue;
        }
        put_flag_names(text, list[i].set);
        put(text, list[i].set ? " were set" : "");
        put(text, list[i].set && list[i].clear ? " and " : "");
        put_flag_names(text, list[i].clear);
        put(text, !list[i].clear ? "" : list[i].set ? " clear" : " were clear");
    }
}

/* Puts which part of a packet NUMBERS hold: "whole or a first fragment". */
static void put_fragments(struct text *text, const struct number_ranges *numbers)
{
    static const char *const parts[] = {
        [FRAGMENT_NONE] = "whole",
        [FRAGMENT_FIRST] = "a first fragment",
        [FRAGMENT_LATER] = "a later fragment",
    };
    bool any = numbers_hold(numbers, FRAGMENT_FIRST) && numbers_hold(numbers, FRAGMENT_LATER);
    const char *before = "";

    for (enum fragment_kind part = FRAGMENT_NONE; part <= FRAGMENT_LATER; part++) {
        if (!numbers_hold(numbers, part) || (any && part == FRAGMENT_LATER))
            continue;
        put(text, "%s%s", before, any && part == FRAGMENT_FIRST ? "a fragment" : parts[part]);
        before = " or ";
    }
}

/* "lan or dmz" */
static void put_zones(struct text *text, const struct number_ranges *numbers,
                      const struct policy *policy)
{
    const char *before = "";

    if (numbers_count(numbers) == 1 && numbers_hold(numbers, ZONE_ELSEWHERE))
        put(text, "an interface that no rule names");

    for (unsigned int zone = 1; zone <= policy->zone_count; zone++) {
        if (!numbers_hold(numbers, zone))
            continue;
        put(text, "%s%s", before, zone_name(policy, zone));
        before = " or ";
    }
}

/* "it came in through dmz, not lan" */
static void put_arrival_misfit(struct text *text, const struct match *match,
                               const struct probe *probe)
{
    const struct number_ranges *wanted = &match->numbers[0];
    unsigned int zone = (unsigned int)probe->values[FIELD_ARRIVES];

    if (zone == ZONE_HERE)
        put(text, "this host sent it, and the rule is for what is forwarded");
    else if (numbers_hold(wanted, ZONE_HERE))
        put(text, "it was forwarded, and the rule is for what this host sends");
    else if (!probe->zones)
        put(text, "it came in through another interface");
    else {
        put(text, "it came in through %s, not ", zone_name(probe->zones, zone));
        put_zones(text, wanted, probe->zones);
    }
}

/* "it came in through lan" */
static void put_arrival_wish(struct text *text, const struct match *match,
                             const struct probe *probe)
{
    const struct number_ranges *wanted = &match->numbers[0];

    if (numbers_hold(wanted, ZONE_HERE)) {
        put(text, "this host sent it");
    } else if (!probe->zones || numbers_count(wanted) >= ZONE_ELSEWHERE) {
        put(text, "it was forwarded");
    } else {
        put(text, "it came in through ");
        put_zones(text, wanted, probe->zones);
    }
}

/* "it came in through wan, not lan or dmz": the interface where the packet is. */
static void put_zone_misfit(struct text *text, const struct rule *rule, const struct probe *probe)
{
    const bool in = probe->direction == DIRECTION_IN;

    put(text, "it %s through %s, not ", in ? "came in" : "went out",
        zone_name(probe->zones, probe->zone));
    put_zones(text, &rule_zones(rule, probe->direction)->numbers[0], probe->zones);
}

static void put_zone_wish(struct text *text, const struct rule *rule, const struct probe *probe)
{
    put(text, "it %s through ", probe->direction == DIRECTION_IN ? "came in" : "went out");
    put_zones(text, &rule_zones(rule, probe->direction)->numbers[0], probe->zones);
}

/* Puts what MATCH accepts. */
static void put_wanted(struct text *text, const struct match *match, enum field field,
                       enum family family)
{
    const struct number_ranges *numbers = &match->numbers[family - 1];
    struct number_range whole;
    struct number_ranges fragments;

    switch (field_rows[field].kind) {
    case KIND_FAMILIES:
        put_family(text, match_can_be(match, FAMILY_IPV4) ? FAMILY_IPV4 : FAMILY_IPV6);
        break;
    case KIND_PROTOCOLS:
        put_protocols(text, match);
        break;
    case KIND_ADDRESSES:
        put(text, "in ");
        put_set(text, match->set, family);
        break;
    case KIND_FLAGS:
        put_flags(text, numbers, false);
        break;
    case KIND_FRAGMENTS:
        fragments = match_numbers(match, field, family, &whole);
        put_fragments(text, &fragments);
        break;
    case KIND_PORTS:
    case KIND_NUMBERS:
    case KIND_TYPES:
        put_numbers(text, numbers, field, family);
        break;
    case KIND_ZONES: /* said otherwise: put_arrival_misfit() */
        break;
    }
}

/* "port 5061" */
static void put_found(struct text *text, const struct match *match, enum field field,
                      const struct probe *probe)
{
    u128 value = probe->values[field];
    struct number_range number = {(u16)value, (u16)value};
    char address[ADDRESS_TEXT_BYTES], flags[CONJUNCTION_BYTES];

    put(text, "%s ", field_rows[field].what[probe->family - 1]);
    switch (field_rows[field].kind) {
    case KIND_FAMILIES:
        put_family(text, probe->family);
        break;
    case KIND_PROTOCOLS:
        put_protocol(text, (unsigned int)value);
        /* the name icmp means IPv4, icmpv6 means IPv6 */
        if (match_holds(match, FAMILY_IPV4, value) || match_holds(match, FAMILY_IPV6, value))
            put(text, " over IPv%c", probe->family == FAMILY_IPV4 ? '4' : '6');
        break;
    case KIND_ADDRESSES:
        put(text, "%s", address_print(probe->family, value, address));
        break;
    case KIND_FLAGS:
        put(text, "%s", flags_print((u8)value, flags));
        break;
    case KIND_FRAGMENTS: /* said otherwise: put_fragment_misfit() */
    case KIND_ZONES:     /* put_arrival_misfit() */
        break;
    case KIND_PORTS:
    case KIND_NUMBERS:
        put_number(text, field, number);
        break;
    case KIND_TYPES:
        put_icmp(text, probe->family, number);
        break;
    }
}

/* "it is a first fragment, not whole" */
static void put_fragment_misfit(struct text *text, const struct match *match,
                                const struct probe *probe)
{
    struct number_range found = {(u16)probe->values[FIELD_FRAGMENT],
                                 (u16)probe->values[FIELD_FRAGMENT]};
    struct number_ranges part = {&found, 1};

    if (probe_is_later(probe)) {
        put(text, "it is not asked about later fragments");
        return;
    }
    put(text, "it is ");
    put_fragments(text, &part);
    put(text, ", not ");
    put_wanted(text, match, FIELD_FRAGMENT, probe->family);
}

char *misfit_why(const struct rule *rule, const struct probe *probe, enum field field,
                 char buffer[MISFIT_TEXT_BYTES])
{
    struct text text = {buffer, MISFIT_TEXT_BYTES, 0};

    if (field == FIELD_DIRECTION) {
        put(&text, "it is for packets that %s",
            probe->direction == DIRECTION_IN ? "go out" : "come in");
        return buffer;
    }
    if (field == FIELD_ZONE) {
        put_zone_misfit(&text, rule, probe);
        return buffer;
    }
    const struct match *match = &rule->matches[field];
    const char *what = field_rows[field].what[probe->family - 1];
    u8 protocol = (u8)probe->values[FIELD_PROTOCOL];
    if (!probe_knows(probe, field)) {
        if (rule_asks_whole(rule))
            put(&text, "it drops by the %s, which an answer does not tell", what);
        else
            put(&text, "it is asked about later fragments only, which nobody answers");
        return buffer;
    }
    if (field_rows[field].kind == KIND_FRAGMENTS) {
        put_fragment_misfit(&text, match, probe);
        return buffer;
    }
    if (field_rows[field].kind == KIND_ZONES) {
        put_arrival_misfit(&text, match, probe);
        return buffer;
    }
    if (field_rows[field].kind == KIND_PORTS && !field_is_of(field, probe->family, protocol)) {
        put_protocol(&text, protocol);
        put(&text, " has no %s, which would have to be ", what);
    } else {
        put_found(&text, match, field, probe);
        put(&text, field_rows[field].kind == KIND_FLAGS ? " are not " : " is not ");
    }
    put_wanted(&text, match, field, probe->family);
    return buffer;
}

/* "the packet were at most 512 bytes long" */
static void put_long(struct text *text, const struct number_ranges *ranges)
{
    const u16 last = field_rows[FIELD_LENGTH].last;

    put(text, "the packet were ");
    for (size_t i = 0; i < ranges->count && i < LISTED; i++) {
        struct number_range range = ranges->ranges[i];

        put(text, i ? " or " : "");
        if (!range.first)
            put(text, "at most %u", range.last);
        else if (range.last == last)
            put(text, "at least %u", range.first);
        else if (range.first == range.last)
            put(text, "%u", range.first);
        else
            put(text, "%u to %u", range.first, range.last);
    }
    put(text, " bytes long");
}

char *misfit_wish(const struct rule *rule, const struct probe *probe, enum field field,
                  char buffer[MISFIT_TEXT_BYTES])
{
    struct text text = {buffer, MISFIT_TEXT_BYTES, 0};

    if (field == FIELD_DIRECTION) {
        put(&text, "the packet %s", probe->direction == DIRECTION_IN ? "went out" : "came in");
        return buffer;
    }
    if (field == FIELD_ZONE) {
        put_zone_wish(&text, rule, probe);
        return buffer;
    }
    if (field_rows[field].kind == KIND_ZONES) {
        put_arrival_wish(&text, &rule->matches[field], probe);
        return buffer;
    }
    if (field == FIELD_LENGTH) {
        put_long(&text, &rule->matches[field].numbers[probe->family - 1]);
        return buffer;
    }
    if (field_rows[field].kind == KIND_FLAGS) {
        put_flags(&text, &rule->matches[field].numbers[probe->family - 1], true);
        return buffer;
    }
    if (field_rows[field].kind == KIND_FRAGMENTS)
        put(&text, "the packet were ");
    else
        put(&text, "the %s were ", field_rows[field].what[probe->family - 1]);
    put_wanted(&text, &rule->matches[field], field, probe->family);
    return buffer;
}
