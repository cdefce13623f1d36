/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "component_text.h"

#include "../base/memory.h"
#include "../policy/address.h"

#include <errno.h>
#include <string.h>

/* The names that ExaBGP has for values. It names ICMPv6's types by the numbers of ICMP's. */
struct value_name {
    const char *name;
    u32 value;
};

static const struct value_name protocols[] = {
    {"icmp", 1}, {"igmp", 2}, {"tcp", 6},   {"egp", 8},   {"udp", 17},  {"rsvp", 46},  {"gre", 47},
    {"esp", 50}, {"ah", 51},  {"ospf", 89}, {"ipip", 94}, {"pim", 103}, {"sctp", 132}, {NULL, 0},
};

static const struct value_name icmp_types[] = {
    {"echo-reply", 0},
    {"unreachable", 3},
    {"source-quench", 4},
    {"redirect", 5},
    {"echo-request", 8},
    {"router-advertisement", 9},
    {"router-solicit", 10},
    {"time-exceeded", 11},
    {"parameter-problem", 12},
    {"timestamp", 13},
    {"timestamp-reply", 14},
    {"info-request", 15},
    {"info-reply", 16},
    {"mask-request", 17},
    {"mask-reply", 18},
    {"traceroute", 30},
    {"experimental-mobility", 41},
    {"extended-echo-request", 42},
    {"extended-echo-reply", 43},
    {"experimental-one", 253},
    {"experimental-two", 254},
    {NULL, 0},
};

static const struct value_name tcp_flags[] = {
    {"fin", 0x01}, {"syn", 0x02},    {"rst", 0x04}, {"push", 0x08}, {"psh", 0x08}, {"ack", 0x10},
    {"urg", 0x20}, {"urgent", 0x20}, {"ece", 0x40}, {"cwr", 0x80},  {"ns", 0x100}, {NULL, 0},
};

static const struct value_name fragments[] = {
    {"dont-fragment", 0x01}, {"is-fragment", 0x02}, {"first-fragment", 0x04},
    {"last-fragment", 0x08}, {"not-a-fragment", 0}, {NULL, 0},
};

enum text_kind { TEXT_NUMBERS, TEXT_BITS, TEXT_PREFIX };

static const struct {
    const char *key[2]; /* by family */
    enum text_kind kind;
    const struct value_name *names;
    const char *unknown; /* what comes before the number of a value without a name */
} texts[COMPONENTS] = {
    [COMPONENT_DESTINATION] = {{"destination-ipv4", "destination-ipv6"}, TEXT_PREFIX, NULL, NULL},
    [COMPONENT_SOURCE] = {{"source-ipv4", "source-ipv6"}, TEXT_PREFIX, NULL, NULL},
    [COMPONENT_PROTOCOL] = {{"protocol", "next-header"},
                            TEXT_NUMBERS,
                            protocols,
                            "unknown protocol type "},
    [COMPONENT_PORT] = {{"port", "port"}, TEXT_NUMBERS, NULL, NULL},
    [COMPONENT_DESTINATION_PORT] = {{"destination-port", "destination-port"},
                                    TEXT_NUMBERS,
                                    NULL,
                                    NULL},
    [COMPONENT_SOURCE_PORT] = {{"source-port", "source-port"}, TEXT_NUMBERS, NULL, NULL},
    [COMPONENT_ICMP_TYPE] = {{"icmp-type", "icmp-type"},
                             TEXT_NUMBERS,
                             icmp_types,
                             "unknown icmp type type "},
    [COMPONENT_ICMP_CODE] = {{"icmp-code", "icmp-code"}, TEXT_NUMBERS, NULL, NULL},
    [COMPONENT_TCP_FLAGS] = {{"tcp-flags", "tcp-flags"},
                             TEXT_BITS,
                             tcp_flags,
                             "unknown tcp flag type "},
    [COMPONENT_LENGTH] = {{"packet-length", "packet-length"}, TEXT_NUMBERS, NULL, NULL},
    [COMPONENT_DSCP] = {{"dscp", "traffic-class"}, TEXT_NUMBERS, NULL, NULL},
    [COMPONENT_FRAGMENT] = {{"fragment", "fragment"},
                            TEXT_BITS,
                            fragments,
                            "unknown fragment type "},
    [COMPONENT_FLOW_LABEL] = {{"", "flow-label"}, TEXT_NUMBERS, NULL, NULL},
};

