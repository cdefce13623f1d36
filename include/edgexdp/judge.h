/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which a packet is judged: the promise of the whole program, written once for the
 * kernel side and for user space. The includer supplies what differs between them: see world.h.
 */
#ifndef EDGEXDP_JUDGE_H
#define EDGEXDP_JUDGE_H

#include <linux/if_ether.h>

#include "baseline.h"
#include "connection.h"
#include "cookie.h"
#include "flow.h"
#include "fragment.h"
#include "icmp_error.h"
#include "limits.h"
#include "martian.h"
#include "outcome.h"
#include "reply.h"
#include "tcp_flags.h"

INLINE struct outcome judge_not_ip(const volatile struct tables_switches *on,
                                   const struct packet *packet)
{
    if (packet->ethertype == ETH_P_ARP)
        return outcome_reason(REASON_ARP, on->arp);
    if (packet->link_control)
        return outcome_reason(REASON_LINK_CONTROL, on->link_control);
    return outcome_reason(REASON_OTHER_ETHERTYPE, on->other_ethertypes);
}

/* What becomes of PACKET, which the rule of LEAF accepts and which is no reply: those are never
 * charged. */
INLINE struct outcome judge_by_limits(struct world *world, const struct packet *packet, u32 leaf,
                                      struct outcome outcome)
{
    if (outcome_leaf_is_limited(&world->tables, leaf) &&
        !world_admits(world, packet, outcome.rule)) {
        outcome.kind = OUTCOME_LIMITED;
        outcome.verdict = VERDICT_DROP;
    }
    return outcome;
}

/* Does the policy ask the sockets of this host at all? */
INLINE bool judge_asks_sockets(const volatile struct tables_switches *on)
{
    return on->tcp_state || on->protects;
}

/* The same for what rule, default and limits let in: the sockets of this host have their say. */
INLINE struct outcome judge_by_sockets(struct world *world, const struct packet *packet, u32 leaf,
                                       struct outcome outcome)
{
    return cookie_judge(world, packet, leaf, connection_judge(world, packet, outcome));
}

INLINE struct outcome judge_in_by_tables(struct world *world, const struct packet *packet)
{
    u32 leaf = world_rule(world, DIRECTION_IN, packet, false), rule;
    struct outcome outcome = outcome_leaf(&world->tables, DIRECTION_IN, leaf);
    bool simple = outcome.kind == OUTCOME_RULE && outcome.verdict == VERDICT_ACCEPT &&
                  !outcome_leaf_is_limited(&world->tables, leaf);
    /* Flow lookups cost more than table lookups: do them only where no rule in the tables
     * accepts without a limit, or where a reply may have no socket here (of a connection that is
     * translated, say). */
    if (simple && !judge_asks_sockets(&world->tables.header->switches))
        return outcome;
    if (simple)
        outcome = judge_by_sockets(world, packet, leaf, outcome);
    if (simple && outcome.verdict == VERDICT_ACCEPT)
        return outcome;
    if (icmp_error_applies(world, packet)) {
        if (icmp_error_judge(world, DIRECTION_IN, packet, &rule))
            return outcome_reply(rule);
    } else if (!packet_opens_connection(packet) && world_expects(world, packet) &&
               flow_lets_in(world, packet, &rule)) {
        return outcome_reply(rule);
    }
    if (simple)
        return outcome;
    return judge_by_sockets(world, packet, leaf, judge_by_limits(world, packet, leaf, outcome));
}

