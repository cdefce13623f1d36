/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nlri.h"

#include "../policy/address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_prefix(enum component_type type)
{
    return type == COMPONENT_DESTINATION || type == COMPONENT_SOURCE;
}

/* How many bytes come before the bits of a prefix: its length and, in IPv6, its offset. */
static size_t prefix_header(enum family family)
{
    return family == FAMILY_IPV6 ? 2 : 1;
}

/* Returns how many bytes a prefix has in all, if its header is in DATA; 0 if that is wrong. */
static size_t prefix_bytes(const u8 *data, size_t length, enum family family)
{
    size_t header = prefix_header(family);

    if (length < header || data[0] > address_bits(family))
        return 0;
    unsigned int offset = family == FAMILY_IPV6 ? data[1] : 0;
    /* An offset needs bits that it is the offset of (RFC 8956, section 3.1). */
    if (offset && offset >= data[0])
        return 0;
    size_t bytes = header + (data[0] - offset + 7u) / 8;
    return bytes <= length ? bytes : 0;
}

static size_t term_bytes(u8 op)
{
    return 1 + ((size_t)1 << (op >> OPERATOR_LENGTH_SHIFT & 3));
}

/* Returns how many bytes the terms in DATA have, up to the end of their list; 0: it has none. */
static size_t terms_bytes(const u8 *data, size_t length)
{
    size_t at = 0;

    while (at < length) {
        u8 op = data[at];
        at += term_bytes(op);
        if (op & OPERATOR_END)
            return at <= length ? at : 0;
    }
    return 0;
}

static size_t component_bytes(enum component_type type, const u8 *data, size_t length,
                              enum family family)
{
    return is_prefix(type) ? prefix_bytes(data, length, family) : terms_bytes(data, length);
}

struct component nlri_next(const struct nlri *nlri, size_t *at)
{
    struct component component = {.type = COMPONENT_NONE};

    if (*at >= nlri->length)
        return component;
    component.type = nlri->bytes[*at];
    component.data = nlri->bytes + *at + 1;
    component.length =
        component_bytes(component.type, component.data, nlri->length - *at - 1, nlri->family);
    *at += 1 + component.length;
    return component;
}

struct component nlri_find(const struct nlri *nlri, enum component_type type)
{
    struct component component;
    size_t at = 0;

    do
        component = nlri_next(nlri, &at);
    while (component.type != COMPONENT_NONE && component.type != type);
    return component;
}

struct flow_prefix component_prefix(const struct component *component, enum family family)
{
    struct flow_prefix prefix = {.length = component->data[0]};
    size_t header = prefix_header(family);
    unsigned int bits = address_bits(family);

    if (family == FAMILY_IPV6)
        prefix.offset = component->data[1];
    unsigned int width = prefix.length - prefix.offset;
    if (!width)
        return prefix;
    for (size_t i = header; i < component->length; i++)
        prefix.bits = prefix.bits << 8 | component->data[i];
    prefix.bits >>= (8 - width % 8) % 8; /* what pads the last byte means nothing */
    if (width < 128)
        prefix.bits &= ((u128)1 << width) - 1;
    prefix.bits <<= bits - prefix.length;
    return prefix;
}

bool component_term(const struct component *component, size_t *at, struct term *term)
{
    if (*at >= component->length)
        return false;
    term->op = component->data[*at];
    term->value = 0;
    for (size_t i = 1; i < term_bytes(term->op); i++)
        term->value = term->value << 8 | component->data[*at + i];
    *at += term_bytes(term->op);
    return true;
}

const char *nlri_fault(const struct nlri *nlri)
{
    unsigned int last = COMPONENT_NONE;
    size_t at = 0;

    if (nlri->length > NLRI_BYTES)
        return "it is longer than a flow can be";
    while (at < nlri->length) {
        unsigned int type = nlri->bytes[at];
        size_t bytes;
        if (type == COMPONENT_NONE || type >= COMPONENTS ||
            (type == COMPONENT_FLOW_LABEL && nlri->family == FAMILY_IPV4))
            return "it has a component that is not known";
        if (type <= last)
            return "its components are not in order, or one is there twice";
        bytes = component_bytes(type, nlri->bytes + at + 1, nlri->length - at - 1, nlri->family);
        if (!bytes)
            return is_prefix(type) ? "a prefix is wrong" : "a list of values has no end";
        last = type;
        at += 1 + bytes;
    }
    return NULL;
}

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* Lower offsets first, then lower bits, then longer prefixes. */
static int compare_prefixes(const struct component *a, const struct component *b,
                            enum family family)
{
    struct flow_prefix first = component_prefix(a, family), second = component_prefix(b, family);
    unsigned int shorter = first.length < second.length ? first.length : second.length;
    unsigned int left = address_bits(family) - shorter;
    u128 ignored = shorter ? ((u128)1 << left) - 1 : ~(u128)0;
    u128 one = first.bits & ~ignored, other = second.bits & ~ignored;

