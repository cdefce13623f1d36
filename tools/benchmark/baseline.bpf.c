// SPDX-License-Identifier: GPL-2.0-or-later
/* What the filter is compared with: a program that does nothing, and what any filter must do. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define CONTEXT      struct xdp_md
#define LOAD_BYTES   bpf_xdp_load_bytes
#define WHOLE_LENGTH bpf_xdp_get_buff_len
#include "frame.h"

volatile u32 always_zero = 0;

static u32 unknown_zero(void)
{
    return always_zero;
}

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 256);
    __type(key, u32);
    __type(value, struct rule_counter);
} counters SEC(".maps");

SEC("xdp.frags")
int empty(struct xdp_md *context)
{
    return XDP_DROP;
}

INLINE int parse(struct xdp_md *context, struct packet *packet)
{
    struct frame frame = {.data = (const u8 *)(long)context->data,
                          .end = (const u8 *)(long)context->data_end,
                          .context = context};

    frame.length = (u32)(frame.end - frame.data);
    return parse_frame(&frame, packet);
}

/* Parses like the filter, and counts by protocol. */
SEC("xdp.frags")
int parse_and_count(struct xdp_md *context)
{
    struct packet packet = {};
    u32 key = parse(context, &packet) == PARSED ? packet.protocol : 255;
    struct rule_counter *counter = bpf_map_lookup_elem(&counters, &key);
    if (counter) {
        counter->packets++;
        counter->bytes += packet.length;
        counter->last_seen_tick = (u32)bpf_jiffies64();
    }
    return XDP_DROP;
}

struct source {
    u64 packets;
    u64 until_ns;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1000000);
    __type(key, struct address);
    __type(value, struct source);
} sources SEC(".maps");

/* Counts the packets of each source in each second, as XDP-Firewall does. */
SEC("xdp.frags")
int limit_by_hash(struct xdp_md *context)
{
    struct packet packet = {};

    if (parse(context, &packet) != PARSED)
        return XDP_PASS;
    u64 now_ns = bpf_ktime_get_ns();
    struct source *source = bpf_map_lookup_elem(&sources, &packet.source);
    if (source && source->until_ns > now_ns) {
        source->packets++;
        return XDP_DROP;
    }
    struct source fresh = {1, now_ns + 1000000000};
    bpf_map_update_elem(&sources, &packet.source, &fresh, BPF_ANY);
    return XDP_DROP;
}

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(u32));
} asked SEC(".maps");

/* A tail call from a function returns to that function's caller. */
static __attribute__((noinline)) int ask(struct xdp_md *context)
{
    int verdict = XDP_ABORTED;
    bpf_tail_call_static(context, &asked, 0);
    OPAQUE(verdict);
    return verdict;
}

/* Drops what another program accepts, to measure acceptance without the cost of the stack. */
SEC("xdp.frags")
int ask_and_drop(struct xdp_md *context)
{
    return ask(context) == XDP_ABORTED ? XDP_ABORTED : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
