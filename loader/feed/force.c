/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "force.h"

#include "../apply/block.h"
#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/say.h"
#include "sift.h"

#include <errno.h>
#include <string.h>

void force_clear(struct force *force)
{
    blocks_clear(&force->found);
    blocks_clear(&force->fresh);
}

int force_find(struct force *force, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    int error = guard_open(force->interface, GUARD_READ, &guard, why);

    return error ? error : apply_read_blocks(guard, BLOCK_FLOWSPEC, &force->found, why);
}

static bool is_of(const struct block *block, const void *context)
{
    enum family family = *(const enum family *)context;

    return family == FAMILY_NONE ||
           !strncmp(block->patterns, family == FAMILY_IPV4 ? "in ipv4" : "in ipv6", 7);
}

size_t force_forget(struct force *force, enum family family)
{
    return blocks_remove(&force->found, is_of, &family);
}

/* Blocks by name, to be found quickly. */
struct index {
    const struct block **list;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    const struct block *const *one = a, *const *other = b;

    return strcmp((*one)->name, (*other)->name);
}

static int index_make(struct index *index, const struct blocks *blocks)
{
    index->list = calloc(blocks->count + 1, sizeof(const struct block *));
    if (!index->list)
        return -ENOMEM;
    index->count = blocks->count;
    for (size_t i = 0; i < blocks->count; i++)
        index->list[i] = &blocks->list[i];
    qsort(index->list, index->count, sizeof(const struct block *), by_name);
    return 0;
}

static const struct block *index_find(const struct index *index, const struct block *block)
{
    const struct block **found =
        bsearch(&block, index->list, index->count, sizeof(const struct block *), by_name);

    return found ? *found : NULL;
}

static void index_clear(struct index *index)
{
    free(index->list);
}

/* The making of the list that is to be in force. */
struct making {
    struct force *force;
    struct index before;
    struct blocks made;
    u64 now_ns;
};

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* Adds BLOCK, with number and age if it is in force already. */
static int add_block(struct making *making, struct block *block)
{
    const struct block *before = index_find(&making->before, block);
    int error = 0;

    block->since_ns = before ? before->since_ns : making->now_ns;
    block->number = before ? before->number : 0;
    block->fresh = !before || !is_same_text(before->patterns, block->patterns) ||
                   !is_same_text(before->limit, block->limit);
    block->expires_ns = BLOCK_FOREVER;
    error = blocks_add(&making->made, block);
    return error || !block->fresh ? error : blocks_add(&making->force->fresh, block);
}

/* A block drops or limits. What passes without a limit has one that no link can reach. */
#define NO_LIMIT "1000000000/second"

static int add_route(void *context, const struct route *route)
{
    struct making *making = context;
    CLEANUP_FREE char *patterns = NULL;
    char limit[LIMIT_TEXT_BYTES];
    struct block block = {.limit = action_limit(&route->action, limit)};

    if (block.limit && !*block.limit)
        block.limit = strcpy(limit, NO_LIMIT);

    if (!permit_holds(making->force->permit, route->nlri))
        return 0; /* it was permitted once; perhaps it will be again */
    if (!route->patterns->count)
        return 0; /* no packet can match it */
    patterns = patterns_print(route->patterns);
    if (!patterns)
        return -ENOMEM;
    block.patterns = patterns;
    strcpy(block.name, route->name);
    return add_block(making, &block);
}

/* Adds what was found at the start and was not announced since. */
static int add_found(struct making *making)
{
    const struct blocks *found = &making->force->found;
    CLEANUP_FREE bool *announced = calloc(found->count + 1, sizeof(*announced));
    CLEANUP(index_clear) struct index index = {0};
    int error = announced ? index_make(&index, &making->made) : -ENOMEM;

    /* First, since the index points into the list, which moves as it grows. */
    for (size_t i = 0; i < found->count && !error; i++)
        announced[i] = index_find(&index, &found->list[i]);
    for (size_t i = 0; i < found->count && !error; i++) {
        struct block block = found->list[i];
        if (!announced[i] && making->made.count < BLOCKS_MAX)
            error = add_block(making, &block);
    }
    return error;
}

static int edit(struct blocks *blocks, u64 now_ns, void *context, struct why *why)
{
    struct making making = {.force = context, .now_ns = now_ns};
    int error = index_make(&making.before, blocks);

    blocks_clear(&making.force->fresh);
    if (!error)
        error = routes_each(making.force->routes, add_route, &making);
    if (!error)
        error = add_found(&making);
    index_clear(&making.before);
    if (error) {
        blocks_clear(&making.made);
        return why_set(why, error, "out of memory");
    }
    blocks_clear(blocks);
    *blocks = making.made;
    making.force->count = blocks->count;
    return 0;
}

/* Returns whether ERROR is about blocks, not about this machine. */
static bool is_about_blocks(int error)
{
    return error == -EPERM || error == -EINVAL || error == -E2BIG || error == -ENOSPC;
}

struct excluding {
    struct force *force;
    force_refusal *refuse;
    void *context;
};

static bool is_called(const struct block *block, const void *name)
{
    return !strcmp(block->name, name);
}

static void exclude(void *context, const char *name, const char *reason)
{
    const struct excluding *excluding = context;
    struct force *force = excluding->force;

    const char *words = routes_exclude(force->routes, name);

    if (!words)
        blocks_remove(&force->found, is_called, name);
    excluding->refuse(excluding->context, words ? words : name, reason);
}

/* Without one that is at fault by itself, the later half of what is new has to go. */
static void exclude_half(struct excluding *excluding, const char *reason)
{
    const struct blocks *fresh = &excluding->force->fresh;

    for (size_t i = fresh->count / 2; i < fresh->count; i++)
        exclude(excluding, fresh->list[i].name, reason);
}

int force_put(struct force *force, force_refusal *refuse, void *context, struct why *why)
{
    struct excluding excluding = {force, refuse, context};
    const struct block_request request = {
        .interface = force->interface, .origin = BLOCK_FLOWSPEC, .edit = edit, .context = force};
    int error;

    for (;;) {
        struct diag *diag = diag_new();
        struct why mended = {0};
        error = diag ? apply_blocks(&request, diag, &mended, why)
                     : why_set(why, -ENOMEM, "out of memory");
        diag_free(diag);
        if (*mended.text)
            say_warning("%s", mended.text);
        if (!is_about_blocks(error) || !force->fresh.count)
            return error;
        for (size_t i = 0; i < force->fresh.count; i++)
            force->fresh.list[i].number = (u32)i + 1; /* of no counter */
        int found = sift(&force->fresh, force->interface, exclude, &excluding);
        if (found < 0)
            return why_set(why, found, "out of memory");
        if (!found)
            exclude_half(&excluding, why->text);
    }
}

int force_hold(const struct force *force, u64 until_ns, struct why *why)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    const struct tables_header *image = NULL;
    int error = guard_open(force->interface, GUARD_CHANGE, &guard, why);

    if (!error)
        error = guard_blocks(guard, BLOCK_FLOWSPEC, &image, why);
    if (error)
        return error;
    if (force->count && !image)
        return why_set(why, -ENOENT, "the flows on %s are gone", force->interface);
    guard_hold_blocks(guard, BLOCK_FLOWSPEC, until_ns);
    return 0;
}
