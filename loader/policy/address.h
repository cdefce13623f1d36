/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts addresses, prefixes and ranges to and from text. */
#ifndef EDGEXDP_ADDRESS_H
#define EDGEXDP_ADDRESS_H

#include "piece.h"
#include "policy.h"

#define ADDRESS_TEXT_BYTES 48  /* one address, with its NUL */
#define RANGE_TEXT_BYTES   100 /* two addresses and what separates them */

/* Read one IPv4 or IPv6 address. Returns 0, or -EINVAL with FAULT and the other out-parameters
 * unchanged. */
int address_read(struct piece text, enum family *family, u128 *address, struct fault *fault);

/* The same for an address, a prefix (ADDRESS/LENGTH, no host bits) or an inclusive range A-B, with
 * or without white space around the dash. */
int address_read_range(struct piece text, enum family *family, struct address_range *range,
                       struct fault *fault);

/* Convert to network order, with an IPv4 address in the first four bytes and zeros after it; and
 * back. */
void address_to_bytes(enum family family, u128 address, u8 bytes[16]);
u128 address_from_bytes(enum family family, const u8 bytes[16]);

/* Write an address as inet_ntop() does. Returns BUFFER. */
char *address_print(enum family family, u128 address, char buffer[ADDRESS_TEXT_BYTES]);

/* Write RANGE as an address, as a prefix if it is one, otherwise as A-B. Returns BUFFER. */
char *address_range_print(enum family family, struct address_range range,
                          char buffer[RANGE_TEXT_BYTES]);

/* Returns the prefix of LENGTH that ADDRESS is in. */
struct address_range address_prefix(enum family family, u128 address, unsigned int length);

/* Return every address of FAMILY; return whether RANGES hold all of them. */
struct address_range address_any(enum family family);
bool address_is_any(enum family family, const struct address_ranges *ranges);

static inline unsigned int address_bits(enum family family)
{
    return family == FAMILY_IPV4 ? 32 : 128;
}

#endif
