/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv6: a root indexed by the upper 16 bits; below it, a search tree over the upper 64 bits of the
 * address and, where segments end within these, a second tree over the lower 64 bits.
 */
#include <edgexdp/tables.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "lookup.h"

#define ROOTS (1u << 16)

/* A search returns the edge of the greatest key that is not above the number searched for. */
struct key {
    u64 first;
    u32 edge;
};

struct keys {
    struct key *keys;
    size_t count;
    size_t room;
};

static int keys_add(struct keys *keys, u64 first, u32 edge)
{
    if (keys->count && keys->keys[keys->count - 1].edge == edge)
        return 0;
    struct key *more = array_grow(keys->keys, keys->count, &keys->room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    keys->keys = more;
    keys->keys[keys->count++] = (struct key){first, edge};
    return 0;
}

static int append_node(const struct key *keys, size_t count, struct words *nodes, u32 *edge)
{
    struct node6 node = {0};
    u32 at;

    for (size_t i = 0; i < NODE6_KEYS; i++) {
        /* A search for ~0 may end in an unused place, so that place repeats the last used one. */
        node.first[i] = i < count ? keys[i].first : ~0ull;
        node.edge[i] = keys[i < count ? i : count - 1].edge;
    }
    int error = words_append(nodes, (const u32 *)(const void *)&node, sizeof(node) / 4, &at);
    if (!error)
        *edge = at / (sizeof(node) / 4);
    return error;
}

/* Builds the tree level by level from the leaves up, and consumes KEYS. */
static int build_tree(struct keys *keys, struct words *nodes, u32 *edge)
{
    while (keys->count > 1) {
        size_t parents = 0;
        for (size_t i = 0; i < keys->count; i += NODE6_KEYS) {
            size_t count = keys->count - i < NODE6_KEYS ? keys->count - i : NODE6_KEYS;
            u32 node;
            int error = append_node(keys->keys + i, count, nodes, &node);
            if (error)
                return error;
            keys->keys[parents++] = (struct key){keys->keys[i].first, node};
        }
        keys->count = parents;
    }
    *edge = keys->keys[0].edge;
    return 0;
}

static u64 upper_half(u128 address)
{
    return (u64)(address >> 64);
}

/* Builds the edge for the addresses whose upper half is that of segment FIRST; NEXT is beyond the
 * last segment that begins there. BEFORE is the class of what lies below the first of them. */
static int build_lower(const struct segment *segments, size_t first, size_t next, u32 before,
                       struct words *nodes, u32 *edge)
{
    struct keys keys = {0};
    int error = 0;

    if ((u64)segments[first].first)
        error = keys_add(&keys, 0, ROOT_CLASS | before);
    for (size_t i = first; !error && i < next; i++)
        error = keys_add(&keys, (u64)segments[i].first, ROOT_CLASS | segments[i].class_id);
    bool searches = keys.count > 1;
    if (!error)
        error = build_tree(&keys, nodes, edge);
    if (!error && searches)
        *edge |= ROOT_LOWER;
    free(keys.keys);
    return error;
}

/* Builds the tree for all segments that begin within one /16; *AT is the segment that holds its
 * first address. */
static int build_upper(const struct partition *partition, size_t *at, u32 upper,
                       struct words *nodes, u32 *root)
{
    const struct segment *segments = partition->segments;
    u64 first = (u64)upper << 48, last = first | ~0ull >> 16;
    struct keys keys = {0};
    size_t next = *at;
    int error = 0;

    if (segments[*at].first < (u128)first << 64) {
        error = keys_add(&keys, first, ROOT_CLASS | segments[*at].class_id);
        next++;
    }
    while (!error && next < partition->segment_count && upper_half(segments[next].first) <= last) {
        u64 half = upper_half(segments[next].first);
        size_t begin = next;
        u32 edge;
        while (next < partition->segment_count && upper_half(segments[next].first) == half)
            next++;
        error = build_lower(segments, begin, next, segments[begin ? begin - 1 : 0].class_id, nodes,
                            &edge);
        if (!error)
            error = keys_add(&keys, half, edge);
        if (!error && half < last && (edge & ROOT_LOWER))
            error = keys_add(&keys, half + 1, ROOT_CLASS | segments[next - 1].class_id);
        /* If the next half has borders of its own, the key just added becomes part of its lower
         * tree. */
        if (!error && next < partition->segment_count && keys.count > 1 &&
            upper_half(segments[next].first) == half + 1 &&
            keys.keys[keys.count - 1].first == half + 1)
            keys.count--;
    }
    if (!error)
        error = build_tree(&keys, nodes, root);
    free(keys.keys);
    *at = next - 1;
    return error;
}

int lookup_build6(const struct partition *partition, struct words *words, u32 *root,
                  struct words *nodes)
{
    size_t at = 0;
    int error = words_append(words, NULL, ROOTS, root);

    for (u32 upper = 0; !error && upper < ROOTS; upper++) {
        u32 entry;
        while (at + 1 < partition->segment_count && partition->segments[at + 1].first <= (u128)upper
                                                                                             << 112)
            at++;
        error = build_upper(partition, &at, upper, nodes, &entry);
        if (!error)
            words->words[*root + upper] = entry;
    }
    return error;
}
