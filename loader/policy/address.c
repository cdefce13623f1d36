/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* A set may have a million lines, so the good case is read in one pass; only a failed line is read
 * again to find out what to report. */
static bool scan_ipv4(const char **at, const char *end, u32 *address)
{
    const char *text = *at;
    u32 value = 0;

    for (int part = 0; part < 4; part++) {
        const char *start;
        u32 number = 0;

        if (part && (text == end || *text++ != '.'))
            return false;
        for (start = text; text < end && is_digit(*text) && text - start < 3; text++)
            number = number * 10 + (u32)(*text - '0');
        if (text == start || number > 255 || (*start == '0' && text - start > 1))
            return false;
        value = value << 8 | number;
    }
    *at = text;
    *address = value;
    return true;
}

static int fault_ipv4(struct piece text, struct fault *fault)
{
    struct piece rest = text;
    unsigned int number;

    for (int part = 1; part <= 4; part++) {
        struct piece digits = piece_part(rest, 0, piece_find(rest, '.'));
        bool last = digits.length == rest.length;

        if (piece_number(digits, 255, "IPv4 number", &number, fault)) {
            fault->at += (size_t)(digits.text - text.text);
            return -EINVAL;
        }
        if (last != (part == 4))
            break;
        rest = piece_part(rest, (size_t)digits.length + 1, rest.length);
    }
    return fault_set(fault, 0, text.length,
                     "\"%s\" is not an IPv4 address: write four numbers, as in 192.0.2.1",
                     quote(text).text);
}

static int read_ipv4(struct piece text, u128 *address, struct fault *fault)
{
    const char *at = text.text;
    u32 value;

    if (!scan_ipv4(&at, text.text + text.length, &value) || at != text.text + text.length)
        return fault_ipv4(text, fault);
    *address = value;
    return 0;
}

static int fault_ipv6(struct piece text, struct fault *fault)
{
    size_t zone = piece_find(text, '%');

    if (zone < text.length)
        return fault_set(fault, zone, text.length - zone,
                         "an address takes no zone here: leave \"%s\" out",
                         quote(piece_part(text, zone, text.length)).text);
    if (text.text[0] == '[')
        return fault_set(fault, 0, text.length, "write the address without brackets");
    return fault_set(fault, 0, text.length, "\"%s\" is not an IPv6 address", quote(text).text);
}

static int read_ipv6(struct piece text, u128 *address, struct fault *fault)
{
    char copy[INET6_ADDRSTRLEN];
    u8 bytes[16];

    /* A NUL byte must not end the address early. */
    if (text.length >= sizeof(copy) || piece_find(text, '\0') < text.length)
        return fault_ipv6(text, fault);
    memcpy(copy, text.text, text.length);
    copy[text.length] = '\0';
    if (inet_pton(AF_INET6, copy, bytes) != 1)
        return fault_ipv6(text, fault);
    *address = address_from_bytes(FAMILY_IPV6, bytes);
    return 0;
}

int address_read(struct piece text, enum family *family, u128 *address, struct fault *fault)
{
    enum family found;
    int error;

    if (!text.length)
        return fault_set(fault, 0, 1, "an address is missing");
    if (piece_find(text, ':') < text.length)
        found = FAMILY_IPV6;
    else if (is_digit(text.text[0]) && piece_find(text, '.') < text.length)
        found = FAMILY_IPV4;
    else
        return fault_set(fault, 0, text.length, "\"%s\" is not an IPv4 or IPv6 address",
                         quote(text).text);
    error =
        found == FAMILY_IPV4 ? read_ipv4(text, address, fault) : read_ipv6(text, address, fault);
    if (!error)
        *family = found;
    return error;
}

/* Returns the addresses that share the first LENGTH bits of ADDRESS. */
struct address_range address_prefix(enum family family, u128 address, unsigned int length)
{
    unsigned int host_bits = address_bits(family) - length;
    u128 mask = host_bits == 128 ? ~(u128)0 : ((u128)1 << host_bits) - 1;

    return (struct address_range){address & ~mask, address | mask};
}

static int read_prefix_length(struct piece text, size_t slash, enum family family,
                              unsigned int *length, struct fault *fault)
{
    struct piece digits = piece_part(text, slash + 1, text.length);
    unsigned int bits = address_bits(family);

    if (piece_find(digits, '.') < digits.length || piece_find(digits, ':') < digits.length)
        return fault_set(fault, slash + 1, digits.length,
                         "write the length of the prefix (0 to %u) instead of a mask", bits);
    if (!piece_number(digits, bits, "prefix length", length, fault))
        return 0;
    fault->at += slash + 1;
    return -EINVAL;
}

static int read_prefix(struct piece text, size_t slash, enum family *family,
                       struct address_range *range, struct fault *fault)
{
    char buffer[RANGE_TEXT_BYTES];
    struct address_range meant;
    unsigned int length;
    enum family found;
    u128 address;

