/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of an IPv6 address that are no prefix: struct address_bits. */
#ifndef EDGEXDP_ADDRESS_BITS_H
#define EDGEXDP_ADDRESS_BITS_H

#include <edgexdp/tables.h>

#include "address.h"

#define ADDRESS_BITS_TEXT_BYTES (ADDRESS_TEXT_BYTES + 8)

/* Returns whether TEXT is meant as ADDRESS/OFFSET-LENGTH. */
bool address_bits_resembles(struct piece text);

/* Read TEXT. Returns 0, or -EINVAL with FAULT. */
int address_bits_read(struct piece text, struct address_bits *bits, struct fault *fault);

/* Write BITS into TEXT as they are read. Returns TEXT. */
char *address_bits_print(const struct address_bits *bits, char text[ADDRESS_BITS_TEXT_BYTES]);

/* Returns whether ADDRESS is one of those that are meant. */
bool address_bits_hold(const struct address_bits *bits, enum family family, u128 address);

/* Returns what RULE wants of number WORD of the ADDRESS_WORDS: that its bits in *MASK, which are
 * adjacent, are those of the result. */
u16 rule_address_word(const struct rule *rule, unsigned int word, u16 *mask);

#endif
