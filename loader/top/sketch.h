/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys with the most packets, in little memory however many keys there are ("space saving"). If
 * there is no place for a newcomer, it takes over the place with the fewest packets, and their
 * number as its doubt. Pure.
 */
#ifndef EDGEXDP_SKETCH_H
#define EDGEXDP_SKETCH_H

#include <edgexdp/abi.h>
#include <stddef.h>

/* What is counted by: some of these fields, the others are 0. */
struct sketch_key {
    u8 family; /* enum family, of `address` */
    u8 bits;   /* of a prefix */
    u8 protocol;
    u8 what;
    u32 number;
    u8 address[16]; /* IPv4 in the first four bytes */
};
ASSERT_SIZE(struct sketch_key, 24);

/* What is counted. Fractions arise as counts age. */
struct figures {
    double packets;
    double bytes;
    double opened;   /* TCP connections that were begun: SYNs without ACK */
    double dropped;  /* packets */
    double admitted; /* packets that a rule accepted on the way in, without any request for them */
};

struct sketch_entry {
    struct sketch_key key;
    struct figures figures; /* since it got its place: surely its own */
    double doubt;           /* packets before that: at most so many of them are its own, too */
    u8 members[32];         /* a bit for each member of 256 that was seen */
    u32 next;               /* of the same bucket; see sketch.c */
    u32 place;              /* in the heap */
};

struct sketch;

/* Room for CAPACITY keys, at least 1. SEED, which nobody can guess, decides where keys are kept.
 * NULL when memory is short. */
struct sketch *sketch_new(size_t capacity, u64 seed);
void sketch_free(struct sketch *sketch); /* NULL is none */

/* Count FIGURES for KEY, and MEMBER (0 to 255) as one of its members. Returns its place, below
 * CAPACITY, which is its own until another key takes it over. */
size_t sketch_add(struct sketch *sketch, const struct sketch_key *key,
                  const struct figures *figures, unsigned int member);

/* Multiply everything by FACTOR (0 to 1): what is older counts less. */
void sketch_age(struct sketch *sketch, double factor);

/* Gets the entries by their packets, most first, in memory that belongs to SKETCH and is valid
 * until the next sketch_add(). Returns how many there are. */
size_t sketch_sorted(struct sketch *sketch, const struct sketch_entry *const **entries);

/* The place of an entry from sketch_sorted(). */
size_t sketch_place(const struct sketch *sketch, const struct sketch_entry *entry);

/* How many different members of ENTRY were seen. */
unsigned int sketch_members(const struct sketch_entry *entry);

/* Adds MORE to FIGURES. */
void figures_add(struct figures *figures, const struct figures *more);
void figures_scale(struct figures *figures, double factor);

#endif
