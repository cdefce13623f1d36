/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "field_words.h"
#include "protocols.h"

const struct field_row field_rows[FIELDS] = {
#define ROW(ID, id, name, kind, test, needs, last, what4, what6, ...)                              \
    {#id, name, KIND_##kind, TEST_##test, NEEDS_##needs, last, {what4, what6}},
    EDGEXDP_FIELDS(ROW)
#undef ROW
};

const struct number_row number_rows[FIELDS] = {
#define ROW(ID, id, name, kind, test, needs, last, what4, what6, values, summary, nft4, nft6,      \
            nft_last)                                                                              \
    [FIELD_##ID] = {{nft4, nft6}, nft_last},
    EDGEXDP_NUMBER_FIELDS(ROW)
#undef ROW
};

int field_read(enum field field, struct piece text, u16 *number, struct fault *fault)
{
    const struct field_row *row = &field_rows[field];
    const char *what = row->kind == KIND_PORTS ? "port" : row->what[0];
    const char *words = field_words_said(field);
    struct number_range named;
    unsigned int value;

    if (field_word_find(field, text, &named)) {
        *number = named.first;
        return 0;
    }
    if (words && text.length && !is_digit(text.text[0]))
        return fault_set(fault, 0, text.length,
                         "\"%s\" is not a valid %s: write one of %s, or a number from 0 to %u",
                         quote(text).text, what, words, row->last);
    if (piece_number(text, row->last, what, &value, fault))
        return -EINVAL;
    *number = (u16)value;
    return 0;
}

int field_read_range(enum field field, struct piece text, struct number_range *range,
                     struct fault *fault)
{
    const struct field_row *row = &field_rows[field];
    size_t dash = piece_find(text, '-');
    struct piece left = piece_trim(piece_part(text, 0, dash));
    struct piece right = piece_trim(piece_part(text, dash + 1, text.length));
    char turned[FIELD_RANGE_BYTES];
    u16 first, last;

    if (dash == text.length)
        right = left;
    else if (!left.length || !right.length)
        return fault_set(fault, 0, text.length,
                         "\"%s\" is not a range%s: write it as A-B, with numbers from 0 to %u",
                         quote(text).text, row->kind == KIND_PORTS ? " of ports" : "", row->last);
    if (field_read(field, left, &first, fault)) {
        fault->at += (size_t)(left.text - text.text);
        return -EINVAL;
    }
    if (field_read(field, right, &last, fault)) {
        fault->at += (size_t)(right.text - text.text);
        return -EINVAL;
    }
    if (first > last)
        return fault_set(fault, 0, text.length, "the range is reversed: write %s",
                         field_print_range(field, (struct number_range){last, first}, turned));
    *range = (struct number_range){first, last};
    return 0;
}

char *field_print(enum field field, u16 number, char text[FIELD_TEXT_BYTES])
{
    const char *word = field_word_of(field, (struct number_range){number, number});

    if (word)
        snprintf(text, FIELD_TEXT_BYTES, "%s", word);
    else
        snprintf(text, FIELD_TEXT_BYTES, "%u", number);
    return text;
}

char *field_print_range(enum field field, struct number_range range, char text[FIELD_RANGE_BYTES])
{
    const char *word = field_word_of(field, range);
    char last[FIELD_TEXT_BYTES];

    if (word)
        return strcpy(text, word);
    field_print(field, range.first, text);
    if (range.first == range.last)
        return text;
    strcat(text, "-");
    return strcat(text, field_print(field, range.last, last));
}

bool field_is_of(enum field field, enum family family, u8 protocol)
{
    switch (field_rows[field].needs) {
    case NEEDS_NOTHING:
        return true;
    case NEEDS_IPV4:
        return family == FAMILY_IPV4;
    case NEEDS_IPV6:
        return family == FAMILY_IPV6;
    case NEEDS_PORTS:
        return protocol_has_ports(protocol);
    case NEEDS_ICMP:
        return protocol == (family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6);
    case NEEDS_TCP:
        return protocol == PROTOCOL_TCP;
    }
    return false;
}

bool field_is_untold(enum field field)
{
    return field_rows[field].test > TEST_SOURCE_PORT && field_rows[field].test != TEST_NONE;
}

bool numbers_hold(const struct number_ranges *ranges, unsigned int number)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->ranges[i].first <= number && number <= ranges->ranges[i].last)
            return true;
    return false;
}

