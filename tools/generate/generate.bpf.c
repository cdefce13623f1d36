// SPDX-License-Identifier: GPL-2.0-or-later
/* Turns each frame it is given into another one, and sends it on. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "generate.h"

const volatile struct plan plan = {};

u64 made = 0;
u64 due_ns = 0; /* when the next packet is */
u32 next = 0;   /* index of the next record in the pool */

/* A single value, so that reaching a record needs no helper call; the loader sets its size. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(key_size, sizeof(u32));
    __uint(value_size, 8);
} pool SEC(".maps");

struct ports_be {
    u16 source, destination;
};

/* Scatters neighbours, so that no cache can guess what comes next. */
static u32 scatter(u32 number)
{
    number = (number ^ number >> 16) * 0x45d9f3b;
    number = (number ^ number >> 16) * 0x45d9f3b;
    return number ^ number >> 16;
}

/* A number below COUNT, without a division, which would cost more than everything else. */
static u32 below(u32 count, u32 random)
{
    return (u32)((u64)random * count >> 32);
}

static u16 fold(u32 sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (u16)(sum + (sum >> 16));
}

/* The sum of the halves of WORD. */
static __always_inline u32 halves(u32 word)
{
    return (word >> 16) + (word & 0xffff);
}

static __always_inline void write_checksum(u8 *data, u32 source)
{
    if (plan.checksum_at) {
        u32 sum = plan.sum + halves(source);
        *(u16 *)(data + (plan.checksum_at & FRAME_MASK)) = bpf_htons((u16)~fold(sum));
    }
}

/* Or a stack that answers would throw it away. */
static __always_inline void write_tcp_checksum(u8 *data, u32 source, const struct ports_be *ports)
{
    u32 sum =
        plan.tcp_sum + halves(source) + bpf_ntohs(ports->source) + bpf_ntohs(ports->destination);

    sum = (sum & 0xffff) + (sum >> 16);
    *(u16 *)(data + (plan.tcp_at & FRAME_MASK)) = bpf_htons((u16)~fold(sum));
}

static __always_inline void compute(u8 *data)
{
    u32 number = (u32)made, random = scatter(number);
    u32 source = plan.source + below(plan.sources, random);

    *(u32 *)(data + (plan.source_at & FRAME_MASK)) = bpf_htonl(source);
    write_checksum(data, source);
    if (plan.ports_at) {
        struct ports_be *ports = (void *)(data + (plan.ports_at & FRAME_MASK));
        ports->source =
            bpf_htons((u16)(plan.source_port + below(plan.source_ports, scatter(random))));
        ports->destination = bpf_htons((u16)(plan.port + number % plan.ports));
        if (plan.tcp_at)
            write_tcp_checksum(data, source, ports);
    }
}

/* Draw the next record; the last words of an address go where plan.source_at says. */
static __always_inline void draw(u8 *data)
{
    u32 zero = 0, at = next;
    const u32 *words = bpf_map_lookup_elem(&pool, &zero);

    if (!words || at > plan.pool_words - plan.record_words)
        return;
    next = at + plan.record_words == plan.pool_words ? 0 : at + plan.record_words;
    u32 *address = (u32 *)(data + (plan.source_at & FRAME_MASK)), last = plan.record_words - 2;
    if (last) {
        address[-3] = words[at];
        address[-2] = words[at + 1];
        address[-1] = words[at + 2];
    }
    *address = words[at + last];
    write_checksum(data, bpf_ntohl(words[at + last]));
    if (plan.ports_at)
        *(u32 *)(data + (plan.ports_at & FRAME_MASK)) = words[at + last + 1];
}

/* What is late is hardly caught up with: a burst would overflow the queue of the receiver. */
#define LATE_NS    1000000ull
#define WAIT_READS 4096

static __always_inline void wait_until_due(void)
{
    if (!plan.apart_ns)
        return;
    u64 now_ns = bpf_ktime_get_ns();
    if (due_ns + LATE_NS < now_ns)
        due_ns = now_ns;
    for (u32 i = 0; i < WAIT_READS && now_ns < due_ns; i++)
        now_ns = bpf_ktime_get_ns();
    due_ns += plan.apart_ns;
}

SEC("xdp")
int generate(struct xdp_md *context)
{
    u8 *data = (u8 *)(long)context->data, *end = (u8 *)(long)context->data_end;

    if (data + FRAME_ROOM > end)
        return XDP_ABORTED;
    wait_until_due();
    if (plan.whole)
        for (u32 i = 0; i < FRAME_ROOM / 8; i++)
            ((u64 *)data)[i] = plan.frame[i];
    if (plan.record_words)
        draw(data);
    else
        compute(data);
    made++;
    return plan.ifindex ? bpf_redirect(plan.ifindex, 0) : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
