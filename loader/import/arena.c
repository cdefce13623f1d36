/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arena.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10)

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(max_align_t) char bytes[];
};

void arena_clear(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    struct arena_block *block;

    if (size < BLOCK_BYTES)
        size = BLOCK_BYTES;
    if (size > ARENA_BYTES_MAX - arena->bytes) {
        arena->error = -E2BIG;
        return NULL;
    }
    block = calloc(1, sizeof(*block) + size);
    if (!block) {
        arena->error = -ENOMEM;
        return NULL;
    }
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->bytes += size;
    return block;
}

void *arena_get(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;

    if (arena->error)
        return NULL;
    if (size > ARENA_BYTES_MAX) {
        arena->error = -E2BIG;
        return NULL;
    }
    size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    if (!block || block->size - block->used < size)
        block = add_block(arena, size);
    if (!block)
        return NULL;
    block->used += size;
    return block->bytes + block->used - size;
}

const char *arena_copy(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_get(arena, size);

    return copy ? memcpy(copy, text, size) : "";
}

const char *arena_vprint(struct arena *arena, const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0) {
        arena->error = arena->error ? arena->error : -ENOMEM;
        return "";
    }
    const char *copy = arena_copy(arena, text);
    free(text);
    return copy;
}

const char *arena_print(struct arena *arena, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *text = arena_vprint(arena, format, arguments);
    va_end(arguments);
    return text;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity,
                 size_t element_bytes)
{
    size_t wanted = *capacity ? *capacity * 2 : 8;
    void *grown;

    if (count < *capacity)
        return array;
    if (wanted > ARENA_BYTES_MAX / element_bytes) {
        arena->error = -E2BIG;
        return NULL;
    }
    grown = arena_get(arena, wanted * element_bytes);
    if (!grown)
        return NULL;
    if (count)
        memcpy(grown, array, count * element_bytes);
    *capacity = wanted;
    return grown;
}
