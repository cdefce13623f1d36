// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges incoming packets, as an XDP program. */
#define CONTEXT      struct xdp_md
#define LOAD_BYTES   bpf_xdp_load_bytes
#define WHOLE_LENGTH bpf_xdp_get_buff_len
#include "dropped.h"
#include "event.h"

#include "condemn.h"
#include "connection.h"
#include "cookie_xdp.h"
#include "refuse_xdp.h"

/* FRAME_BYTES: see struct answer. */
INLINE int parse(struct xdp_md *context, struct packet *packet, u32 frame_bytes)
{
    struct frame frame = {.data = (const u8 *)(long)context->data,
                          .end = (const u8 *)(long)context->data_end,
                          .context = context};
    frame.length = frame_bytes ? frame_bytes : (u32)(frame.end - frame.data);
    int reason = parse_frame(&frame, packet);
    /* Nothing that was read so far says how long the frame is. */
    if (reason != PARSED || packet->family == FAMILY_NONE)
        packet->length = frame_length(&frame);
    return reason;
}

/* So many own fields are asked without a call, which costs more than asking some of them. The
 * verifier would walk too long for many. */
#define OWN_FIELDS_INLINE 3

INLINE u32 world_rule(struct world *world, enum direction direction, const struct packet *packet,
                      bool mirror)
{
    u32 edge = tuple_edge(&world->tables, direction, packet, mirror);
    if (!header.switches.numbers || edge & EDGE_LEAF)
        return edge;
    return header.switches.numbers <= OWN_FIELDS_INLINE
               ? tables_walk_own(&world->tables, edge, packet, mirror)
               : world_walk_own(&world->tables, edge, packet, mirror);
}

/* Nothing that comes in makes a flow. */
static enum opener world_opener(struct world *world, const struct packet *packet)
{
    return OPENER_STRANGER;
}

SEC("xdp.frags")
int judge_in(struct xdp_md *context)
{
    struct packet packet = {};
    struct world world;

    if (!world_init(&world, context, 1))
        return XDP_DROP;
    int reason = parse(context, &packet, 0);
    struct outcome outcome = judge(&world, DIRECTION_IN, reason, &packet);
    if (refuse_xdp_is_ours(context, &packet))
        outcome = outcome_reason(REASON_REPLY, VERDICT_ACCEPT);
    generation_count(&outcome, DIRECTION_IN, 1, packet.length);
    if (dropped_is_wanted(&outcome))
        dropped_remember(&outcome, &packet, DIRECTION_IN, 1, packet.length);
    event_tell_listeners(context, &outcome, &packet, DIRECTION_IN, 1, packet.length);
    if (cookie_may_return(&outcome, &packet))
        cookie_count_returned(context, &packet, outcome.rule);
    if (cookie_is_wanted(&outcome))
        return cookie_xdp_packet(context, &packet);
    if (refuse_wanted(&outcome, DIRECTION_IN))
        return refuse_xdp_packet(context, &packet, outcome.refusal);
    return outcome.verdict == VERDICT_ACCEPT || header.switches.audit ? XDP_PASS : XDP_DROP;
}

SEC("xdp.frags")
int ask_in(struct xdp_md *context)
{
    struct packet packet = {};
    struct world world;

    if (!world_init(&world, context, answer.packets))
        return XDP_ABORTED;
    int reason = parse(context, &packet, answer.frame_bytes);
    answer.outcome = judge(&world, DIRECTION_IN, reason, &packet);
    answer.asked++;
    return XDP_DROP;
}
