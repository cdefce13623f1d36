/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

#define NODE_WORDS      (sizeof(struct overlay_node) / sizeof(u32))
#define JOINED_SIZE_MIN (1u << 10)
#define JOINED_SIZE_MAX (1u << 20)

/* The runs of a node under construction. One draft per level suffices, since a node is made only of
 * deeper ones. */
struct draft {
    u32 *first, *child;
    u32 count;
};

/* A cache of which diagrams have been joined; a newer pair replaces an older one in its place. */
struct joined {
    u32 a, b, result; /* a < b; all 0: free */
};

struct overlay {
    const u32 *classes;
    struct budget *budget;
    u32 *words; /* all nodes; a node's number is where it begins */
    size_t used, room;
    u32 *known; /* numbers of nodes + 1, by their content; open addressing */
    size_t known_size, known_count;
    struct joined *joined;
    size_t joined_size;
    struct draft drafts[TESTS];
};

struct overlay *overlay_new(const u32 classes[TESTS], struct budget *budget)
{
    struct overlay *overlay = calloc(1, sizeof(*overlay));
    bool whole = overlay;

    if (!overlay)
        return NULL;
    overlay->classes = classes;
    overlay->budget = budget;
    for (u32 level = 0; level < TESTS; level++) {
        struct draft *draft = &overlay->drafts[level];
        draft->first = malloc(classes[level] * sizeof(u32));
        draft->child = malloc(classes[level] * sizeof(u32));
        whole &= draft->first && draft->child;
    }
    if (whole)
        return overlay;
    overlay_free(overlay);
    return NULL;
}

void overlay_free(struct overlay *overlay)
{
    if (!overlay)
        return;
    for (u32 level = 0; level < TESTS; level++) {
        free(overlay->drafts[level].first);
        free(overlay->drafts[level].child);
    }
    free(overlay->words);
    free(overlay->known);
    free(overlay->joined);
    free(overlay);
}

static struct overlay_node *node_at(const struct overlay *overlay, u32 number)
{
    return (struct overlay_node *)(void *)(overlay->words + number);
}

struct overlay_node *overlay_node(const struct overlay *overlay, u32 diagram)
{
    return diagram & OVERLAY_RULE ? NULL : node_at(overlay, diagram);
}

static u32 first_of(const struct overlay *overlay, u32 diagram)
{
    return diagram & OVERLAY_RULE ? diagram : node_at(overlay, diagram)->first;
}

static u32 last_of(const struct overlay *overlay, u32 diagram)
{
    return diagram & OVERLAY_RULE ? diagram : node_at(overlay, diagram)->last;
}

static u32 level_of(const struct overlay *overlay, u32 diagram)
{
    return diagram & OVERLAY_RULE ? TESTS : node_at(overlay, diagram)->level;
}

void overlay_count_pieces(const struct overlay *overlay, u64 *pieces)
{
    const struct overlay_node *node;

    for (size_t at = 0; at < overlay->used; at += NODE_WORDS + 2 * (size_t)node->count) {
        node = node_at(overlay, (u32)at);
        for (u32 i = 0; i < node->count; i++) {
            u32 first = first_of(overlay, node->runs[node->count + i]);
            if (first != NOTHING)
                pieces[first & ~OVERLAY_RULE]++;
        }
    }
}

static u32 hash_two(u32 a, u32 b)
{
    u64 hash = ((u64)a << 32 | b) * 0x9e3779b97f4a7c15ull;
    return (u32)(hash >> 32) ^ (u32)hash;
}

static void draft_add(struct draft *draft, u32 first, u32 child)
{
    if (draft->count && draft->child[draft->count - 1] == child)
        return;
    draft->first[draft->count] = first;
    draft->child[draft->count++] = child;
}

static u32 draft_hash(const struct draft *draft, u32 level)
{
    u64 hash = level;

    for (u32 i = 0; i < draft->count; i++) {
        hash = (hash ^ ((u64)draft->first[i] << 32 | draft->child[i])) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 29;
    }
    return (u32)hash;
}

