/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int words_append(struct words *words, const u32 *from, size_t count, u32 *at)
{
    if (count > words->max - words->count)
        return -E2BIG;
    if (words->count + count > words->room) {
        size_t room = words->room * 2 + count + 1024;
        u32 *more = reallocarray(words->words, room, sizeof(*more));
        if (!more)
            return -ENOMEM;
        words->words = more;
        words->room = room;
    }
    if (at)
        *at = (u32)words->count;
    if (from)
        memcpy(words->words + words->count, from, count * sizeof(*from));
    else
        memset(words->words + words->count, 0, count * sizeof(*from));
    words->count += count;
    return 0;
}

int words_align(struct words *words, size_t alignment)
{
    size_t beyond = words->count % alignment;
    return beyond ? words_append(words, NULL, alignment - beyond, NULL) : 0;
}

void words_clear(struct words *words)
{
    free(words->words);
    *words = (struct words){.max = words->max};
}
