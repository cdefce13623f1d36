/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a limit bans. The includer supplies what differs between kernel and user space. */
#ifndef EDGEXDP_CONDEMN_H
#define EDGEXDP_CONDEMN_H

#include "limits.h"

/* Does PACKET, of TCP, belong to an established connection of this host? */
static bool world_proves(struct world *world, const struct packet *packet);
/* condemn_charge(), or the same in a function of its own. */
static bool world_charges_proof(struct world *world, const struct packet *packet, u32 at);
/* Bans the source of PACKET, as limit number AT, of RULE, says. */
static void world_ban(struct world *world, const struct packet *packet, u32 rule, u32 at);

/* Charges PACKET, which proves its source, to what belongs to limit number AT, which bans. Returns
 * false if there is no room for it. */
INLINE bool condemn_charge(struct world *world, const struct packet *packet, u32 at)
{
    const struct tables_limit *limit = tables_limit(&world->tables, at), *proof;
    u64 now_ns = world_exact_ns(world);
    struct limit_charge charge = {};

    proof = limit ? tables_limit(&world->tables, limit->proof) : NULL;
    if (!proof)
        return true;
    if (!limits_ask(world, proof, packet, now_ns, &charge))
        return false;
    return !charge.way || limit_take(proof, now_ns >> LIMIT_UNIT_SHIFT, &charge);
}

/* Bans the source of PACKET, of which the limits of RULE have SAID something, if one of them is to
 * ban it.
 *
 * Anybody can send packets in another's name. Of TCP, only what belongs to an established
 * connection of this host proves its source. So these packets, and no others, are also charged to a
 * limit of their own, of the same rate and half the burst: forged packets may use up the limit of
 * an innocent, but never this one. It is charged only while more than half of the limit itself is
 * used up: whoever keeps to the rate costs nothing. */
INLINE void condemn_look(struct world *world, const struct packet *packet, u32 rule, u32 said)
{
    bool over = !(said & LIMITS_ADMIT), tcp = packet->protocol == IPPROTO_TCP;
    u32 first, count = limits_of(&world->tables, rule, &first);

    if (tcp ? packet_opens_connection(packet) || !world_proves(world, packet) : !over)
        return;
    for (u32 i = 0; i < RULE_LIMITS && i < count; i++)
        if (said & LIMITS_LOOK << i && !(tcp && world_charges_proof(world, packet, first + i)) &&
            over)
            world_ban(world, packet, rule, first + i);
}

#endif