    if (address_read(piece_part(text, 0, slash), &found, &address, fault) ||
        read_prefix_length(text, slash, found, &length, fault))
        return -EINVAL;
    meant = address_prefix(found, address, length);
    if (meant.first != address) {
        address_print(found, meant.first, buffer);
        fault_set(fault, 0, text.length, "%s has host bits set: the prefix is %s/%u",
                  quote(text).text, buffer, length);
        fault_set_kind(fault, "host bits are set: the prefix is %s/%u", buffer, length);
        return -EINVAL;
    }
    *family = found;
    *range = meant;
    return 0;
}

static int read_pair(struct piece text, size_t dash, enum family *family,
                     struct address_range *range, struct fault *fault)
{
    struct piece left = piece_trim(piece_part(text, 0, dash));
    struct piece right = piece_trim(piece_part(text, dash + 1, text.length));
    enum family families[2];
    struct address_range read;

    if (piece_find(text, '/') < text.length)
        return fault_set(fault, 0, text.length,
                         "a range goes from address to address, not prefixes");
    if (!left.length || !right.length)
        return fault_set(fault, 0, text.length, "an address is missing: write a range as A-B");
    if (address_read(left, &families[0], &read.first, fault)) {
        fault->at += (size_t)(left.text - text.text);
        return -EINVAL;
    }
    if (address_read(right, &families[1], &read.last, fault)) {
        fault->at += (size_t)(right.text - text.text);
        return -EINVAL;
    }
    if (families[0] != families[1])
        return fault_set(fault, 0, text.length, "a range cannot go from IPv4 to IPv6 or back");
    if (read.first > read.last) {
        fault_set(fault, 0, text.length, "the range is reversed: write %s-%s", quote(right).text,
                  quote(left).text);
        fault_set_kind(fault, "the range is reversed");
        return -EINVAL;
    }
    *family = families[0];
    *range = read;
    return 0;
}

/* Reads what most lines of a large set are: a faultless ADDRESS or ADDRESS/LENGTH. */
static bool scan_ipv4_prefix(struct piece text, struct address_range *range)
{
    const char *at = text.text, *end = text.text + text.length;
    unsigned int length = 0;
    u32 address;

    if (!scan_ipv4(&at, end, &address))
        return false;
    *range = (struct address_range){address, address};
    if (at == end)
        return true;
    if (*at++ != '/' || at == end || end - at > 2 || (*at == '0' && end - at > 1))
        return false;
    for (; at < end; at++) {
        if (!is_digit(*at))
            return false;
        length = length * 10 + (unsigned int)(*at - '0');
    }
    if (length > 32)
        return false;
    *range = address_prefix(FAMILY_IPV4, address, length);
    return range->first == address;
}

int address_read_range(struct piece text, enum family *family, struct address_range *range,
                       struct fault *fault)
{
    size_t at;
    int error;

    if (scan_ipv4_prefix(text, range)) {
        *family = FAMILY_IPV4;
        return 0;
    }
    at = piece_find(text, '-');
    if (at < text.length)
        return read_pair(text, at, family, range, fault);
    at = piece_find(text, '/');
    if (at < text.length)
        return read_prefix(text, at, family, range, fault);
    error = address_read(text, family, &range->first, fault);
    if (!error)
        range->last = range->first;
    return error;
}

void address_to_bytes(enum family family, u128 address, u8 bytes[16])
{
    unsigned int count = address_bits(family) / 8;

    memset(bytes, 0, 16);
    for (unsigned int i = 0; i < count; i++)
        bytes[i] = (u8)(address >> 8 * (count - 1 - i));
}

u128 address_from_bytes(enum family family, const u8 bytes[16])
{
    unsigned int count = address_bits(family) / 8;
    u128 address = 0;

    for (unsigned int i = 0; i < count; i++)
        address = address << 8 | bytes[i];
    return address;
}

char *address_print(enum family family, u128 address, char buffer[ADDRESS_TEXT_BYTES])
{
    u8 bytes[16];

    address_to_bytes(family, address, bytes);
    inet_ntop(family == FAMILY_IPV4 ? AF_INET : AF_INET6, bytes, buffer, ADDRESS_TEXT_BYTES);
    return buffer;
}

char *address_range_print(enum family family, struct address_range range,
                          char buffer[RANGE_TEXT_BYTES])
{
    size_t used = strlen(address_print(family, range.first, buffer));
    unsigned int length = address_bits(family);

    if (range.first == range.last)
        return buffer;
    while (length && address_prefix(family, range.first, length).last < range.last)
        length--;
    if (address_prefix(family, range.first, length).first == range.first &&
        address_prefix(family, range.first, length).last == range.last) {
        snprintf(buffer + used, RANGE_TEXT_BYTES - used, "/%u", length);
    } else {
        buffer[used++] = '-';
        address_print(family, range.last, buffer + used);
    }
    return buffer;
}

struct address_range address_any(enum family family)
{
    return address_prefix(family, 0, 0);
}

bool address_is_any(enum family family, const struct address_ranges *ranges)
{
    return ranges->count == 1 && !ranges->ranges[0].first &&
           ranges->ranges[0].last == address_any(family).last;
}