enum component_type component_named(const char *key, enum family family)
{
    for (enum component_type type = COMPONENT_DESTINATION; type < COMPONENTS; type++)
        if (!strcmp(key, texts[type].key[family - FAMILY_IPV4]))
            return type;
    return COMPONENT_NONE;
}

const char *component_key(enum component_type type, enum family family)
{
    return texts[type].key[family - FAMILY_IPV4];
}

bool component_has_prefix(enum component_type type)
{
    return texts[type].kind == TEXT_PREFIX;
}

bool component_has_bits(enum component_type type)
{
    return texts[type].kind == TEXT_BITS;
}

int component_text_prefix(struct piece text, enum component_type type, struct nlri_draft *draft)
{
    struct piece rest = text;
    size_t slash = piece_find(rest, '/');
    unsigned int bits = address_bits(draft->family), length = bits, offset = 0;
    struct flow_prefix prefix = {0};
    enum family family;
    struct fault fault;
    u128 address;

    if (address_read(piece_part(rest, 0, slash), &family, &address, &fault) ||
        family != draft->family)
        return -EINVAL;
    rest = piece_part(rest, slash, rest.length);
    for (unsigned int *number = &length; rest.length; number = &offset) {
        rest = piece_part(rest, 1, rest.length);
        slash = piece_find(rest, '/');
        if (piece_number(piece_part(rest, 0, slash), bits, "length", number, &fault) ||
            (number == &offset && (slash < rest.length || family == FAMILY_IPV4)))
            return -EINVAL;
        rest = piece_part(rest, slash, rest.length);
    }
    if (offset && offset >= length)
        return -EINVAL;
    prefix.length = (u8)length;
    prefix.offset = (u8)offset;
    prefix.bits = address_prefix(family, address, length).first;
    if (offset)
        prefix.bits &= ((u128)1 << (bits - offset)) - 1;
    return nlri_add_prefix(draft, type, &prefix);
}

static bool skip(struct piece *text, const char *word)
{
    size_t length = strlen(word);

    if (text->length < length || memcmp(text->text, word, length) != 0)
        return false;
    *text = piece_part(*text, length, text->length);
    return true;
}

static int read_number(struct piece text, u64 *value)
{
    u64 number = 0;

    if (!piece_is_digits(text))
        return -EINVAL;
    for (size_t i = 0; i < text.length; i++)
        if (__builtin_mul_overflow(number, 10ull, &number) ||
            __builtin_add_overflow(number, (u64)(text.text[i] - '0'), &number))
            return -EINVAL;
    *value = number;
    return 0;
}

/* Reads the name or number of one value, all of TEXT. */
static int read_value(struct piece text, enum component_type type, u64 *value)
{
    for (const struct value_name *name = texts[type].names; name && name->name; name++)
        if (piece_equals(text, name->name)) {
            *value = name->value;
            return 0;
        }
    if (texts[type].unknown)
        skip(&text, texts[type].unknown);
    return read_number(text, value);
}