unsigned int numbers_count(const struct number_ranges *ranges)
{
    unsigned int count = 0;

    for (size_t i = 0; i < ranges->count; i++)
        count += ranges->ranges[i].last - ranges->ranges[i].first + 1u;
    return count;
}

static bool addresses_hold(const struct address_ranges *ranges, u128 address)
{
    size_t low = 0, high = ranges->count;

    while (low < high) { /* a set may hold a million */
        size_t middle = low + (high - low) / 2;
        if (ranges->ranges[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ranges->count && ranges->ranges[low].first <= address;
}

void match_clear(struct match *match)
{
    free(match->numbers[0].ranges);
    free(match->numbers[1].ranges);
    *match = (struct match){.any = true, .set = match->set};
}

bool match_is_any(const struct match *match, enum family family)
{
    return match->set ? address_is_any(family, &match->set->family[family - 1]) : match->any;
}

bool match_can_be(const struct match *match, enum family family)
{
    if (match->set)
        return match->set->family[family - 1].count;
    return match->any || match->numbers[family - 1].count;
}

bool match_holds(const struct match *match, enum family family, u128 value)
{
    if (match->set)
        return addresses_hold(&match->set->family[family - 1], value);
    return match->any || numbers_hold(&match->numbers[family - 1], (unsigned int)value);
}

u16 field_last_of_any(enum field field)
{
    return field_rows[field].kind == KIND_FRAGMENTS ? FRAGMENT_FIRST : field_rows[field].last;
}

struct number_ranges match_numbers(const struct match *match, enum field field, enum family family,
                                   struct number_range *whole)
{
    if (!match->any)
        return match->numbers[family - 1];
    *whole = (struct number_range){0, field_last_of_any(field)};
    return (struct number_ranges){whole, 1};
}

enum field rule_asks_transport(const struct rule *rule)
{
    enum field field = 0;

    while (field < FIELDS && (field_rows[field].needs < NEEDS_PORTS || rule->matches[field].any))
        field++;
    return field;
}

bool rule_always_has(const struct rule *rule, enum field field)
{
    const struct match *families = &rule->matches[FIELD_FAMILY];

    if (field_rows[field].needs == NEEDS_IPV4)
        return !match_can_be(families, FAMILY_IPV6);
    if (field_rows[field].needs == NEEDS_IPV6)
        return !match_can_be(families, FAMILY_IPV4);
    for (enum family family = FAMILY_IPV4; family <= FAMILY_IPV6; family++) {
        struct number_range whole;
        struct number_ranges protocols =
            match_numbers(&rule->matches[FIELD_PROTOCOL], FIELD_PROTOCOL, family, &whole);

        for (size_t i = 0; i < protocols.count; i++)
            for (u32 protocol = protocols.ranges[i].first; protocol <= protocols.ranges[i].last;
                 protocol++)
                if (!field_is_of(field, family, (u8)protocol))
                    return false;
    }
    return true;
}

/* What a rule wants of this field does not depend on the family. */
bool rule_asks_later(const struct rule *rule)
{
    const struct match *match = &rule->matches[FIELD_FRAGMENT];

    return !match->any && numbers_hold(&match->numbers[0], FRAGMENT_LATER);
}

bool rule_asks_whole(const struct rule *rule)
{
    const struct match *match = &rule->matches[FIELD_FRAGMENT];

    return match->any || numbers_hold(&match->numbers[0], FRAGMENT_NONE) ||
           numbers_hold(&match->numbers[0], FRAGMENT_FIRST);
}

bool policy_exempts(const struct policy *policy, enum family family, u128 far_end)
{
    return policy->exempt && addresses_hold(&policy->exempt->family[family - 1], far_end);
}

bool policy_asks_connection(const struct policy *policy, enum family family, u128 address)
{
    return policy->baseline.tcp_state && policy->self &&
           addresses_hold(&policy->self->family[family - 1], address);
}

bool rule_speaks_of(const struct rule *rule, enum family family)
{
    for (enum field field = 0; field < FIELDS; field++)
        if (!match_can_be(&rule->matches[field], family))
            return false;
    return family == FAMILY_IPV6 || (!rule->from_bits.length && !rule->to_bits.length);
}
