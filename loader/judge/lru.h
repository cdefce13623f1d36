/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table from keys to values of fixed sizes that holds no more than so many: when it is full, what
 * was looked at longest ago makes room. As the kernel's LRU hash, but exact.
 */
#ifndef EDGEXDP_LRU_H
#define EDGEXDP_LRU_H

#include <edgexdp/types.h>

struct lru;

/* Keys are compared by all of their bytes; both sizes are multiples of 8. Nothing is taken before
 * it is needed. Returns NULL when memory is short. */
struct lru *lru_new(u32 key_bytes, u32 value_bytes, u32 most);
void lru_free(struct lru *lru);
void lru_clear(struct lru *lru);

/* The value of KEY, or NULL; it is the youngest now. Good until the next lru_add(). */
void *lru_find(struct lru *lru, const void *key);

/* Makes KEY have a copy of VALUE and be the youngest. Returns the copy; NULL when memory is short.
 */
void *lru_add(struct lru *lru, const void *key, const void *value);

u32 lru_count(const struct lru *lru);

/* Calls VISIT for all, from the oldest to the youngest. */
void lru_each(const struct lru *lru, void (*visit)(const void *key, void *value, void *context),
              void *context);

#endif
