/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts which sources and targets had the most drops. Pure. */
#ifndef EDGEXDP_REPLAY_TALLY_H
#define EDGEXDP_REPLAY_TALLY_H

#include <edgexdp/abi.h>

/* Up to this number of keys, counts are exact; beyond it, keys that have not been seen for longest
 * are forgotten. */
#define TALLY_KEYS_MAX (1u << 20)

/* A source (only its address, family and direction are set), or a target (everything except the
 * address). Unset bytes are 0. */
struct tally_key {
    u8 address[16];
    u8 family;
    u8 direction;
    u8 protocol;
    u8 fragment; /* a later fragment: it has no port */
    u16 port;    /* the type for ICMP; 0 if the protocol has neither */
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

/* Return the MOST rows with the most packets, sorted; the caller frees *rows. Returns 0 or
 * -ENOMEM. */
int tally_top(const struct tally *tally, size_t most, struct tally_row **rows, size_t *count);

/* Get the key of the packet in EVENT. Both return false if it has none. */
bool tally_source(const struct event *event, struct tally_key *key);
bool tally_target(const struct event *event, struct tally_key *key);

#endif
