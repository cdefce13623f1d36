/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ownership made visible: what a scope frees automatically, and what it passes on. */
#ifndef EDGEXDP_MEMORY_H
#define EDGEXDP_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void free_pointer(void *pointer)
{
    free(*(void **)pointer);
}

#define CLEANUP_FREE CLEANUP(free_pointer)

static inline void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

#define CLEANUP_CLOSE CLEANUP(close_descriptor)

/* The value of DESCRIPTOR, which becomes -1 because ownership has passed on. */
#define TAKE_FD(descriptor)                                                                        \
    ({                                                                                             \
        int taken_fd_ = (descriptor);                                                              \
        (descriptor) = -1;                                                                         \
        taken_fd_;                                                                                 \
    })

/* The value of POINTER, which becomes NULL because ownership has passed on. */
#define TAKE_PTR(pointer)                                                                          \
    ({                                                                                             \
        __typeof__(pointer) taken_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        taken_;                                                                                    \
    })

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* ARRAY with room for at least one more element than COUNT; *capacity is set to the room. Returns
 * NULL when memory is short: ARRAY is then unchanged and still belongs to the caller. */
static inline void *array_grow(void *array, size_t count, size_t *capacity, size_t element_bytes)
{
    size_t wanted;
    void *grown;

    if (count < *capacity)
        return array;
    wanted = *capacity ? *capacity * 2 : 8;
    if (wanted > SIZE_MAX / element_bytes)
        return NULL;
    grown = realloc(array, wanted * element_bytes);
    if (grown)
        *capacity = wanted;
    return grown;
}

#endif
