/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "block.h"

static void block_clear(struct block *block)
{
    free(block->patterns);
    free(block->limit);
}

int blocks_add(struct blocks *blocks, const struct block *block)
{
    struct block copy = *block;
    void *grown = array_grow(blocks->list, blocks->count, &blocks->capacity, sizeof(*blocks->list));

    if (!grown)
        return -ENOMEM;
    blocks->list = grown;
    copy.patterns = strdup(block->patterns);
    copy.limit = block->limit ? strdup(block->limit) : NULL;
    if (copy.patterns && (copy.limit || !block->limit)) {
        blocks->list[blocks->count++] = copy;
        return 0;
    }
    block_clear(&copy);
    return -ENOMEM;
}

void blocks_clear(struct blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++)
        block_clear(&blocks->list[i]);
    free(blocks->list);
    *blocks = (struct blocks){0};
}

const char *blocks_name(const void *blocks, u32 number)
{
    const struct blocks *all = blocks;

    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].number == number)
            return all->list[i].name;
    return "?";
}

struct block *blocks_find(const struct blocks *blocks, const char *name)
{
    for (size_t i = 0; i < blocks->count; i++)
        if (!strcmp(blocks->list[i].name, name))
            return &blocks->list[i];
    return NULL;
}

size_t blocks_remove(struct blocks *blocks,
                     bool (*fails)(const struct block *block, const void *context),
                     const void *context)
{
    size_t kept = 0, removed;

    for (size_t i = 0; i < blocks->count; i++) {
        if (fails(&blocks->list[i], context))
            block_clear(&blocks->list[i]);
        else
            blocks->list[kept++] = blocks->list[i];
    }
    removed = blocks->count - kept;
    blocks->count = kept;
    return removed;
}

static int compare(const void *one, const void *other)
{
    const struct block *a = one, *b = other;

    if (!a->limit != !b->limit)
        return a->limit ? 1 : -1;
    if (a->expires_ns != b->expires_ns)
        return a->expires_ns > b->expires_ns ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

void blocks_sort(struct blocks *blocks)
{
    if (blocks->count)
        qsort(blocks->list, blocks->count, sizeof(*blocks->list), compare);
}

void blocks_number(struct blocks *blocks, u32 next)
{
    for (size_t i = 0; i < blocks->count; i++)
        if (!blocks->list[i].number)
            blocks->list[i].number = next++;
}
