/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "talks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct talks {
    struct talk *places;
    u32 lines;
    u64 seed;
    u64 forgotten;
};

struct talks *talks_new(u32 lines, u64 seed)
{
    struct talks *talks = calloc(1, sizeof(*talks));

    if (!talks)
        return NULL;
    *talks = (struct talks){calloc((size_t)lines * TALKS_IN_LINE, sizeof(*talks->places)), lines,
                            seed, 0};
    if (talks->places)
        return talks;
    free(talks);
    return NULL;
}

void talks_free(struct talks *talks)
{
    if (!talks)
        return;
    free(talks->places);
    free(talks);
}

static struct talk *line_of(const struct talks *talks, const struct talk_key *key)
{
    u64 words[sizeof(*key) / sizeof(u64)], hash = talks->seed;

    memcpy(words, key, sizeof(words));
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
    }
    return &talks->places[(size_t)(hash & (talks->lines - 1)) * TALKS_IN_LINE];
}

static bool is_of(const struct talk *talk, const struct talk_key *key)
{
    return talk->packets && !memcmp(&talk->key, key, sizeof(*key));
}

struct talk *talks_find(struct talks *talks, const struct talk_key *key)
{
    struct talk *line = line_of(talks, key);

    for (u32 i = 0; i < TALKS_IN_LINE; i++)
        if (is_of(&line[i], key))
            return &line[i];
    return NULL;
}

struct talk *talks_take(struct talks *talks, const struct talk_key *key)
{
    struct talk *line = line_of(talks, key), *least = line;

    for (u32 i = 0; i < TALKS_IN_LINE; i++) {
        if (is_of(&line[i], key))
            return &line[i];
        if (line[i].packets < least->packets)
            least = &line[i];
    }
    talks->forgotten += !!least->packets;
    *least = (struct talk){.key = *key};
    return least;
}

u64 talks_forgotten(const struct talks *talks)
{
    return talks->forgotten;
}

int talks_list(struct talks *talks, struct talk ***list, size_t *count)
{
    size_t places = (size_t)talks->lines * TALKS_IN_LINE, found = 0;
    struct talk **made = calloc(places, sizeof(void *));

    if (!made)
        return -ENOMEM;
    for (size_t i = 0; i < places; i++)
        if (talks->places[i].packets)
            made[found++] = &talks->places[i];
    *list = made;
    *count = found;
    return 0;
}
