/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fixed-width names and byte order, the same for the kernel side and for user space. */
#ifndef EDGEXDP_TYPES_H
#define EDGEXDP_TYPES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define from_be16(x) __builtin_bswap16(x)
#define from_be32(x) __builtin_bswap32(x)
#define from_be64(x) __builtin_bswap64(x)
#else
#define from_be16(x) (x)
#define from_be32(x) (x)
#define from_be64(x) (x)
#endif
#define to_be16(x) from_be16(x)
#define to_be32(x) from_be32(x)
#define to_be64(x) from_be64(x)

#define INLINE static inline __attribute__((always_inline))

/* Makes the compiler forget what it knows about X. This keeps it from turning arithmetic into a
 * branch: a mispredicted branch costs more than a whole search, and each branch doubles what the
 * verifier has to walk. */
#define OPAQUE(x) __asm__ volatile("" : "+r"(x))

/* The verifier knows a non-static function only by its prototype: it walks it once, not once for
 * every path that leads to it, and knows nothing about what it returns or writes. Use this for code
 * that is long, and rare or slow anyway: a call costs 1 to 2 ns. */
#define WALKED_ONCE __attribute__((noinline))

/* Structs shared by both sides are laid out by hand: one that grows unnoticed breaks pinned
 * state. */
#define ASSERT_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " is shared")

#endif