static bool draft_is(const struct draft *draft, u32 level, const struct overlay_node *node)
{
    size_t bytes = draft->count * sizeof(u32);

    return node->level == level && node->count == draft->count &&
           !memcmp(node->runs, draft->first, bytes) &&
           !memcmp(node->runs + node->count, draft->child, bytes);
}

static int known_reserve(struct overlay *overlay)
{
    if (2 * overlay->known_count < overlay->known_size)
        return 0;
    size_t size = overlay->known_size ? 2 * overlay->known_size : 1024;
    u32 *known = calloc(size, sizeof(*known));
    if (!known)
        return -ENOMEM;
    for (size_t i = 0; i < overlay->known_size; i++) {
        if (!overlay->known[i])
            continue;
        size_t at = node_at(overlay, overlay->known[i] - 1)->hash & (size - 1);
        while (known[at])
            at = (at + 1) & (size - 1);
        known[at] = overlay->known[i];
    }
    free(overlay->known);
    overlay->known = known;
    overlay->known_size = size;
    return 0;
}

static int reserve(struct overlay *overlay, size_t words)
{
    int error = budget_spend(&overlay->budget->words, words);

    if (error)
        return error;
    if (overlay->used + words <= overlay->room)
        return 0;
    size_t room = 2 * overlay->room + words + 1024;
    u32 *more = reallocarray(overlay->words, room, sizeof(*more));
    if (!more)
        return -ENOMEM;
    overlay->words = more;
    overlay->room = room;
    return 0;
}

static int append(struct overlay *overlay, const struct draft *draft, u32 level, u32 hash,
                  u32 *diagram)
{
    size_t words = NODE_WORDS + 2 * (size_t)draft->count;
    int error = reserve(overlay, words);

    if (error)
        return error;
    struct overlay_node *node = node_at(overlay, (u32)overlay->used);
    *node = (struct overlay_node){
        .level = level, .count = draft->count, .first = NOTHING, .last = 0, .hash = hash};
    memcpy(node->runs, draft->first, draft->count * sizeof(u32));
    memcpy(node->runs + draft->count, draft->child, draft->count * sizeof(u32));
    for (u32 i = 0; i < draft->count; i++) {
        u32 first = first_of(overlay, draft->child[i]), last = last_of(overlay, draft->child[i]);
        node->first = first < node->first ? first : node->first;
        node->last = last > node->last ? last : node->last;
    }
    *diagram = (u32)overlay->used;
    overlay->used += words;
    return 0;
}

/* Finishes the draft of LEVEL: *DIAGRAM becomes the diagram it describes. */
static int finish(struct overlay *overlay, u32 level, u32 *diagram)
{
    const struct draft *draft = &overlay->drafts[level];

    if (draft->count == 1) {
        *diagram = draft->child[0];
        return 0;
    }
    u32 hash = draft_hash(draft, level);
    int error = known_reserve(overlay);
    if (error)
        return error;
    size_t at = hash & (overlay->known_size - 1);
    for (; overlay->known[at]; at = (at + 1) & (overlay->known_size - 1)) {
        const struct overlay_node *node = node_at(overlay, overlay->known[at] - 1);
        if (node->hash == hash && draft_is(draft, level, node)) {
            *diagram = overlay->known[at] - 1;
            return 0;
        }
    }
    error = append(overlay, draft, level, hash, diagram);
    if (error)
        return error;
    overlay->known[at] = *diagram + 1;
    overlay->known_count++;
    return 0;
}

int overlay_where(struct overlay *overlay, u32 level, const struct class_runs *wants, u32 below,
                  u32 *diagram)
{
    struct draft *draft = &overlay->drafts[level];
    int error = budget_spend(&overlay->budget->steps, wants->count);

    if (error)
        return error;
    draft->count = 0;
    if (!wants->count || wants->runs[0].first)
        draft_add(draft, 0, NOTHING);
    for (size_t i = 0; i < wants->count; i++) {
        draft_add(draft, wants->runs[i].first, below);
        if (wants->runs[i].last + 1 < overlay->classes[level])
            draft_add(draft, wants->runs[i].last + 1, NOTHING);
    }
    return finish(overlay, level, diagram);
}

