/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address sets, each content kept once. */
#ifndef EDGEXDP_POOL_H
#define EDGEXDP_POOL_H

#include "policy.h"

struct pool;

/* Returns NULL when memory is short. */
struct pool *pool_new(void);
void pool_free(struct pool *pool);

/* Finds or makes the set that holds FAMILIES (sorted, disjoint, not adjacent), whose memory is the
 * pool's from now on, on failure too. LABEL, which is copied, is for a new set. Returns 0 and the
 * set's *number, or -ENOMEM. */
int pool_intern(struct pool *pool, struct address_ranges families[2], const char *label,
                size_t *number);

/* The set of NUMBER; good until the pool is freed, and beyond if pool_release() hands it on. */
struct address_set *pool_at(const struct pool *pool, size_t number);

/* Somebody points to the set of NUMBER. */
void pool_use(struct pool *pool, size_t number);

/* Calls the set of NUMBER by LABEL, which is copied. Returns 0 or -ENOMEM. */
int pool_rename(struct pool *pool, size_t number, const char *label);

/* Hands the used sets on to the caller, who frees each with address_set_free() and the array with
 * free(). Returns 0 or -ENOMEM. */
int pool_release(struct pool *pool, struct address_set ***sets, size_t *count);

void address_set_free(struct address_set *set);

#endif
