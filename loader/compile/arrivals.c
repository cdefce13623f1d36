/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arrivals.h"

#include <errno.h>
#include <stdlib.h>

#include "../base/memory.h"

/* Fills LIST, where each zone begins by index of interface. Returns how many there are. */
static size_t fill(const struct policy *policy, struct arrival *list)
{
    size_t count = 0;

    list[count++] = (struct arrival){0, ZONE_HERE};
    list[count++] = (struct arrival){1, ZONE_ELSEWHERE};
    for (size_t i = 0; i < policy->arrival_count; i++) {
        const struct arrival *arrival = &policy->arrivals[i];

        if (list[count - 1].index == arrival->index)
            count--;
        list[count++] = *arrival;
        list[count++] = (struct arrival){arrival->index + 1, ZONE_ELSEWHERE};
    }
    return count;
}

int arrivals_build(const struct policy *policy, struct words *words, struct tables_header *header)
{
    CLEANUP_FREE struct arrival *list = NULL;
    size_t count;
    u32 at;
    int error;

    if (!header->numbers[TEST_ARRIVES - TEST_SOURCE_PORT])
        return 0;
    list = calloc(2 * policy->arrival_count + 2, sizeof(*list));
    if (!list)
        return -ENOMEM;
    count = fill(policy, list);
    error = count <= LIST_MASK ? words_append(words, NULL, 2 * count, &at) : -E2BIG;
    if (error)
        return error;
    for (size_t i = 0; i < count; i++) {
        words->words[at + i] = list[i].index;
        words->words[at + count + i] = list[i].zone;
    }
    header->arrivals = at;
    header->arrivals_count = (u32)count;
    return 0;
}
