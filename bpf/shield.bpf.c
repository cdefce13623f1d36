/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs while an interface's inbound program is taken off and put back, with no other in its place:
 * it drops incoming packets, because nothing could judge them. If the process that attached it is
 * killed, it stops dropping after a while. */
#include <edgexdp/types.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

const volatile u64 until_ns; /* CLOCK_MONOTONIC */

SEC("tc")
int shield(struct __sk_buff *skb)
{
    return bpf_ktime_get_ns() < until_ns ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
