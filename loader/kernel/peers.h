/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other guarded interfaces, under the exclusive lock, and how they call their rules. */
#ifndef EDGEXDP_PEERS_H
#define EDGEXDP_PEERS_H

#include "guard.h"

struct peers {
    struct guard **list;
    size_t count, capacity;
};

/* Is PEER, whose state is open, one of those that are looked for? */
typedef bool peer_wanted(const struct guard *guard, const struct guard *peer, const void *context);

/* Open all other interfaces of this network namespace that are WANTED; state that cannot be read is
 * left out. The caller clears *peers, also after a failure. Returns 0 or -errno. */
int peers_find(const struct guard *guard, peer_wanted *wanted, const void *context,
               struct peers *peers);
void peers_clear(struct peers *peers);

/* Wanted: those that use the same map of flows. */
bool peer_shares_flows(const struct guard *guard, const struct guard *peer, const void *context);

/* The rules of all peers, which must stay open, to be looked up by name, direction and action. */
struct peer_rules {
    const struct rule_entry **list;
    size_t count;
};

/* Returns 0 or -ENOMEM; the caller clears *rules in any case. */
int peer_rules_list(const struct peers *peers, struct peer_rules *rules);
void peer_rules_clear(struct peer_rules *rules);

/* Returns the identity that a peer has given to a rule like RULE; 0: none has one. */
u32 peer_rules_identity(const struct peer_rules *rules, const struct rule_entry *rule);

/* ---- identities.c ---- */

/* Returns the first identity that no rule of any interface has, nor a flow of theirs. */
u32 identities_next(const struct guard *guard);

/* Note that all below NEXT are given: GUARD, and PEERS who share its flows. */
void identities_give(struct guard *guard, const struct peers *peers, u32 next);

#endif
