/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts whom limits held, how much, and when. Pure. */
#ifndef EDGEXDP_REPLAY_LIMITED_H
#define EDGEXDP_REPLAY_LIMITED_H

#include <edgexdp/abi.h>

/* Whom a limit is about: unset bytes are 0. */
struct limited_key {
    u8 address[16];
    u32 rule;   /* its number */
    u16 limit;  /* which of the rule's */
    u16 family; /* FAMILY_NONE: the rule as a whole */
};
ASSERT_SIZE(struct limited_key, 24);

struct limited_sums {
    u64 packets, bytes; /* all that the rule matches */
    u64 limited_packets, limited_bytes;
    u64 first_ns, last_ns; /* the earliest and the latest limited packet */
};

struct limited_row {
    struct limited_key key;
    struct limited_sums sums;
};

struct limited;

/* Whoever was limited is kept apart from all others: of both, the MOST that were seen last are
 * remembered. Returns NULL when memory is short. */
struct limited *limited_new(u32 most);
void limited_free(struct limited *limited);

/* Count a packet of KEY; REFUSED: it was limited. Returns 0 or -ENOMEM. */
int limited_add(struct limited *limited, const struct limited_key *key, u64 bytes, u64 time_ns,
                bool refused);

/* Sum up everything that was counted, and get the number of keys that were ever limited. */
struct limited_sums limited_total(const struct limited *limited);
u64 limited_keys(const struct limited *limited);

/* Return those who were limited, by rule; of each rule the MOST with the most limited packets,
 * sorted. The caller frees *rows. Returns 0 or -ENOMEM. */
int limited_top(const struct limited *limited, size_t most, struct limited_row **rows,
                size_t *count);

/* Returns the one with the most limited packets, whatever its rule; zeros if nobody was limited. */
struct limited_row limited_worst(const struct limited *limited);

#endif
