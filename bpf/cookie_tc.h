/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending a SYN cookie from tc, on interfaces whose frames have no link layer. */
#ifndef EDGEXDP_BPF_COOKIE_TC_H
#define EDGEXDP_BPF_COOKIE_TC_H

#include "cookie.h"
#include "refuse_tc.h"

/* Turns the SYN into the answer and redirects it, past our own program for the way out, which knows
 * it by its mark. Returns what a program returns then. */
WALKED_ONCE int cookie_tc_packet(struct __sk_buff *context, const struct packet *packet)
{
    const volatile struct refusing *ours = &refusing;
    u32 zero = 0;

    if (!packet || !header.switches.protects)
        return TC_ACT_UNSPEC;
    struct refuse_work *work = bpf_map_lookup_elem(&refuse_works, &zero);
    if (!work || !cookie_write(context, packet, packet->start, context->len, &work->packet))
        return TC_ACT_UNSPEC;
    if (!refuse_tc_write(context, &work->packet))
        return TC_ACT_SHOT;
    cookie_count_sent();
    context->mark = ours->mark;
    return (int)bpf_redirect(context->ifindex, 0);
}

#endif
