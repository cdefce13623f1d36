/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors are judged by the packet that they quote. */
#ifndef EDGEXDP_ICMP_ERROR_H
#define EDGEXDP_ICMP_ERROR_H

#include "baseline.h"
#include "flow.h"
#include "martian.h"
#include "reply.h"

/* Fragmentation needed, packet too big. */
INLINE bool icmp_error_says_too_big(const struct packet *error)
{
    if (error->family == FAMILY_IPV4)
        return error->destination_port == (3 << 8 | 4);
    return error->destination_port >> 8 == 2;
}

/* Would a rule, or `inbound`, accept a packet that came in? With MIRROR, PACKET goes out, and its
 * mirror image is judged. *rule says which rule. */
INLINE bool icmp_error_accepted_in(struct world *world, const struct packet *packet, bool mirror,
                                   u32 *rule)
{
    bool martian = mirror ? martian_mirror(packet) : martian_packet(packet);
    if (martian && !world->tables.header->switches.martians)
        return false;
    u32 leaf = world_rule_apart(world, DIRECTION_IN, packet, mirror);
    *rule = leaf & EDGE_RULE;
    return outcome_leaf(&world->tables, DIRECTION_IN, leaf).verdict == VERDICT_ACCEPT;
}

/* Is QUOTED, which went out, something that may go out without a flow: an answer of a service, or
 * what [baseline] lets out? */
INLINE bool icmp_error_allowed_out(struct world *world, const struct packet *quoted)
{
    u32 rule;
    return baseline_reason(&world->tables.header->switches, DIRECTION_OUT, quoted) != REASONS ||
           (packet_has_mirror(quoted) && icmp_error_accepted_in(world, quoted, true, &rule));
}

/* An incoming error quotes a packet that went out: one of a flow, or an answer of a service here. A
 * service's answers are counted at its rule on the way out; an error about such a conversation is
 * counted under the reason `reply`, so that each direction adds up. */
INLINE bool icmp_error_judge_in(struct world *world, const struct packet *error,
                                const struct packet *quoted, u32 *rule)
{
    u64 now_ns;
    if (flow_in_force(world, quoted, DIRECTION_OUT, &now_ns, rule))
        return true;
    *rule = NO_RULE;
    return icmp_error_allowed_out(world, quoted) &&
           (!icmp_error_says_too_big(error) || reply_was_too_big(world, quoted));
}

/* The same in the other direction: an outgoing error quotes a packet to a service here, a packet
 * that [baseline] let in, or a reply to a flow. */
INLINE bool icmp_error_judge_out(struct world *world, const struct packet *quoted, u32 *rule)
{
    u64 now_ns;
    *rule = NO_RULE;
    if (baseline_reason(&world->tables.header->switches, DIRECTION_IN, quoted) != REASONS ||
        icmp_error_accepted_in(world, quoted, false, rule))
        return true;
    bool is_reply = flow_in_force(world, quoted, DIRECTION_IN, &now_ns, rule);
    *rule = NO_RULE;
    return is_reply;
}

static __attribute__((noinline)) bool
icmp_error_judge_quoted(struct world *world, enum direction direction, const struct packet *packet,
                        const struct packet *quoted, u32 *rule)
{
    if (quoted->source.halves_be[0] != packet->destination.halves_be[0] ||
        quoted->source.halves_be[1] != packet->destination.halves_be[1])
        return false;
    if (!world->tables.header->switches.martians && martian_packet(quoted))
        return false;
    return direction == DIRECTION_IN ? icmp_error_judge_in(world, packet, quoted, rule)
                                     : icmp_error_judge_out(world, quoted, rule);
}

/* An ICMP error: does it quote a packet that the policy allowed in the other direction? Nobody but
 * the sender of that packet has any use for it. One call reads it and another judges it, and they
 * are not nested, because all nested calls together may use at most 512 bytes of stack. */
INLINE bool icmp_error_judge(struct world *world, enum direction direction,
                             const struct packet *packet, u32 *rule)
{
    struct packet quoted = {.family = packet->family};
    return world_quoted(world, packet, &quoted) &&
           icmp_error_judge_quoted(world, direction, packet, &quoted, rule);
}

INLINE bool icmp_error_applies(const struct world *world, const struct packet *packet)
{
    return world->tables.header->switches.icmp_errors && packet_is_icmp_error(packet);
}

#endif
