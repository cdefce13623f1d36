/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4: a root indexed by the upper 16 bits; below it, sorted words with binary search. */
#include <edgexdp/tables.h>

#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"
#include "lookup.h"

#define ROOTS (1u << 16)

/* Builds the list of segments within one /16. *AT is the segment that holds its first address, and
 * on return the segment that holds its last address. */
static int build_list(const struct partition *partition, size_t *at, u32 upper, struct words *words,
                      u32 *root)
{
    const struct segment *segments = partition->segments;
    u64 first = (u64)upper << 16, beyond = first + ROOTS;
    size_t next = *at + 1;

    while (next < partition->segment_count && segments[next].first < beyond)
        next++;
    size_t count = next - *at;
    if (count == 1) {
        *root = ROOT_CLASS | segments[*at].class_id;
        return 0;
    }
    CLEANUP_FREE u32 *list = malloc((count + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    list[0] = (u32)count;
    for (size_t i = 0; i < count; i++) {
        const struct segment *segment = &segments[*at + i];
        u32 lower = segment->first > first ? (u32)(segment->first - first) : 0;
        list[i + 1] = lower << 16 | segment->class_id;
    }
    *at = next - 1;
    return words_append(words, list, count + 1, root);
}

int lookup_build4(const struct partition *partition, struct words *words, u32 *root)
{
    size_t at = 0;
    int error = words_append(words, NULL, ROOTS, root);

    for (u32 upper = 0; !error && upper < ROOTS; upper++) {
        u32 entry;
        while (at + 1 < partition->segment_count && partition->segments[at + 1].first <= (u64)upper
                                                                                             << 16)
            at++;
        error = build_list(partition, &at, upper, words, &entry);
        if (!error)
            words->words[*root + upper] = entry;
    }
    return error;
}
