// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges what goes out, as a tc egress classifier. */
#include <linux/pkt_cls.h>

#include "generation.h"

INLINE const void *frame_at(const struct frame *frame, u32 offset, u32 size, void *spare)
{
    const u8 *at = frame->data + offset;
    if (at + size <= frame->end)
        return at;
    return bpf_skb_load_bytes(frame->context, offset, spare, size) ? NULL : spare;
}

INLINE struct frame frame_of(struct __sk_buff *context)
{
    return (struct frame){ .data = (const u8 *)(long)context->data,
                           .end = (const u8 *)(long)context->data_end,
                           .context = context,
                           .length = context->len,
                           .vlan_tags = !!context->vlan_present };
}

/* TC_ACT_UNSPEC is TCX_NEXT too: programs after ours still run. */
SEC("tc")
int judge_out(struct __sk_buff *context)
{
    struct frame frame = frame_of(context);
    struct packet packet = {};
    struct world world;

    if (!world_init(&world))
        return TC_ACT_SHOT;
    struct outcome outcome = judge(&world, DIRECTION_OUT, &frame, &packet);
    u32 segments = context->gso_segs;
    count(&outcome, DIRECTION_OUT, world.now_ns, segments ? segments : 1, context->wire_len);
    return outcome.verdict == VERDICT_ACCEPT || header.switches.audit ? TC_ACT_UNSPEC
                                                                      : TC_ACT_SHOT;
}

SEC("tc")
int ask_out(struct __sk_buff *context)
{
    struct frame frame = frame_of(context);
    struct packet packet = {};
    struct world world;

    if (!world_init(&world))
        return TC_ACT_SHOT;
    answer.outcome = judge(&world, DIRECTION_OUT, &frame, &packet);
    answer.asked++;
    return TC_ACT_SHOT;
}
