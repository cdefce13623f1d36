/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that nobody can compute who does not have its
 * key, however many others they have seen. */
#ifndef EDGEXDP_SIPHASH_H
#define EDGEXDP_SIPHASH_H

#include "types.h"

struct siphash {
    u64 a, b, c, d;
};

INLINE u64 siphash_turn(u64 word, u32 bits)
{
    return word << bits | word >> (64 - bits);
}

INLINE void siphash_round(struct siphash *state)
{
    state->a += state->b;
    state->b = siphash_turn(state->b, 13) ^ state->a;
    state->a = siphash_turn(state->a, 32);
    state->c += state->d;
    state->d = siphash_turn(state->d, 16) ^ state->c;
    state->a += state->d;
    state->d = siphash_turn(state->d, 21) ^ state->a;
    state->c += state->b;
    state->b = siphash_turn(state->b, 17) ^ state->c;
    state->c = siphash_turn(state->c, 32);
}

INLINE void siphash_add(struct siphash *state, u64 word)
{
    state->d ^= word;
    siphash_round(state);
    siphash_round(state);
    state->a ^= word;
}

/* The hash of COUNT words of eight bytes, with the first byte lowest. */
INLINE u64 siphash(const u64 *words, u32 count, u64 key, u64 other_key)
{
    struct siphash state = {
        .a = key ^ 0x736f6d6570736575ull,
        .b = other_key ^ 0x646f72616e646f6dull,
        .c = key ^ 0x6c7967656e657261ull,
        .d = other_key ^ 0x7465646279746573ull,
    };

    for (u32 i = 0; i < count; i++)
        siphash_add(&state, words[i]);
    siphash_add(&state, (u64)count * 8 << 56);
    state.c ^= 0xff;
    for (u32 i = 0; i < 4; i++)
        siphash_round(&state);
    return state.a ^ state.b ^ state.c ^ state.d;
}

#endif
