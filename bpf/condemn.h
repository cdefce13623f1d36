/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Banning whoever is over a limit that says so, where packets come in. Each step is a function of
 * its own, called from a shallow place: together they would need more stack than there is. A policy
 * without such limits has none of this in its programs.
 */
#ifndef EDGEXDP_BPF_CONDEMN_H
#define EDGEXDP_BPF_CONDEMN_H

#include <edgexdp/condemn.h>

#include "generation.h"
#include "proof.h"

#define CONDEMN_NUMBERS_AT 4u /* where a TCP header has its numbers */

/* Whoever forges a packet may know the ends of a connection, but not the numbers in it. */
WALKED_ONCE u32 condemn_prove(CONTEXT *context, const struct packet *packet)
{
    struct proof_numbers numbers_be;
    struct flow_key key;

    if (!packet || !header.switches.bans ||
        LOAD_BYTES(context, packet->transport + CONDEMN_NUMBERS_AT, &numbers_be,
                   sizeof(numbers_be)) ||
        !flow_key_of(packet, DIRECTION_IN, &key))
        return PROOF_NONE;
    return proof_of_segment(context, &key, &numbers_be);
}

static enum proof world_proves(struct world *world, const struct packet *packet)
{
    return (enum proof)condemn_prove(world->state, packet);
}

WALKED_ONCE u32 condemn_decide_apart(const struct packet *packet, u32 at, u32 proof, u32 packets)
{
    struct world mine = {.packets = packets};

    if (!packet || !header.switches.bans || !tables_init(&mine.tables))
        return false;
    return condemn_decide(&mine, packet, at, (enum proof)proof);
}

static bool world_condemns(struct world *world, const struct packet *packet, u32 at,
                           enum proof proof)
{
    return condemn_decide_apart(packet, at, proof, world->packets);
}

/* No ban ends earlier because another was made at the same time. */
INLINE void condemn_until(u64 until_ns)
{
    for (u32 tries = 0; tries < 8; tries++) {
        u64 seen = *(volatile u64 *)&banning.limits_until_ns;
        if (seen >= until_ns ||
            __sync_val_compare_and_swap(&banning.limits_until_ns, seen, until_ns) == seen)
            return;
    }
}

WALKED_ONCE u32 condemn_source(const struct packet *packet, u32 rule, u32 at)
{
    struct tables mine;
    struct limit_ban_key key;
    u64 now_ns = bpf_ktime_get_ns();

    if (!packet || !header.switches.bans || !tables_init(&mine))
        return false;
    const struct tables_limit *limit = tables_limit(&mine, at);
    if (!limit)
        return false;
    struct limit_ban ban = condemn_entry(limit, packet, rule, now_ns, &key);
    if (bpf_map_update_elem(&limit_bans, &key, &ban, BPF_ANY))
        return false;
    condemn_until(ban.expires_ns);
    return true;
}

static void world_ban(struct world *world, const struct packet *packet, u32 rule, u32 at)
{
    condemn_source(packet, rule, at);
}

WALKED_ONCE u32 condemn_look_apart(CONTEXT *context, const struct packet *packet, u32 rule,
                                   u32 said, u32 packets)
{
    struct world mine = {.state = context, .packets = packets};

    if (!packet || !header.switches.bans || !tables_init(&mine.tables))
        return false;
    condemn_look(&mine, packet, rule, said);
    return true;
}

static void generation_look(struct world *world, const struct packet *packet, u32 rule, u32 said)
{
    condemn_look_apart(world->state, packet, rule, said, world->packets);
}

#endif
