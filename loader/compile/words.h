/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block of an image under construction. */
#ifndef EDGEXDP_WORDS_H
#define EDGEXDP_WORDS_H

#include <edgexdp/types.h>

struct words {
    u32 *words;
    size_t count;
    size_t room;
    size_t max; /* -E2BIG beyond */
};

/* Append COUNT words (all zero if FROM is NULL); *at, unless AT is NULL, is where they begin.
 * Returns 0, or -E2BIG or -ENOMEM with nothing changed. */
int words_append(struct words *words, const u32 *from, size_t count, u32 *at);

/* Append zeros until the next word stands at a multiple of ALIGNMENT words. */
int words_align(struct words *words, size_t alignment);

void words_clear(struct words *words);

#endif
