/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging as a tc classifier. */
#ifndef EDGEXDP_BPF_TC_H
#define EDGEXDP_BPF_TC_H

#include <linux/pkt_cls.h>

#define CONTEXT               struct __sk_buff
#define LOAD_BYTES            bpf_skb_load_bytes
#define WHOLE_LENGTH(context) ((context)->len)
#include "dropped.h"
#include "event.h"

/* Does the network header begin within the first BYTES bytes, or right behind them? LINEAR bytes
 * lie in the first piece: of the part that follows the start of the header there, this asks for the
 * byte that would be the last if BYTES bytes preceded it. */
INLINE bool tc_begins_within(struct __sk_buff *context, u32 linear, u32 bytes)
{
    u8 last;
    return bytes >= linear ||
           !bpf_skb_load_bytes_relative(context, linear - 1 - bytes, &last, 1, BPF_HDR_START_NET);
}

/* Where the network header begins, or more than BARE_START_MAX. The kernel knows, but tells no
 * program. On most interfaces without a link layer nothing precedes it. Others leave what the
 * packet came in there: the outer headers (SIT, GRE), or the Ethernet header of another interface
 * (IPsec), of varying length. */
WALKED_ONCE u32 tc_network_header(struct __sk_buff *context)
{
    u32 linear = (u32)(context->data_end - context->data), before = 0;

    if (tc_begins_within(context, linear, 0))
        return 0;
    for (u32 step = (BARE_START_MAX + 1) / 2; step; step /= 2)
        if (!tc_begins_within(context, linear, before + step))
            before += step;
    return before + 1;
}

/* FRAME_BYTES: see struct answer. Not inlined, or its variables would take room on the stack while
 * the packet is judged. */
static __attribute__((noinline)) int tc_parse(struct __sk_buff *context, struct packet *packet,
                                              u32 frame_bytes)
{
    struct frame frame = {.data = (const u8 *)(long)context->data,
                          .end = (const u8 *)(long)context->data_end,
                          .context = context,
                          .length = frame_bytes ? frame_bytes : context->len,
                          .vlan_tags = !!context->vlan_present};
    if (header.seated.bare)
        return parse_bare(&frame, tc_network_header(context), from_be16((u16)context->protocol),
                          packet);
    return parse_frame(&frame, packet);
}

/* How many packets on the wire it is. */
INLINE u32 tc_segments(const struct __sk_buff *context)
{
    u32 segments = context->gso_segs;
    return segments ? segments : 1;
}

/* TC_ACT_UNSPEC is TCX_NEXT too: programs after ours still run. */
INLINE int tc_verdict(const struct outcome *outcome)
{
    return outcome->verdict == VERDICT_ACCEPT || header.switches.audit ? TC_ACT_UNSPEC
                                                                       : TC_ACT_SHOT;
}

#endif
