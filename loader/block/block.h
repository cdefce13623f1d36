/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks as data: what matches one of their patterns is dropped, or limited, whatever policy is in
 * force. The blocks of one origin become one image (blocks_compile()), which takes the place of the
 * one before as a whole (guard_set_blocks() in kernel/kernel.h); it also holds the blocks as they
 * were written, so that they can be read back from it (blocks_of_image()).
 *
 * So whoever changes blocks reads those in force, edits the list, compiles it, and swaps: thousands
 * of changes are one swap. apply_blocks() in apply/block.h does so for the commands; it also asks
 * the lockout guard, and begins anew if somebody else was faster.
 */
#ifndef EDGEXDP_BLOCK_LIST_H
#define EDGEXDP_BLOCK_LIST_H

#include "../compile/image.h"
#include "../policy/host.h"

/* Names have up to 63 letters, digits, "-", "_" and ".", and do not begin with ".". */
struct block {
    char name[RULE_NAME_BYTES]; /* unique in its origin */
    char *patterns; /* lines of [rules] without name and action. There may be several, each on a
                     * line of its own: what matches any of them matches the block */
    char *limit;  /* as in a rule, of which one is allowed, that bans nobody: what is below the rate
                   * goes on to the rules. NULL: the block drops everything */
    u64 since_ns; /* CLOCK_MONOTONIC */
    u64 expires_ns; /* CLOCK_MONOTONIC; BLOCK_FOREVER: never */
    u32 number;     /* of its counter, and in outcomes. 0: it has none yet */
    bool fresh;     /* it is not in force as it stands here */
};

/* The blocks of one origin, in their order: the first that matches a packet decides, and no other
 * counts it. */
struct blocks {
    struct block *list;
    size_t count, capacity;
};

/* Append a copy of BLOCK. Returns 0 or -ENOMEM. */
int blocks_add(struct blocks *blocks, const struct block *block);
void blocks_clear(struct blocks *blocks);

/* Returns NULL if there is none of that NAME. */
struct block *blocks_find(const struct blocks *blocks, const char *name);

/* The name of the one of BLOCKS, which are struct blocks, that has NUMBER: a rule_namer. */
const char *blocks_name(const void *blocks, u32 number);

/* Remove those that FAILS, keeping the order of the others. Returns how many there were. */
size_t blocks_remove(struct blocks *blocks,
                     bool (*fails)(const struct block *block, const void *context),
                     const void *context);

/* Put blocks of no particular order in one that blocks_compile() takes: those that drop come first,
 * and of these, as of the others, those that last longest. So a packet that several blocks match is
 * dropped if one of them drops. */
void blocks_sort(struct blocks *blocks);

/* Check the name, the patterns and the limit of one BLOCK, read for HOST (NULL: an unknown one).
 * Returns 0, -EINVAL with DIAG (places are those in the pattern), or -ENOMEM. */
int block_check(const struct block *block, const struct host *host, struct diag *diag);

/* Read PATTERN as the only rule of *policy, which is set only on success; free it with
 * policy_free(). What a rule says of what becomes of a packet is no part of it. Returns 0, -EINVAL
 * with DIAG, or -ENOMEM. */
int block_read_pattern(const char *pattern, struct policy **policy, struct diag *diag);

/* Compile BLOCKS, all of which have numbers, for HOST. The order must be such that of those that
 * drop, as of those with a limit, none expires later than one before it. A pattern that names no
 * port, type or flag, and says nothing of fragments, is about later fragments too. *image is set
 * only on success; free it with image_free(). Returns 0, -EINVAL or -E2BIG with DIAG, or -ENOMEM.
 */
int blocks_compile_list(const struct blocks *blocks, const struct host *host, struct image **image,
                        struct diag *diag);

/* Give numbers to those that have none, from NEXT on. */
void blocks_number(struct blocks *blocks, u32 next);

/* Append the blocks that IMAGE was made of, as they were, to *blocks. NULL has none. Returns 0,
 * -EPROTO or -ENOMEM. */
int blocks_of_image(const struct tables_header *image, struct blocks *blocks);

#endif
