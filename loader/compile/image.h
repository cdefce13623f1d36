/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compiled policy: the block of tables that the kernel side reads (edgexdp/tables.h), and what
 * the loader wants to know about it.
 */
#ifndef EDGEXDP_IMAGE_H
#define EDGEXDP_IMAGE_H

#include <edgexdp/tables.h>

#include "../policy/policy.h"

/* One direction of one rule: what a rule number stands for. */
struct entry {
    u32 rule; /* index into policy->rules */
    enum direction direction;
    bool reachable; /* some packet is decided by it */
};

/* What the interface calls an entry: see struct rule_entry. */
struct rule_number {
    u32 number;
    u32 identity;
};

struct image {
    struct tables_header *header; /* the block begins here; header->words long, 128-byte aligned */
    struct entry *entries;        /* in file order, inbound before outbound */
    size_t entry_count;
};

struct limits {
    size_t bytes; /* of the block */
};

#define LIMITS_DEFAULT ((struct limits){.bytes = 256u << 20})

/* The entries of POLICY: *entries is an array for the caller to free. Returns 0 or -ENOMEM. */
int policy_entries(const struct policy *policy, struct entry **entries, size_t *count);

/* Compile POLICY. NUMBERS names each of its entries in order, or NULL: entry N is rule number N.
 * *image is set only on success; free it with image_free(). Returns 0, -E2BIG when the tables would
 * exceed LIMITS (DIAG says what costs most), or -ENOMEM. */
int policy_compile(const struct policy *policy, const struct rule_number *numbers,
                   const struct limits *limits, struct image **image, struct diag *diag);

/* The generation that accepts everything and counts it as `unguarded`: what a first attach falls
 * back to. Returns 0 or -ENOMEM. */
int image_unguarded(struct image **image);

void image_free(struct image *image);

#endif