/* Reads a comparison off TEXT. */
static int read_comparison(struct piece *text, u8 *op)
{
    static const struct {
        const char *text;
        u8 op;
    } comparisons[] = {
        {"<=", OPERATOR_LESS | OPERATOR_EQUAL},
        {">=", OPERATOR_GREATER | OPERATOR_EQUAL},
        {"!=", OPERATOR_LESS | OPERATOR_GREATER},
        {"<", OPERATOR_LESS},
        {">", OPERATOR_GREATER},
        {"=", OPERATOR_EQUAL},
        {"true", OPERATOR_LESS | OPERATOR_GREATER | OPERATOR_EQUAL},
        {"false", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++)
        if (skip(text, comparisons[i].text)) {
            *op = comparisons[i].op;
            return 0;
        }
    return -EINVAL;
}

/* Takes what stands before the next "&", and whether one stood before it. */
static struct piece next_term(struct piece *rest, u8 *op)
{
    *op = skip(rest, "&") ? OPERATOR_AND : 0;
    size_t end = piece_find(*rest, '&');
    struct piece term = piece_part(*rest, 0, end);

    *rest = piece_part(*rest, end, rest->length);
    return term;
}

/* After "true" and "false" a value means nothing, and is not always written. */
static int read_number_term(struct piece term, enum component_type type, u8 op,
                            struct nlri_draft *draft)
{
    bool is_constant = term.length && is_letter(*term.text);
    u8 comparison;
    u64 value = 0;

    if (read_comparison(&term, &comparison) ||
        ((!is_constant || term.length) && read_value(term, type, &value)))
        return -EINVAL;
    return nlri_add_term(draft, op | comparison, value);
}

int component_text_numbers(struct piece text, enum component_type type, struct nlri_draft *draft)
{
    struct piece rest = text;
    int error = 0;

    do {
        u8 op;
        struct piece term = next_term(&rest, &op);
        error = read_number_term(term, type, op, draft);
    } while (!error && rest.length);
    return error;
}

/* Reads "syn+ack" or a number: a sum of bits. Nothing is 0. */
static int read_bits(struct piece text, enum component_type type, u64 *bits)
{
    u64 value;

    *bits = 0;
    while (text.length) {
        size_t plus = piece_find(text, '+');
        if (read_value(piece_part(text, 0, plus), type, &value))
            return -EINVAL;
        *bits |= value;
        if (plus + 1 == text.length)
            return -EINVAL;
        text = piece_part(text, plus + 1, text.length);
    }
    return 0;
}

/* The word is ExaBGP's for "!is-fragment", and for no bit at all, which would match nothing: GoBGP
 * and ExaBGP send that where an administrator says not-a-fragment. */
static bool is_no_fragment(struct piece term, enum component_type type, u8 op)
{
    return type == COMPONENT_FRAGMENT && !(op & OPERATOR_MATCH) &&
           piece_equals(term, "not-a-fragment");
}

static int read_bits_term(struct piece term, enum component_type type, u8 op,
                          struct nlri_draft *draft)
{
    u64 bits;

    if (skip(&term, "!"))
        op |= OPERATOR_NOT;
    if (skip(&term, "="))
        op |= OPERATOR_MATCH;
    if (is_no_fragment(term, type, op))
        return nlri_add_term(draft, op ^ OPERATOR_NOT, fragments[1].value);
    if (read_bits(term, type, &bits) || bits > 0xffff)
        return -EINVAL;
    return nlri_add_term(draft, op, bits);
}

int component_text_bits(struct piece text, enum component_type type, struct nlri_draft *draft)
{
    struct piece rest = text;
    int error = 0;

    do {
        u8 op;
        struct piece term = next_term(&rest, &op);
        error = read_bits_term(term, type, op, draft);
    } while (!error && rest.length);
    return error;
}

/* Returns the end of what FLOW says about one component: the next key, or the end. */
static size_t end_of_component(const char *flow)
{
    const char *blank = flow;

    while ((blank = strchr(blank, ' '))) {
        size_t word = strcspn(++blank, " ");
        char key[32] = "";
        if (word >= sizeof(key))
            continue;
        memcpy(key, blank, word);
        if (component_named(key, FAMILY_IPV4) || component_named(key, FAMILY_IPV6) ||
            !strcmp(key, "next-hop"))
            return (size_t)(blank - flow) - 1;
    }
    return strlen(flow);
}

/* Takes the alternative up to the next blank; it may be empty. Numbers without a name have blanks.
 */
static struct piece next_alternative(struct piece *rest, const char *unknown)
{
    size_t end = 0, blanks = strlen(unknown);

    while (end < rest->length && rest->text[end] != ' ')
        if (rest->length - end > blanks && !memcmp(rest->text + end, unknown, blanks))
            end += blanks;
        else
            end++;
    struct piece item = piece_part(*rest, 0, end);
    *rest = piece_part(*rest, end, rest->length);
    return item;
}

/* Takes the brackets off a list "[ a b&c d ]". */
static struct piece without_brackets(struct piece list)
{
    size_t length = list.length;

    if (length < 4 || memcmp(list.text, "[ ", 2) != 0 ||
        memcmp(list.text + length - 2, " ]", 2) != 0)
        return list;
    return piece_part(list, 2, length - 4);
}

int component_text_bits_flow(const char *flow, enum component_type type, struct nlri_draft *draft)
{
    const char *key = texts[type].key[0], *at = flow;
    size_t length = strlen(key);
    int error = 0;

    do
        at = strstr(at, key);
    while (at && (at == flow || at[-1] != ' ' || at[length] != ' ') && *++at);
    if (!at || !*at)
        return -ENOENT;
    at += length + 1;
    struct piece rest = without_brackets(piece_part(piece_of(at), 0, end_of_component(at)));
    do
        error = component_text_bits(next_alternative(&rest, texts[type].unknown), type, draft);
    while (!error && skip(&rest, " "));
    return error;
}
