/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "changes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../judge/lru.h"

#define CHANGES_MAX (1u << 16)

struct change_key {
    struct outcome before, after;
    u64 direction;
};
ASSERT_SIZE(struct change_key, 24);

struct changes {
    struct lru *sums;
};

struct changes *changes_new(void)
{
    struct changes *changes = calloc(1, sizeof(*changes));
    if (!changes)
        return NULL;
    changes->sums = lru_new(sizeof(struct change_key), sizeof(struct change), CHANGES_MAX);
    if (changes->sums)
        return changes;
    free(changes);
    return NULL;
}

void changes_free(struct changes *changes)
{
    if (!changes)
        return;
    lru_free(changes->sums);
    free(changes);
}

/* Returns the outcome without its log flag, which makes no difference here. */
static struct outcome plain(const struct outcome *outcome)
{
    struct outcome same = *outcome;
    same.log = 0;
    return same;
}

/* Writing a packet costs more than judging it, so only packets whose count is a power of two are
 * tried as examples. */
static bool wants_example(const struct change *change)
{
    return change->example_count < CHANGE_EXAMPLES && !(change->packets & (change->packets - 1));
}

static void add_example(struct change *change, const struct event *event)
{
    char *example = change->examples[change->example_count];

    if (!event_print_packet(event, example))
        return;
    for (size_t i = 0; i < change->example_count; i++)
        if (!strcmp(change->examples[i], example))
            return;
    change->example_count++;
}

int changes_add(struct changes *changes, const struct event *event, const struct outcome *before)
{
    struct change_key key = {plain(before), plain(&event->outcome), event->direction};
    struct change *change = lru_find(changes->sums, &key);

    if (!change) {
        struct change fresh = {
            .direction = event->direction, .before = key.before, .after = key.after};
        change = lru_add(changes->sums, &key, &fresh);
    }
    if (!change)
        return -ENOMEM;
    change->packets++;
    change->bytes += event->frame_bytes;
    if (wants_example(change))
        add_example(change, event);
    return 0;
}

struct filling {
    struct change *list;
    size_t count;
};

static void fill(const void *key, void *value, void *context)
{
    struct filling *filling = context;
    (void)key;
    memcpy(&filling->list[filling->count++], value, sizeof(*filling->list));
}

static int by_packets(const void *a, const void *b)
{
    const struct change *one = a, *other = b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    return one->bytes < other->bytes ? 1 : one->bytes > other->bytes ? -1 : 0;
}

int changes_list(const struct changes *changes, struct change **list, size_t *count)
{
    struct filling filling = {calloc((size_t)lru_count(changes->sums) + 1, sizeof(**list)), 0};

    if (!filling.list)
        return -ENOMEM;
    lru_each(changes->sums, fill, &filling);
    qsort(filling.list, filling.count, sizeof(*filling.list), by_packets);
    *list = filling.list;
    *count = filling.count;
    return 0;
}
