/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of bounded size from keys to values, both of fixed sizes. When it is full, a new entry
 * replaces the one that was used longest ago. Like the kernel's LRU hash, but exact.
 */
#ifndef EDGEXDP_LRU_H
#define EDGEXDP_LRU_H

#include <edgexdp/types.h>

struct lru;

/* All bytes of a key are compared; both sizes are multiples of 8. Memory is allocated only when it
 * is needed. Returns NULL when memory is short. */
struct lru *lru_new(u32 key_bytes, u32 value_bytes, u32 most);
void lru_free(struct lru *lru);
void lru_clear(struct lru *lru);

/* Returns the value of KEY, or NULL, and makes it the youngest. The pointer is valid until the next
 * lru_add(). */
void *lru_find(struct lru *lru, const void *key);

/* Stores a copy of VALUE under KEY and makes it the youngest. Returns the copy, or NULL when memory
 * is short. */
void *lru_add(struct lru *lru, const void *key, const void *value);

u32 lru_count(const struct lru *lru);

/* Calls VISIT for every entry, from the oldest to the youngest. */
void lru_each(const struct lru *lru, void (*visit)(const void *key, void *value, void *context),
              void *context);

#endif