    if (first.offset != second.offset)
        return compare_numbers(first.offset, second.offset);
    if (one != other)
        return one < other ? -1 : 1;
    return compare_numbers(second.length, first.length);
}

/* Lower bytes first, then longer ones. */
static int compare_terms(const struct component *a, const struct component *b)
{
    size_t common = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->data, b->data, common);

    return order ? order : compare_numbers(b->length, a->length);
}

int nlri_compare(const struct nlri *a, const struct nlri *b)
{
    size_t at_a = 0, at_b = 0;
    int order = compare_numbers(a->family, b->family);

    while (!order) {
        struct component one = nlri_next(a, &at_a), other = nlri_next(b, &at_b);
        if (one.type == COMPONENT_NONE && other.type == COMPONENT_NONE)
            return 0;
        if (one.type == COMPONENT_NONE || other.type == COMPONENT_NONE)
            return one.type == COMPONENT_NONE ? 1 : -1; /* who asks for more comes first */
        order = compare_numbers(one.type, other.type);
        if (!order)
            order = is_prefix(one.type) ? compare_prefixes(&one, &other, a->family)
                                        : compare_terms(&one, &other);
    }
    return order;
}

struct nlri *nlri_copy(const struct nlri *nlri)
{
    struct nlri *copy = malloc(sizeof(*copy) + nlri->length);

    if (copy)
        memcpy(copy, nlri, sizeof(*copy) + nlri->length);
    return copy;
}

static int put(struct nlri_draft *draft, const void *bytes, size_t count)
{
    if (count > NLRI_BYTES - (size_t)draft->length)
        return -E2BIG;
    memcpy(draft->bytes + draft->length, bytes, count);
    draft->length = (u16)(draft->length + count);
    return 0;
}

int nlri_add_prefix(struct nlri_draft *draft, enum component_type type,
                    const struct flow_prefix *prefix)
{
    enum family family = draft->family;
    size_t header = prefix_header(family), used = 0;
    unsigned int width = prefix->length - prefix->offset;
    u8 bytes[3 + 16] = {(u8)type, prefix->length, prefix->offset};
    /* Of no bits, there is nothing to move. */
    u128 bits = prefix->length ? prefix->bits >> (address_bits(family) - prefix->length) : 0;

    bits <<= (8 - width % 8) % 8;
    used = 1 + header + (width + 7) / 8;
    for (size_t i = used; i-- > 1 + header; bits >>= 8)
        bytes[i] = (u8)bits;
    return put(draft, bytes, used);
}

int nlri_begin(struct nlri_draft *draft, enum component_type type)
{
    u8 byte = (u8)type;

    draft->has_op = false;
    return put(draft, &byte, 1);
}

int nlri_add_term(struct nlri_draft *draft, u8 op, u64 value)
{
    unsigned int shift = value > 0xffffffff ? 3 : value > 0xffff ? 2 : value > 0xff;
    u8 bytes[9] = {(u8)(op | shift << OPERATOR_LENGTH_SHIFT | OPERATOR_END)};
    size_t count = (size_t)1 << shift;
    size_t at = draft->length;

    for (size_t i = count; i; i--, value >>= 8)
        bytes[i] = (u8)value;
    int error = put(draft, bytes, 1 + count);
    if (error)
        return error;
    if (draft->has_op)
        draft->bytes[draft->last_op] &= (u8)~OPERATOR_END;
    draft->last_op = at;
    draft->has_op = true;
    return 0;
}

struct nlri *nlri_finish(const struct nlri_draft *draft)
{
    struct nlri *nlri = malloc(sizeof(*nlri) + draft->length);

    if (!nlri)
        return NULL;
    *nlri = (struct nlri){.family = draft->family, .length = draft->length};
    memcpy(nlri->bytes, draft->bytes, draft->length);
    return nlri;
}
