// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges incoming packets on interfaces whose frames have no link layer, as a tc ingress
 * classifier. Generic XDP would show whatever precedes the packet, and would say neither where the
 * packet begins nor what it is. */
#include "tc.h"

#include "condemn.h"
#include "connection.h"
#include "cookie_tc.h"
#include "refuse_tc.h"

/* By calls. Inline, as inbound.bpf.c has it, it would take more stack than there is. */
INLINE u32 world_rule(struct world *world, enum direction direction, const struct packet *packet,
                      bool mirror)
{
    return tuple_leaf(&world->tables, generation_edge(packet, direction, mirror), packet, mirror);
}

/* Nothing that comes in makes a flow. */
static enum opener world_opener(struct world *world, const struct packet *packet)
{
    return OPENER_STRANGER;
}

SEC("tc")
int judge_in(struct __sk_buff *context)
{
    struct packet packet = {};
    struct world world;

    if (!world_init(&world, context, tc_segments(context)))
        return TC_ACT_SHOT;
    int reason = tc_parse(context, &packet, 0);
    struct outcome outcome = refuse_tc_is_ours(context, DIRECTION_IN)
                                 ? outcome_reason(REASON_REPLY, VERDICT_ACCEPT)
                                 : judge(&world, DIRECTION_IN, reason, &packet);
    u32 bytes = packet.length;
    generation_count(&outcome, DIRECTION_IN, world.packets, bytes);
    if (dropped_is_wanted(&outcome))
        dropped_remember(&outcome, &packet, DIRECTION_IN, world.packets, bytes);
    event_tell_listeners(context, &outcome, &packet, DIRECTION_IN, world.packets, bytes);
    if (cookie_may_return(&outcome, &packet))
        cookie_count_returned(context, &packet, outcome.rule);
    if (cookie_is_wanted(&outcome))
        return cookie_tc_packet(context, &packet);
    if (refuse_wanted(&outcome, DIRECTION_IN))
        return refuse_tc_packet(context, &packet, outcome.refusal, DIRECTION_IN);
    return tc_verdict(&outcome);
}

SEC("tc")
int ask_in(struct __sk_buff *context)
{
    struct packet packet = {};
    struct world world;

    if (!world_init(&world, context, answer.packets))
        return TC_ACT_SHOT;
    int reason = tc_parse(context, &packet, answer.frame_bytes);
    answer.outcome = judge(&world, DIRECTION_IN, reason, &packet);
    answer.asked++;
    return TC_ACT_SHOT;
}
