/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who opened what to whom, of what was dropped by default, in a table that a flood of forged
 * sources can neither fill nor slow down: a talk's hash picks its line, and there it takes a free
 * place or that of the talk with the fewest packets. Newcomers compete for that one place, and
 * talks with more packets stay. Pure.
 */
#ifndef EDGEXDP_TALKS_H
#define EDGEXDP_TALKS_H

#include <edgexdp/abi.h>

/* Initialise with zeros: all bytes are compared. */
struct talk_key {
    u8 opener[16]; /* IPv4 in the first four bytes */
    u8 target[16];
    u16 port; /* of the target; ICMP: type << 8 | code; 0 if the protocol has neither */
    u8 protocol;
    u8 family;
    u8 direction; /* of what the opener sends */
    u8 reserved[3];
};
ASSERT_SIZE(struct talk_key, 40);

/* Why a talk is not suggested. */
enum talk_part { TALK_SUGGESTED, TALK_SCAN, TALK_REFUSED };

struct talk {
    struct talk_key key;
    u64 packets; /* of the opener that were dropped by default; 0: the place is free */
    u64 bytes;
    u64 opened;  /* TCP: of these packets, those that begin a connection */
    u8 answered; /* the target said something, whatever became of it */
    u8 refused;  /* it said so by a TCP reset */
    u8 part;     /* enum talk_part: see scans.h */
};

struct talks;

/* LINES, a power of two, is the room; SEED is secret, so that nobody can aim at the line of
 * another's talk. Returns NULL when memory is short. */
#define TALKS_IN_LINE   8u
#define TALKS_LINES_MAX 16384u
struct talks *talks_new(u32 lines, u64 seed);
void talks_free(struct talks *talks);

/* Returns the talk of KEY, or NULL. */
struct talk *talks_find(struct talks *talks, const struct talk_key *key);

/* Returns the talk of KEY, without packets if it is new: the caller counts at least one. What had
 * to make room for it is forgotten. */
struct talk *talks_take(struct talks *talks, const struct talk_key *key);

/* How many talks were forgotten. */
u64 talks_forgotten(const struct talks *talks);

/* Get all talks, in no order, for the caller to free the array. They stay where they are. Returns
 * 0 or -ENOMEM. */
int talks_list(struct talks *talks, struct talk ***list, size_t *count);

#endif
