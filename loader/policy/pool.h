/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address sets; each content is stored once. */
#ifndef EDGEXDP_POOL_H
#define EDGEXDP_POOL_H

#include "policy.h"

struct pool;

/* Returns NULL when memory is short. */
struct pool *pool_new(void);
void pool_free(struct pool *pool);

/* Finds or makes the set that holds FAMILIES (sorted, disjoint, not adjacent). The pool takes over
 * their memory, also on failure. LABEL is copied, and used only for a new set. Returns 0 and the
 * set's *number, or -ENOMEM. */
int pool_intern(struct pool *pool, struct address_ranges families[2], const char *label,
                size_t *number);

/* Returns the set of NUMBER. It is valid until the pool is freed, or longer if pool_release() hands
 * it over. */
struct address_set *pool_at(const struct pool *pool, size_t number);

/* Marks the set of NUMBER as used. */
void pool_use(struct pool *pool, size_t number);

/* Gives the set of NUMBER the label LABEL, which is copied. Returns 0 or -ENOMEM. */
int pool_rename(struct pool *pool, size_t number, const char *label);

/* Hands the used sets over to the caller, who frees each with address_set_free() and the array with
 * free(). Returns 0 or -ENOMEM. */
int pool_release(struct pool *pool, struct address_set ***sets, size_t *count);

void address_set_free(struct address_set *set);

#endif
