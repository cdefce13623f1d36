// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges outgoing packets, as a tc egress classifier. */
#include "tc.h"

#include "refuse_tc.h"

#include "socket.h"
#include "tracked.h"

#ifdef tracked_lookup
/* Where the rules lead PACKET, which is forwarded: by the source that it came in with. Replies come
 * to the one that it goes out with, so all else goes by that. */
WALKED_ONCE u32 forwarded_edge(struct __sk_buff *context, const struct packet *packet)
{
    struct packet before;

    if (!packet)
        return EDGE_LEAF | NO_RULE;
    before = *packet;
    tracked_restore_source(context, &before);
    return generation_edge(&before, DIRECTION_OUT, false);
}
#endif

INLINE u32 outbound_edge(struct world *world, const struct packet *packet, bool mirror)
{
#ifdef tracked_lookup
    if (packet->arrives && !mirror)
        return forwarded_edge(world->state, packet);
#endif
    return generation_edge(packet, DIRECTION_OUT, mirror);
}

INLINE u32 world_rule(struct world *world, enum direction direction, const struct packet *packet,
                      bool mirror)
{
    return tuple_leaf(&world->tables, outbound_edge(world, packet, mirror), packet, mirror);
}

/* This host sends its own packets through a socket, unless the kernel answers by itself. A
 * forwarded packet came in through an interface, and whoever opened its connection is elsewhere. */
WALKED_ONCE u32 who_opened(struct __sk_buff *context, const struct packet *packet)
{
    struct flow_key key;

    if (context->ingress_ifindex)
        return OPENER_UNKNOWN;
    if (!packet || !context->sk || !flow_key_of(packet, DIRECTION_OUT, &key))
        return OPENER_STRANGER;
    return socket_connected(context, context->sk, &key) ? OPENER_HERE : OPENER_STRANGER;
}

static enum opener world_opener(struct world *world, const struct packet *packet)
{
    return (enum opener)who_opened(world->state, packet);
}

/* Nobody asks about what goes out. */
static bool world_has_connection(struct world *world, const struct packet *packet)
{
    return true;
}

/* The source of what goes out is this host, or somebody behind it: nobody is banned for it. */
static void generation_look(struct world *world, const struct packet *packet, u32 rule, u32 said)
{
}

/* Only what comes in is answered. */
static bool world_answers(struct world *world, const struct packet *packet, u32 rule)
{
    return false;
}

/* Reads the packet, and through which zone it came in. */
INLINE int out_parse(const struct world *world, struct __sk_buff *context, struct packet *packet)
{
    int reason = tc_parse(context, packet, 0);

    if (packet->family)
        packet->arrives = tables_zone(&world->tables, context->ingress_ifindex);
    return reason;
}

SEC("tc")
int judge_out(struct __sk_buff *context)
{
    struct packet packet = {};
    struct world world;

    if (!world_init(&world, context, tc_segments(context)))
        return TC_ACT_SHOT;
    int reason = out_parse(&world, context, &packet);
    struct outcome outcome = refuse_tc_is_ours(context, DIRECTION_OUT)
                                 ? outcome_reason(REASON_REPLY, VERDICT_ACCEPT)
                                 : judge(&world, DIRECTION_OUT, reason, &packet);
    u32 bytes = context->wire_len;
    generation_count(&outcome, DIRECTION_OUT, world.packets, bytes);
    if (dropped_is_wanted(&outcome))
        dropped_remember(&outcome, &packet, DIRECTION_OUT, world.packets, bytes);
    event_tell_listeners(context, &outcome, &packet, DIRECTION_OUT, world.packets, bytes);
    if (refuse_wanted(&outcome, DIRECTION_OUT))
        return refuse_tc_packet(context, &packet, outcome.refusal, DIRECTION_OUT);
    return tc_verdict(&outcome);
}

SEC("tc")
int ask_out(struct __sk_buff *context)
{
    struct packet packet = {};
    struct world world;

    if (!world_init(&world, context, answer.packets))
        return TC_ACT_SHOT;
    int reason = tc_parse(context, &packet, answer.frame_bytes);
    if (packet.family)
        packet.arrives = (u8)answer.arrives;
    answer.outcome = judge(&world, DIRECTION_OUT, reason, &packet);
    answer.asked++;
    return TC_ACT_SHOT;
}
