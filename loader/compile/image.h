/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compiled policy: the block of tables that the kernel side reads (edgexdp/tables.h), and what
 * the loader wants to know about it.
 */
#ifndef EDGEXDP_IMAGE_H
#define EDGEXDP_IMAGE_H

#include <edgexdp/tables.h>

#include "../policy/archive.h"
#include "../policy/policy.h"

/* One direction of one rule: what a rule number stands for. */
struct entry {
    u32 rule; /* index into policy->rules */
    enum direction direction;
    bool reachable; /* some packet is decided by this entry */
};

/* An interface's name for an entry: see struct rule_entry. */
struct rule_number {
    u32 number;
    u32 identity;
};

/* The rule number of entry number AT. Without NUMBERS it is AT itself. */
static inline u32 entry_number(const struct rule_number *numbers, size_t at)
{
    return numbers ? numbers[at].number : (u32)at;
}

struct image {
    struct tables_header *header; /* the block begins here; header->words long, 128-byte aligned */
    struct entry *entries;        /* in file order, inbound before outbound */
    size_t entry_count;
    u32 diagrams, diagrams_end; /* the part of the block where rules are named */
};

/* What a policy may cost. Steps are counted, not timed, so that every machine refuses the same
 * policies. The default takes two or three seconds. */
struct bounds {
    size_t bytes;      /* of the block */
    u64 steps;         /* to make it */
    size_t work_bytes; /* of memory needed to make it, besides the block */
};

#define BOUNDS_DEFAULT                                                                             \
    ((struct bounds){.bytes = 256u << 20, .steps = 100000000, .work_bytes = 256u << 20})

/* List the entries of POLICY; the caller frees *entries. Returns 0 or -ENOMEM. */
int policy_entries(const struct policy *policy, struct entry **entries, size_t *count);

/* Compile POLICY: entry N is rule number N. *image is set only on success; free it with
 * image_free(). Returns 0, -E2BIG when it takes more than BOUNDS (DIAG says what costs most),
 * or -ENOMEM. */
int policy_compile(const struct policy *policy, const struct bounds *bounds, struct image **image,
                   struct diag *diag);

/* Make the image that an interface uses from IMAGE, which was compiled from POLICY: its entries get
 * NUMBERS, in their order; mode and path are those that POLICY has now. This costs little more than
 * a copy, so it can be done under a lock that must not be held for as long as compiling takes. The
 * caller frees *numbered. Returns 0 or -ENOMEM. */
int image_number(const struct image *image, const struct policy *policy,
                 const struct rule_number *numbers, struct image **numbered);

/* Store ARCHIVE in IMAGE, after what packets need. Returns 0, -E2BIG or -ENOMEM. */
int image_keep(struct image *image, const struct archive *archive);

/* Make the generation that accepts everything and counts it as `unguarded`; a first attach falls
 * back to it. Returns 0 or -ENOMEM. */
int image_unguarded(struct image **image);

void image_free(struct image *image);

#endif
