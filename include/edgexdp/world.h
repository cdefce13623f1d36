/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel side and user space do differently: where flows live, what time it is. The
 * includer supplies these functions.
 */
#ifndef EDGEXDP_WORLD_H
#define EDGEXDP_WORLD_H

#include "tuple.h"

#define OF_BLOCKS (~0u)

/* What a judgement needs besides the frame. */
struct world {
    struct tables tables;
    void *state; /* the includer's */
    u32 packets; /* how many the packet is: with GSO, its segments; 0: it is only asked about */
    u32 block;   /* the number of the one that drops it, or 0; OF_BLOCKS: `tables` are an image of
                    blocks, whose limits have a table of their own */
};

/* CLOCK_MONOTONIC; a tick of the kernel is exact enough. */
static u64 world_now_ns(const struct world *world);
/* The same, as exact as the policy's limits want it. */
static u64 world_limit_ns(const struct world *world);

/* By how much that may be late, in units of time: see limit_most(). Blocks want it exact. */
INLINE u64 world_limit_lag(const struct world *world)
{
    return world->block == OF_BLOCKS ? 0 : world->tables.header->seated.limit_lag;
}

/* The first rule that matches PACKET, as a leaf; with MIRROR, its mirror image, which is only
 * spoken of (see tables_walk_own()). */
static u32 world_rule(struct world *world, enum direction direction, const struct packet *packet,
                      bool mirror);
/* The same for a packet that is only spoken of, always in a function of its own because it is
 * rare. */
static u32 world_rule_apart(struct world *world, enum direction direction,
                            const struct packet *packet, bool mirror);
/* The same for a later fragment, of the rules that name them; this is rare too. */
static u32 world_rule_later(struct world *world, enum direction direction,
                            const struct packet *packet);
/* quoted_parse() of what PACKET, an ICMP error, quotes. */
static bool world_quoted(struct world *world, const struct packet *packet, struct packet *quoted);
/* The entry in `fragments`, or NULL. */
static struct fragment *world_fragment(struct world *world, const struct fragment_key *key);
static void world_fragment_add(struct world *world, const struct fragment_key *key,
                               const struct fragment *fragment);
/* The entry in `replies`, or NULL. Its fields may be written in place. */
static struct reply *world_reply(struct world *world, const struct flow_key *key);
static void world_reply_add(struct world *world, const struct flow_key *key,
                            const struct reply *reply);
/* Is the far end of PACKET, which travels in DIRECTION, banned? */
static bool world_banned(struct world *world, enum direction direction,
                         const struct packet *packet);
/* The number of the block that drops PACKET, which travels in DIRECTION; 0: none does. */
static u32 world_blocked(struct world *world, enum direction direction,
                         const struct packet *packet);
/* Could incoming PACKET answer a flow? Returns false only if there is no such flow. */
static bool world_expects(const struct world *world, const struct packet *packet);
/* limits_admit(), then condemn_look() if limits say so, or the same in functions of their own. */
static bool world_admits(struct world *world, const struct packet *packet, u32 rule);
/* The line of the table of limits that LIMIT and HASH choose, or NULL. */
static struct limit_line *world_limit_line(struct world *world, const struct tables_limit *limit,
                                           u64 hash);
/* limits_ask(), or the same in a function of its own. */
static u32 world_limits_ask(struct world *world, const struct packet *packet, u32 at, bool takes);
/* Is PACKET, a bare SYN to this host which RULE accepts and protects from, answered with a SYN
 * cookie, instead of by the stack? */
static bool world_answers(struct world *world, const struct packet *packet, u32 rule);
/* The entry in `flows`, or NULL. Its fields may be written in place. */
static struct flow *world_flow(struct world *world, const struct flow_key *key);
/* Who opened the connection of PACKET, an outgoing TCP packet that is not a bare SYN? */
static enum opener world_opener(struct world *world, const struct packet *packet);
/* Does incoming PACKET, of TCP, belong to a connection that this host has, or that the kernel
 * tracks if that counts? Or does it answer a SYN cookie of the kernel? */
static bool world_has_connection(struct world *world, const struct packet *packet);
/* Makes an entry; when the table is full, the one that was idle longest is removed. */
static void world_flow_add(struct world *world, const struct flow_key *key,
                           const struct flow *flow);

#endif
