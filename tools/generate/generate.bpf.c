// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes each frame that it is given another one, and sends it on. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "generate.h"

const volatile struct plan plan = {};

u64 made = 0;

struct ports_be {
    u16 source, destination;
};

/* Neighbours become strangers, so that no cache guesses what comes next. */
static u32 scatter(u32 number)
{
    number = (number ^ number >> 16) * 0x45d9f3b;
    number = (number ^ number >> 16) * 0x45d9f3b;
    return number ^ number >> 16;
}

/* A number below COUNT; a division would cost more than all the rest. */
static u32 below(u32 count, u32 random)
{
    return (u32)((u64)random * count >> 32);
}

static u16 fold(u32 sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (u16)(sum + (sum >> 16));
}

SEC("xdp")
int generate(struct xdp_md *context)
{
    u8 *data = (u8 *)(long)context->data, *end = (u8 *)(long)context->data_end;
    u32 number = (u32)made++, random = scatter(number);

    if (data + FRAME_ROOM > end)
        return XDP_ABORTED;
    u32 source = plan.source + below(plan.sources, random);
    *(u32 *)(data + (plan.source_at & FRAME_MASK)) = bpf_htonl(source);
    if (plan.checksum_at) {
        u32 sum = plan.sum + (source >> 16) + (source & 0xffff);
        *(u16 *)(data + (plan.checksum_at & FRAME_MASK)) = bpf_htons((u16)~fold(sum));
    }
    if (plan.ports_at) {
        struct ports_be *ports = (void *)(data + (plan.ports_at & FRAME_MASK));
        ports->source =
            bpf_htons((u16)(plan.source_port + below(plan.source_ports, scatter(random))));
        ports->destination = bpf_htons((u16)(plan.port + number % plan.ports));
    }
    return plan.ifindex ? bpf_redirect(plan.ifindex, 0) : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