INLINE struct outcome judge_out_by_tables(struct world *world, const struct packet *packet)
{
    u32 rule;
    if (icmp_error_applies(world, packet) && icmp_error_judge(world, DIRECTION_OUT, packet, &rule))
        return outcome_reply(rule);
    if (packet_has_mirror(packet) &&
        (world->tables.header->switches.martians || !martian_mirror(packet))) {
        u32 leaf = world_rule(world, DIRECTION_OUT, packet, true);
        struct outcome mirror = outcome_leaf(&world->tables, DIRECTION_IN, leaf);
        if (mirror.verdict == VERDICT_ACCEPT)
            return outcome_reply(leaf & EDGE_RULE);
    }
    u32 leaf = world_rule(world, DIRECTION_OUT, packet, false);
    struct outcome outcome = outcome_leaf(&world->tables, DIRECTION_OUT, leaf);
    outcome = judge_by_limits(world, packet, leaf, outcome);
    if (outcome.verdict == VERDICT_ACCEPT)
        flow_remember(world, packet, leaf & EDGE_RULE);
    return outcome;
}

/* A later fragment: only rules that name later fragments are asked, before [baseline]. */
INLINE struct outcome judge_later_fragment(struct world *world, enum direction direction,
                                           const struct packet *packet)
{
    const volatile struct tables_switches *on = &world->tables.header->switches;
    if (on->later >> direction & 1) {
        u32 leaf = world_rule_later(world, direction, packet);
        if ((leaf & EDGE_RULE) != NO_RULE)
            return judge_by_limits(world, packet, leaf,
                                   outcome_leaf(&world->tables, direction, leaf));
    }
    return outcome_reason(REASON_FRAGMENT, on->fragments
                                               ? fragment_judge_later(world, packet, direction)
                                               : VERDICT_DROP);
}

/* Steps 6 to 9, for an IP packet that has a transport header. */
INLINE struct outcome judge_whole(struct world *world, enum direction direction,
                                  const struct packet *packet)
{
    enum reason baseline = baseline_reason(&world->tables.header->switches, direction, packet);
    if (baseline != REASONS)
        return outcome_reason(baseline, VERDICT_ACCEPT);
    return direction == DIRECTION_IN ? judge_in_by_tables(world, packet)
                                     : judge_out_by_tables(world, packet);
}

/* judge(), but for the number of the block, which is left in WORLD. */
INLINE struct outcome judge_first(struct world *world, enum direction direction, int reason,
                                  const struct packet *packet)
{
    const volatile struct tables_switches *on = &world->tables.header->switches;

    if (on->unguarded)
        return outcome_reason(REASON_UNGUARDED, VERDICT_ACCEPT);
    if (reason != PARSED)
        return outcome_reason((enum reason)reason, VERDICT_DROP);
    if (packet->family == FAMILY_NONE)
        return judge_not_ip(on, packet);
    if (world_banned(world, direction, packet))
        return outcome_reason(REASON_BANNED, VERDICT_DROP);
    world->block = world_blocked(world, direction, packet);
    if (world->block)
        return outcome_reason(REASON_BLOCKED, VERDICT_DROP);
    if (!on->martians && martian_packet(packet))
        return outcome_reason(REASON_MARTIAN, VERDICT_DROP);
    if (packet->later_fragment)
        return judge_later_fragment(world, direction, packet);
    if (!on->tcp_flags && packet->protocol == IPPROTO_TCP && tcp_flags_are_bad(packet->tcp_flags))
        return outcome_reason(REASON_TCP_FLAGS, VERDICT_DROP);
    struct outcome outcome = judge_whole(world, direction, packet);
    if (packet->first_fragment && on->fragments && outcome.verdict == VERDICT_ACCEPT)
        fragment_remember(world, packet, direction);
    if (direction == DIRECTION_OUT && on->icmp_errors && reply_may_be_too_big(packet) &&
        reply_without_flow(packet, &outcome))
        reply_remember(world, packet);
    return outcome;
}

/* Judges PACKET, for which parse_frame() returned REASON. In audit mode the outcome is what
 * enforcing would do, and the caller lets the packet pass anyway. */
INLINE struct outcome judge(struct world *world, enum direction direction, int reason,
                            const struct packet *packet)
{
    struct outcome outcome = judge_first(world, direction, reason, packet);
    if (world->block)
        outcome.rule = world->block; /* only here, or it takes room on the stack all the way */
    return outcome;
}

#endif
