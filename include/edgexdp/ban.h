/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the bits of an address are in `ban_filter`: the same for both sides. */
#ifndef EDGEXDP_BAN_H
#define EDGEXDP_BAN_H

#include "abi.h"

struct ban_bits {
    u32 word;
    u32 bits; /* two bits, or one if they coincide */
};

/* UPPER and LOWER are the halves of the address's 16 bytes as they lie in memory. */
INLINE struct ban_bits ban_bits(u64 upper, u64 lower)
{
    u64 mixed = (upper * 0x9e3779b97f4a7c15ull) ^ lower;

    mixed = (mixed ^ mixed >> 32) * 0xbf58476d1ce4e5b9ull;
    return (struct ban_bits){.word = (u32)(mixed >> (64 - BAN_FILTER_SHIFT)),
                             .bits = 1u << (mixed >> 44 & 31) | 1u << (mixed >> 39 & 31)};
}

/* Makes KEY that of the prefix of BITS that ADDRESS of FAMILY is in. */
INLINE void limit_ban_key_of(struct limit_ban_key *key, u8 family, const u8 *address, u32 bits)
{
    *key = (struct limit_ban_key){.family = family, .bits = (u8)bits};
    for (u32 i = 0; i < 16; i++) {
        u32 left = bits > 8 * i ? bits - 8 * i : 0;
        key->address[i] = (u8)(address[i] & (left >= 8 ? 0xff : 0xff00u >> left));
    }
}

/* Lengths of the prefixes of one family that limits ban. */
struct limit_ban_lengths {
    u8 bits[LIMIT_BAN_LENGTHS];
    u32 count;
};

/* Adds one, unless it is there. Returns false if there is no room for it. */
INLINE bool limit_ban_length_add(struct limit_ban_lengths *lengths, u32 bits)
{
    for (u32 i = 0; i < lengths->count; i++)
        if (lengths->bits[i] == bits)
            return true;
    if (lengths->count == LIMIT_BAN_LENGTHS)
        return false;
    lengths->bits[lengths->count++] = (u8)bits;
    return true;
}

#endif
