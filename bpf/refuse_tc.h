/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answering a rejected packet from tc: the answer takes its place in the socket buffer and is
 * redirected to the same interface, out of it or into it. There it may pass our own programs, which
 * know it again: by its mark if it is tc that judges, or by what stands behind it if it is generic
 * XDP, which sees no mark.
 */
#ifndef EDGEXDP_BPF_REFUSE_TC_H
#define EDGEXDP_BPF_REFUSE_TC_H

#include <linux/if_packet.h>

#include "refuse.h"

/* Turns CONTEXT into the answer P. Changing the tail also makes one packet of what was to become
 * segments. */
INLINE bool refuse_tc_write(struct __sk_buff *context, const struct refusal_packet *p)
{
    u32 last = bounded(p->length - 1, 127);

    if (last >= REFUSAL_HEADERS_MAX || bpf_skb_change_tail(context, p->kept, 0))
        return false;
    if (p->inserted && bpf_skb_adjust_room(context, (int)p->inserted, BPF_ADJ_ROOM_MAC, 0))
        return false;
    return !bpf_skb_store_bytes(context, p->network, p->bytes, last + 1, 0);
}

/* Puts the token behind the answer, if generic XDP is going to see it. */
INLINE bool refuse_tc_append_token(struct __sk_buff *context)
{
    const volatile struct refusing *ours = &refusing;
    u32 length = context->len;
    u8 token[sizeof(ours->token)];

    if (!ours->generic)
        return true;
    for (u32 i = 0; i < sizeof(token); i++)
        token[i] = ours->token[i];
    return !bpf_skb_change_tail(context, length + (u32)sizeof(token), 0) &&
           !bpf_skb_store_bytes(context, length, token, sizeof(token), 0);
}

/* An Ethernet frame goes back to where it came from. */
INLINE bool refuse_tc_turn(struct __sk_buff *context, u8 link[REFUSAL_LINK_MAX])
{
    return !bpf_skb_load_bytes(context, 0, link, 12) && refuse_turn_link(link) &&
           !bpf_skb_store_bytes(context, 0, link, 12, 0);
}

/* Redirects an answer, and returns what a program returns then; or drops the packet. DIRECTION is
 * that of PACKET. */
WALKED_ONCE int refuse_tc_packet(struct __sk_buff *context, const struct packet *packet,
                                 u32 refusal, u32 direction)
{
    const volatile struct refusing *ours = &refusing;
    struct frame frame = {.context = context};
    u32 zero = 0;

    if (!packet || !header.switches.refuses)
        return TC_ACT_SHOT;
    struct refuse_work *work = bpf_map_lookup_elem(&refuse_works, &zero);
    if (!work || context->pkt_type == PACKET_BROADCAST || context->pkt_type == PACKET_MULTICAST)
        return TC_ACT_SHOT;
    u32 network = header.seated.bare ? packet->start : refuse_find_network(&frame);
    if (!refuse_make(&frame, packet, network, context->len,
                     refusal_of((enum refusal)refusal, packet->protocol), &work->packet))
        return TC_ACT_SHOT;
    if (!header.seated.bare && !refuse_tc_turn(context, work->link))
        return TC_ACT_SHOT;
    if (!refuse_admit() || !refuse_tc_write(context, &work->packet))
        return TC_ACT_SHOT;
    if (!header.seated.bare && !refuse_tc_append_token(context))
        return TC_ACT_SHOT;
    context->mark = header.seated.bare ? ours->mark : 0;
    return (int)bpf_redirect(context->ifindex, direction == DIRECTION_OUT ? BPF_F_INGRESS : 0);
}

/* Is this an answer to a packet that travelled in the other direction than DIRECTION? Then it is
 * marked no more. */
INLINE bool refuse_tc_is_ours(struct __sk_buff *context, enum direction direction)
{
    const volatile struct refusing *ours = &refusing;

    if (!header.seated.bare || !refuse_answers(!direction) || !ours->mark ||
        context->mark != ours->mark)
        return false;
    context->mark = 0;
    return true;
}

#endif
