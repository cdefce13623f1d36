/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of one import, freed all at once. It is bounded, and the first failure is remembered:
 * whoever asks gets memory that nobody reads again, and whoever started the import asks once, at
 * the end, whether all went well.
 */
#ifndef EDGEXDP_IMPORT_ARENA_H
#define EDGEXDP_IMPORT_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/* A ruleset that takes more is refused: a million addresses take 40 MiB. */
#define ARENA_BYTES_MAX ((size_t)512 << 20)

struct arena_block;

/* Initialise with zeros. */
struct arena {
    struct arena_block *blocks;
    size_t bytes;
    int error; /* 0, -ENOMEM, or -E2BIG: more than ARENA_BYTES_MAX */
};

void arena_clear(struct arena *arena);

/* Returns SIZE bytes of zeros, aligned for anything, or NULL after a failure. */
void *arena_get(struct arena *arena, size_t size);

/* Returns a copy of TEXT; "" after a failure. */
const char *arena_copy(struct arena *arena, const char *text);

/* Returns what printf() would write; "" after a failure. */
const char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

const char *arena_vprint(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Returns ARRAY with room for one more element than COUNT, moved if need be; NULL after a failure.
 */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity,
                 size_t element_bytes);

#endif