static int join_nodes(struct overlay *overlay, u32 a, u32 b, u32 *diagram);

/* The cache has as many places as there are nodes, so that most pairs are remembered. */
static int joined_reserve(struct overlay *overlay)
{
    size_t size = overlay->joined_size ? overlay->joined_size : JOINED_SIZE_MIN;

    while (size < overlay->known_count && size < JOINED_SIZE_MAX)
        size *= 2;
    if (size == overlay->joined_size)
        return 0;
    free(overlay->joined);
    overlay->joined = calloc(size, sizeof(*overlay->joined));
    overlay->joined_size = overlay->joined ? size : 0;
    return overlay->joined ? 0 : -ENOMEM;
}

int overlay_join(struct overlay *overlay, u32 a, u32 b, u32 *diagram)
{
    if (a == b || last_of(overlay, a) <= first_of(overlay, b)) {
        *diagram = a;
        return 0;
    }
    if (last_of(overlay, b) <= first_of(overlay, a)) {
        *diagram = b;
        return 0;
    }
    if (a > b) {
        u32 larger = a;
        a = b;
        b = larger;
    }
    int error = joined_reserve(overlay);
    if (error)
        return error;
    struct joined *joined = &overlay->joined[hash_two(a, b) & (overlay->joined_size - 1)];
    if (joined->a == a && joined->b == b) {
        *diagram = joined->result;
        return 0;
    }
    error = join_nodes(overlay, a, b, diagram);
    if (error)
        return error;
    /* The cache may have been reallocated meanwhile. */
    joined = &overlay->joined[hash_two(a, b) & (overlay->joined_size - 1)];
    *joined = (struct joined){a, b, *diagram};
    return 0;
}

/* A position in a diagram that is walked class by class at one level. */
struct cursor {
    u32 diagram;
    u32 at;    /* the run */
    bool asks; /* false: it does not test this level, and every class leads to itself */
};

static u32 cursor_child(const struct overlay *overlay, const struct cursor *cursor)
{
    const struct overlay_node *node;

    if (!cursor->asks)
        return cursor->diagram;
    node = node_at(overlay, cursor->diagram);
    return node->runs[node->count + cursor->at];
}

/* Returns the first class of the next run. */
static u32 cursor_end(const struct overlay *overlay, const struct cursor *cursor, u32 end)
{
    const struct overlay_node *node;

    if (!cursor->asks)
        return end;
    node = node_at(overlay, cursor->diagram);
    return cursor->at + 1 < node->count ? node->runs[cursor->at + 1] : end;
}

static int join_nodes(struct overlay *overlay, u32 a, u32 b, u32 *diagram)
{
    u32 level_a = level_of(overlay, a), level_b = level_of(overlay, b);
    u32 level = level_a < level_b ? level_a : level_b, end = overlay->classes[level];
    struct cursor before = {a, 0, level_a == level}, after = {b, 0, level_b == level};
    struct draft *draft = &overlay->drafts[level];
    u64 steps = 0;

    draft->count = 0;
    for (u32 class_id = 0; class_id < end; steps++) {
        u32 child;
        int error = overlay_join(overlay, cursor_child(overlay, &before),
                                 cursor_child(overlay, &after), &child);
        if (error)
            return error;
        draft_add(draft, class_id, child);
        u32 end_a = cursor_end(overlay, &before, end), end_b = cursor_end(overlay, &after, end);
        class_id = end_a < end_b ? end_a : end_b;
        before.at += end_a == class_id;
        after.at += end_b == class_id;
    }
    int error = budget_spend(&overlay->budget->steps, steps);
    return error ? error : finish(overlay, level, diagram);
}
