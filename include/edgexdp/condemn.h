/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a limit bans. The includer supplies what differs between kernel and user space. */
#ifndef EDGEXDP_CONDEMN_H
#define EDGEXDP_CONDEMN_H

#include "ban.h"
#include "limits.h"

/* What a packet of TCP proves about its source. */
enum proof {
    PROOF_NONE,
    PROOF_BEGINS, /* it has just opened a connection to this host */
    PROOF_GOES_ON /* it has an established connection to this host */
};

/* What PACKET, which is no bare SYN, proves. */
static enum proof world_proves(struct world *world, const struct packet *packet);
/* condemn_decide(), or the same in a function of its own. */
static bool world_condemns(struct world *world, const struct packet *packet, u32 at,
                           enum proof proof);
/* Bans the source of PACKET, as limit number AT, of RULE, says. */
static void world_ban(struct world *world, const struct packet *packet, u32 rule, u32 at);

/* What is kept, at KEY, of the source of PACKET, whom LIMIT of RULE bans now. */
INLINE struct limit_ban condemn_entry(const struct tables_limit *limit, const struct packet *packet,
                                      u32 rule, u64 now_ns, struct limit_ban_key *key)
{
    limit_ban_key_of(key, packet->family, packet->source.bytes,
                     limit->bits[packet->family == FAMILY_IPV6]);
    return (struct limit_ban){
        .since_ns = now_ns, .expires_ns = now_ns + limit->ban_ns, .rule = rule};
}

/* Has limit number AT room for PACKET? With TAKES, it is charged if so. */
INLINE bool condemn_ask(struct world *world, const struct packet *packet, u32 at, bool takes,
                        u64 *ahead)
{
    const struct tables_limit *limit = tables_limit(&world->tables, at);
    u64 now_ns = world_limit_ns(world);
    struct limit_charge charge = {};

    *ahead = 0;
    if (!limit)
        return true;
    bool room = limits_have_room(world, limit, packet, now_ns, &charge);
    *ahead = charge.ahead;
    if (room && takes && charge.way)
        room = limit_take(limits_most(world, limit), now_ns >> LIMIT_UNIT_SHIFT, &charge);
    return room;
}

/* Is the source of PACKET, of TCP, to be banned if limit number AT has no room for it?
 *
 * Anybody can send packets in another's name. So packets that prove their source, and no others,
 * are also charged to a limit of their own, of the same rate and half the burst: forged packets may
 * use up the limit of an innocent, but never this one. It is charged only while more than half of
 * the limit itself is used up: whoever keeps to the rate costs nothing.
 *
 * A limit of new connections refuses bare SYNs, which prove nothing. That it did is kept in another
 * limit, behind the first, which has the whole burst here: a connection is charged to it when the
 * client answers our number. Whoever has used up that one, and had a SYN refused, is banned by the
 * next packet of his connections. */
INLINE bool condemn_decide(struct world *world, const struct packet *packet, u32 at,
                           enum proof proof)
{
    const struct tables_limit *limit = tables_limit(&world->tables, at);
    u64 ahead;

    if (!limit)
        return false;
    if (limit->counts != LIMIT_NEW)
        return proof == PROOF_GOES_ON && !condemn_ask(world, packet, limit->proof, true, &ahead);
    if (proof == PROOF_NONE)
        condemn_ask(world, packet, limit->proof + 1, true, &ahead);
    if (proof == PROOF_NONE ||
        condemn_ask(world, packet, limit->proof, proof == PROOF_BEGINS, &ahead))
        return false;
    condemn_ask(world, packet, limit->proof + 1, false, &ahead);
    return ahead;
}

/* Bans the source of PACKET, of which the limits of RULE have SAID something, if one of them is to
 * ban it. */
INLINE void condemn_look(struct world *world, const struct packet *packet, u32 rule, u32 said)
{
    bool over = !(said & LIMITS_ADMIT), tcp = packet->protocol == IPPROTO_TCP;
    bool opens = packet_opens_connection(packet);
    u32 first, count = limits_of(&world->tables, rule, &first);
    enum proof proof = tcp && !opens ? world_proves(world, packet) : PROOF_NONE;

    if (tcp ? !opens && proof == PROOF_NONE : !over)
        return;
    for (u32 i = 0; i < RULE_LIMITS && i < count; i++) {
        const struct tables_limit *limit = tables_limit(&world->tables, first + i);
        if (!limit || !(said & LIMITS_LOOK << i) || (opens && !over))
            continue;
        if ((!tcp || world_condemns(world, packet, first + i, proof)) &&
            (over || limit->counts == LIMIT_NEW))
            world_ban(world, packet, rule, first + i);
    }
}

#endif
