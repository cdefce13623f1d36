/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who and what was dropped most. Pure. */
#ifndef EDGEXDP_REPLAY_TALLY_H
#define EDGEXDP_REPLAY_TALLY_H

#include <edgexdp/abi.h>

/* Exact up to so many keys; of more, those that did not come for longest are forgotten. */
#define TALLY_KEYS_MAX (1u << 20)

/* A source (of the rest, only its family is set), or what packets were sent to (all but the
 * address). Bytes that are not set are 0. */
struct tally_key {
    u8 address[16];
    u8 family;
    u8 direction;
    u8 protocol;
    u8 fragment; /* a later one: it has no port */
    u16 port;    /* ICMP: the type; 0 where the protocol has neither */
    u16 reserved;
};
ASSERT_SIZE(struct tally_key, 24);

struct tally_row {
    struct tally_key key;
    u64 packets;
    u64 bytes;
};

struct tally;

/* Returns NULL when memory is short. */
struct tally *tally_new(void);
void tally_free(struct tally *tally);

/* Returns 0 or -ENOMEM. */
int tally_add(struct tally *tally, const struct tally_key *key, u64 bytes);

/* The MOST rows with the most packets, sorted; *rows is for the caller to free. Returns 0 or
 * -ENOMEM. */
int tally_top(const struct tally *tally, size_t most, struct tally_row **rows, size_t *count);

/* The keys of a packet that an event tells of; false if it has none. */
bool tally_source(const struct event *event, struct tally_key *key);
bool tally_target(const struct event *event, struct tally_key *key);

#endif
