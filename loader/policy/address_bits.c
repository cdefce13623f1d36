/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_bits.h"

#include <errno.h>
#include <stdio.h>

#define BITS 128u

/* The bits from OFFSET up to LENGTH, which is greater. */
static u128 mask_of(const struct address_bits *bits)
{
    u128 from = ~(u128)0 >> bits->offset;

    return bits->length < BITS ? from & ~(~(u128)0 >> bits->length) : from;
}

/* Splits TEXT at its slash and at the dash behind it. */
static bool split(struct piece text, struct piece *address, struct piece *offset,
                  struct piece *length)
{
    size_t slash = piece_find(text, '/');
    struct piece numbers = piece_part(text, slash + 1, text.length);
    size_t dash = piece_find(numbers, '-');

    if (slash >= text.length || dash >= numbers.length)
        return false;
    *address = piece_part(text, 0, slash);
    *offset = piece_part(numbers, 0, dash);
    *length = piece_part(numbers, dash + 1, numbers.length);
    return true;
}

bool address_bits_resembles(struct piece text)
{
    struct piece address, offset, length;

    return split(text, &address, &offset, &length) && piece_is_digits(offset) &&
           piece_is_digits(length);
}

int address_bits_read(struct piece text, struct address_bits *bits, struct fault *fault)
{
    struct piece address, offset, length;
    struct address_bits read;
    unsigned int from, to;
    enum family family;

    if (!split(text, &address, &offset, &length))
        return fault_set(fault, 0, text.length, "write ADDRESS/OFFSET-LENGTH");
    if (address_read(address, &family, &read.bits, fault))
        return -EINVAL;
    if (family != FAMILY_IPV6)
        return fault_set(fault, 0, address.length,
                         "only of IPv6 can parts be asked for that are no prefix");
    if (piece_number(offset, BITS, "offset", &from, fault) ||
        piece_number(length, BITS, "length", &to, fault) || from >= to)
        return fault_set(
            fault, (size_t)(offset.text - text.text), offset.length + 1 + length.length,
            "the bits from OFFSET up to LENGTH, at most %u, as in ::1234:0:0:0/64-80", BITS);
    read.offset = (u8)from;
    read.length = (u8)to;
    if (read.bits & ~mask_of(&read))
        return fault_set(fault, 0, address.length, "bits are set before %u or from %u on", from,
                         to);
    *bits = read;
    return 0;
}

char *address_bits_print(const struct address_bits *bits, char text[ADDRESS_BITS_TEXT_BYTES])
{
    char address[ADDRESS_TEXT_BYTES];

    snprintf(text, ADDRESS_BITS_TEXT_BYTES, "%s/%u-%u",
             address_print(FAMILY_IPV6, bits->bits, address), bits->offset, bits->length);
    return text;
}

bool address_bits_hold(const struct address_bits *bits, enum family family, u128 address)
{
    return !bits->length || (family == FAMILY_IPV6 && (address & mask_of(bits)) == bits->bits);
}

/* The same of one address, of which word 0 is the first. */
static u16 word_of(const struct address_bits *bits, unsigned int word, u16 *mask)
{
    unsigned int below = BITS - 16 * (word + 1);

    *mask = bits->length ? (u16)(mask_of(bits) >> below) : 0;
    return (u16)(bits->bits >> below);
}

u16 rule_address_word(const struct rule *rule, unsigned int word, u16 *mask)
{
    return word < ADDRESS_WORDS / 2 ? word_of(&rule->from_bits, word, mask)
                                    : word_of(&rule->to_bits, word - ADDRESS_WORDS / 2, mask);
}
