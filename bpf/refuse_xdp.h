/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answering a rejected packet from XDP: the answer takes its place in the frame and leaves by
 * XDP_TX. */
#ifndef EDGEXDP_BPF_REFUSE_XDP_H
#define EDGEXDP_BPF_REFUSE_XDP_H

#include "refuse.h"

/* Could PACKET be an answer to one that went out? */
INLINE bool refuse_xdp_may_be_ours(const struct packet *packet)
{
    return packet->protocol == IPPROTO_TCP ? packet->tcp_flags & TCP_RST
                                           : packet_is_icmp_error(packet);
}

/* Is it an answer that our own program for the way out has sent back in? Only generic XDP sees
 * those. The token behind it is cut off, so that nobody else ever sees it. */
WALKED_ONCE u32 refuse_xdp_ends_with_token(struct xdp_md *context)
{
    const volatile struct refusing *ours = &refusing;
    u32 length = (u32)bpf_xdp_get_buff_len(context);
    u8 token[sizeof(ours->token)];
    u32 different = 0;

    if (!header.switches.refuses || length < sizeof(token) ||
        bpf_xdp_load_bytes(context, length - (u32)sizeof(token), token, sizeof(token)))
        return false;
    for (u32 i = 0; i < sizeof(token); i++)
        different |= token[i] ^ ours->token[i];
    return !different && !bpf_xdp_adjust_tail(context, -(int)sizeof(token));
}

INLINE bool refuse_xdp_is_ours(struct xdp_md *context, const struct packet *packet)
{
    const volatile u32 *generic = &refusing.generic;

    return header.switches.refuses & 1u << DIRECTION_OUT && *generic &&
           refuse_xdp_may_be_ours(packet) && refuse_xdp_ends_with_token(context);
}

/* Copies what precedes IP, which begins at NETWORK, and turns it round in LINK. */
INLINE bool refuse_xdp_turn_link(struct xdp_md *context, u32 network, u8 link[REFUSAL_LINK_MAX])
{
    u32 last = bounded(network - 1, REFUSAL_LINK_MAX - 1);

    return !bpf_xdp_load_bytes(context, 0, link, last + 1) && refuse_turn_link(link);
}

/* Turns the frame into the answer P, which LINK precedes. */
INLINE bool refuse_xdp_write(struct xdp_md *context, const struct refusal_packet *p, u32 length,
                             const u8 link[REFUSAL_LINK_MAX])
{
    u32 link_last = bounded(p->network - 1, REFUSAL_LINK_MAX - 1);
    u32 last = bounded(p->length - 1, 127);

    if (last >= REFUSAL_HEADERS_MAX)
        return false;
    if (p->kept < length && bpf_xdp_adjust_tail(context, (int)(p->kept - length)))
        return false;
    if (p->inserted && bpf_xdp_adjust_head(context, -(int)p->inserted))
        return false;
    return !bpf_xdp_store_bytes(context, 0, (void *)link, link_last + 1) &&
           !bpf_xdp_store_bytes(context, p->network, (void *)p->bytes, last + 1);
}

/* Returns XDP_TX, or XDP_DROP if there is no answer. */
WALKED_ONCE int refuse_xdp_packet(struct xdp_md *context, const struct packet *packet, u32 refusal)
{
    struct frame frame = {.context = context};
    u32 zero = 0;

    if (!packet || !header.switches.refuses)
        return XDP_DROP;
    struct refuse_work *work = bpf_map_lookup_elem(&refuse_works, &zero);
    u32 network = refuse_find_network(&frame), length = frame_length(&frame);
    if (!work || !refuse_xdp_turn_link(context, network, work->link))
        return XDP_DROP;
    if (!refuse_make(&frame, packet, network, length,
                     refusal_of((enum refusal)refusal, packet->protocol), &work->packet))
        return XDP_DROP;
    return refuse_admit() && refuse_xdp_write(context, &work->packet, length, work->link)
               ? XDP_TX
               : XDP_DROP;
}

#endif
