/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors are judged by the packet that they quote. */
#ifndef EDGEXDP_ICMP_ERROR_H
#define EDGEXDP_ICMP_ERROR_H

#include "baseline.h"
#include "flow.h"
#include "martian.h"
#include "reply.h"

/* Would a packet that came in be accepted by a rule, or by `inbound`? With MIRROR: its mirror
 * image, of a packet that goes out. *rule says by which. */
INLINE bool accepted_in(struct world *world, const struct packet *packet, bool mirror, u32 *rule)
{
    bool martian = mirror ? mirror_is_martian(packet) : is_martian(packet);
    if (martian && !world->tables.header->switches.martians)
        return false;
    u32 leaf = world_rule_apart(world, DIRECTION_IN, packet, mirror);
    *rule = leaf & EDGE_RULE;
    return outcome_leaf(&world->tables, DIRECTION_IN, leaf).verdict == VERDICT_ACCEPT;
}

/* Does QUOTED, which went out, belong to what may go out without a flow: answers of services, and
 * what [baseline] lets out? */
INLINE bool allowed_out(struct world *world, const struct packet *quoted)
{
    u32 rule;
    return judge_baseline(&world->tables.header->switches, DIRECTION_OUT, quoted) != REASONS ||
           (packet_has_mirror(quoted) && accepted_in(world, quoted, true, &rule));
}

/* An error that came in quotes what went out: a flow's packet, or an answer of a service here. The
 * answers of a service are counted at its rule on the way out; what comes in of such a conversation
 * beside its own packets is counted as the reason `reply`, so that each direction adds up. */
INLINE bool judge_error_in(struct world *world, const struct packet *error,
                           const struct packet *quoted, u32 *rule)
{
    u64 now_ns;
    struct flow *flow = flow_in_force(world, quoted, DIRECTION_OUT, &now_ns);
    if (flow) {
        *rule = flow->rule;
        return true;
    }
    *rule = NO_RULE;
    return allowed_out(world, quoted) && (!says_too_big(error) || was_too_big(world, quoted));
}

/* The same the other way round: it quotes a packet to a service here, what [baseline] let in, or a
 * reply to a flow. */
INLINE bool judge_error_out(struct world *world, const struct packet *quoted, u32 *rule)
{
    u64 now_ns;
    *rule = NO_RULE;
    if (judge_baseline(&world->tables.header->switches, DIRECTION_IN, quoted) != REASONS ||
        accepted_in(world, quoted, false, rule))
        return true;
    *rule = NO_RULE;
    return flow_in_force(world, quoted, DIRECTION_IN, &now_ns);
}

static __attribute__((noinline)) bool judge_quoted(struct world *world, enum direction direction,
                                                   const struct packet *packet,
                                                   const struct packet *quoted, u32 *rule)
{
    if (quoted->source.halves_be[0] != packet->destination.halves_be[0] ||
        quoted->source.halves_be[1] != packet->destination.halves_be[1])
        return false;
    if (!world->tables.header->switches.martians && is_martian(quoted))
        return false;
    return direction == DIRECTION_IN ? judge_error_in(world, packet, quoted, rule)
                                     : judge_error_out(world, quoted, rule);
}

/* An ICMP error: does it quote a packet that the policy allowed in the other direction? Nobody but
 * the sender of that packet has any use for it. It is read by one call and judged by another, not
 * by one within the other: what all calls in progress hold on the stack must be 512 bytes at most.
 */
INLINE bool judge_error(struct world *world, enum direction direction, const struct packet *packet,
                        u32 *rule)
{
    struct packet quoted = {.family = packet->family};
    return world_quoted(world, packet, &quoted) &&
           judge_quoted(world, direction, packet, &quoted, rule);
}

INLINE bool judges_error(const struct world *world, const struct packet *packet)
{
    return world->tables.header->switches.icmp_errors && packet_is_error(packet);
}

#endif
