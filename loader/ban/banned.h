/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bans as plain data and as text: what is banned, and until when. */
#ifndef EDGEXDP_BANNED_H
#define EDGEXDP_BANNED_H

#include "../policy/address.h"

/* An address or a prefix. */
struct banned {
    enum family family;
    u32 bits;       /* the length of the prefix; all bits for an address */
    u8 address[16]; /* network order; IPv4 in the first four bytes */
    u64 since_ns;   /* by CLOCK_MONOTONIC, as is expires_ns */
    u64 expires_ns; /* or BAN_FOREVER */
    bool by_limit;  /* of the rule with this number: */
    u32 rule;
};

struct bans {
    struct banned *list;
    size_t count;
    size_t capacity;
};

/* Read an address, or a prefix without host bits, and leave the times unchanged. Returns 0, or
 * -EINVAL with FAULT. */
int banned_read(struct piece text, struct banned *banned, struct fault *fault);

/* Returns TEXT. */
char *banned_print(const struct banned *banned, char text[RANGE_TEXT_BYTES]);

static inline bool banned_is_prefix(const struct banned *banned)
{
    return banned->bits < address_bits(banned->family);
}

/* Returns whether all of INNER is within OUTER. Everything is within itself. */
bool banned_covers(const struct banned *outer, const struct banned *inner);

/* For qsort(): by family and address; a prefix precedes what is within it. */
int banned_compare(const void *one, const void *other);

/* Returns 0 or -ENOMEM. */
int bans_add(struct bans *bans, const struct banned *banned);
void bans_clear(struct bans *bans);

/* Finds BANNED in BANS, which must be sorted. Returns NULL if it is not there. */
const struct banned *bans_find(const struct bans *bans, const struct banned *banned);

/* Sort in the order of banned_compare() and keep each address or prefix once, with its latest
 * expiry. */
void bans_sort(struct bans *bans);

/* Sort by expiry, soonest first; bans without an expiry come last. */
void bans_sort_by_end(struct bans *bans);

#endif
