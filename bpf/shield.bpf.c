/* SPDX-License-Identifier: GPL-2.0-or-later */
/* While the program on an interface's way in is taken off and put back, in front of nobody else:
 * what comes in then is dropped, since nobody could judge it. Should whoever put it there be
 * killed, it drops nothing any more after a while. */
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
