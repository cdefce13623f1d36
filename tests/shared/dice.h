/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that look random, but are the same everywhere for the same seed (splitmix64). */
#ifndef EDGEXDP_TEST_DICE_H
#define EDGEXDP_TEST_DICE_H

#include <edgexdp/types.h>

struct dice {
    u64 state;
};

static inline u64 dice_roll(struct dice *dice)
{
    u64 x = dice->state += 0x9e3779b97f4a7c15ull;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

/* 0 to BOUND - 1. */
static inline unsigned int dice_below(struct dice *dice, unsigned int bound)
{
    return (unsigned int)(dice_roll(dice) % bound);
}

static inline bool dice_chance(struct dice *dice, unsigned int percent)
{
    return dice_below(dice, 100) < percent;
}

#endif
