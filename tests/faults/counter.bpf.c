// SPDX-License-Identifier: GPL-2.0-or-later
/* After the filter: counts UDP over IPv4 by the last two bits of its port, and drops it. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} passed SEC(".maps");

struct headers {
    struct ethhdr ethernet;
    struct iphdr ip;
    struct udphdr udp;
} __attribute__((packed));

SEC("tc")
int counter(struct __sk_buff *packet)
{
    struct headers *headers = (void *)(long)packet->data;

    if ((void *)(headers + 1) > (void *)(long)packet->data_end ||
        headers->ethernet.h_proto != bpf_htons(ETH_P_IP) || headers->ip.protocol != IPPROTO_UDP)
        return TC_ACT_UNSPEC;
    __u32 key = bpf_ntohs(headers->udp.dest) & 3;
    __u64 *count = bpf_map_lookup_elem(&passed, &key);
    if (count)
        ++*count;
    return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
