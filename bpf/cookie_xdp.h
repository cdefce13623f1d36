/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending a SYN cookie from XDP: the answer takes the place of the SYN, and leaves by XDP_TX. */
#ifndef EDGEXDP_BPF_COOKIE_XDP_H
#define EDGEXDP_BPF_COOKIE_XDP_H

#include "cookie.h"
#include "refuse_xdp.h"

/* Returns XDP_TX; or XDP_PASS if PACKET gets no answer, and XDP_DROP if the answer got stuck. */
WALKED_ONCE int cookie_xdp_packet(struct xdp_md *context, const struct packet *packet)
{
    struct frame frame = {.context = context};
    u32 zero = 0;

    if (!packet || !header.switches.protects)
        return XDP_PASS;
    struct refuse_work *work = bpf_map_lookup_elem(&refuse_works, &zero);
    u32 network = refuse_find_network(&frame), length = frame_length(&frame);
    if (!work || !refuse_xdp_turn_link(context, network, work->link) ||
        !cookie_write(context, packet, network, length, &work->packet))
        return XDP_PASS;
    if (!refuse_xdp_write(context, &work->packet, length, work->link))
        return XDP_DROP;
    cookie_count_sent();
    return XDP_TX;
}

#endif
