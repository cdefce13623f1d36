// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes the connection of whoever shows a cookie that carries all options, on tc ingress: only
 * there, and only from Linux 6.9 on, does the kernel let a program do it. It judges nothing:
 * whatever it does not know goes to the stack as it is. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#define CONTEXT struct __sk_buff
/* Offsets count from the IP header: what precedes it differs. */
#define LOAD_BYTES(context, offset, to, bytes)                                                     \
    bpf_skb_load_bytes_relative(context, offset, to, bytes, BPF_HDR_START_NET)

#include "full_cookie.h"
#include "socket.h"

#define IPV4_IS_FRAGMENT 0x3fff /* more fragments, or an offset */

/* Only passed on; libbpf compares the kinds of types, and one that is only declared is another. */
struct sock {
    u8 unread;
};

/* As the kernel declares it. */
struct bpf_tcp_req_attrs {
    u32 rcv_tsval;
    u32 rcv_tsecr;
    u16 mss;
    u8 rcv_wscale;
    u8 snd_wscale;
    u8 ecn_ok;
    u8 wscale_ok;
    u8 sack_ok;
    u8 tstamp_ok;
    u8 usec_ts_ok;
    u8 reserved[3];
};
ASSERT_SIZE(struct bpf_tcp_req_attrs, 20);

extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *context, struct sock *listener,
                                   struct bpf_tcp_req_attrs *attributes, int attributes__sz) __ksym;

volatile u32 always_zero = 0;

static u32 unknown_zero(void)
{
    return always_zero;
}

INLINE bool completer_reads_ipv4(struct __sk_buff *context, struct packet *packet)
{
    struct iphdr ip;

    if (LOAD_BYTES(context, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP ||
        ip.frag_off & to_be16(IPV4_IS_FRAGMENT))
        return false;
    packet->family = FAMILY_IPV4;
    packet->source.words_be[0] = ip.saddr;
    packet->destination.words_be[0] = ip.daddr;
    packet->transport = ip.ihl * 4u;
    return true;
}

/* Nobody sends a cookie back behind extension headers. */
INLINE bool completer_reads_ipv6(struct __sk_buff *context, struct packet *packet)
{
    struct ipv6hdr ip;

    if (LOAD_BYTES(context, 0, &ip, sizeof(ip)) || ip.nexthdr != IPPROTO_TCP)
        return false;
    packet->family = FAMILY_IPV6;
    __builtin_memcpy(packet->source.bytes, &ip.saddr, 16);
    __builtin_memcpy(packet->destination.bytes, &ip.daddr, 16);
    packet->transport = sizeof(ip);
    return true;
}

/* Is it an ACK that could show a cookie? Then PACKET names its ends. */
INLINE bool completer_reads(struct __sk_buff *context, struct packet *packet)
{
    bool is_ip = context->protocol == to_be16(ETH_P_IP)     ? completer_reads_ipv4(context, packet)
                 : context->protocol == to_be16(ETH_P_IPV6) ? completer_reads_ipv6(context, packet)
                                                            : false;
    const struct segment *segment = segment_mine();

    if (!is_ip || !segment || !segment_read(context, packet->transport))
        return false;
    packet->protocol = IPPROTO_TCP;
    packet->source_port = from_be16(segment->tcp.source);
    packet->destination_port = from_be16(segment->tcp.dest);
    return segment->tcp.ack && !segment->tcp.syn && !segment->tcp.rst;
}

INLINE void completer_gives(struct __sk_buff *context, struct sock *listener)
{
    const struct segment *segment = segment_mine();

    if (!segment)
        return;
    u32 stamp = full_cookie_stamp(segment);
    struct full_cookie_terms terms = full_cookie_terms(stamp);
    bool scales = terms.scale != TCP_NO_SCALE;
    struct bpf_tcp_req_attrs attributes = {
        .rcv_tsval = from_be32(segment_word(segment, segment->options.stamp_at)),
        .rcv_tsecr = stamp,
        .mss = terms.mss,
        .rcv_wscale = scales ? terms.own_scale : 0,
        .snd_wscale = scales ? terms.scale : 0,
        .wscale_ok = scales,
        .sack_ok = terms.sack,
        .tstamp_ok = true,
    };
    bpf_sk_assign_tcp_reqsk(context, listener, &attributes, sizeof(attributes));
}

SEC("tc")
int complete(struct __sk_buff *context)
{
    struct packet packet = {};

    if (!cookies_until_is_ahead() || !completer_reads(context, &packet) ||
        !full_cookie_is_shown(&packet))
        return TC_ACT_UNSPEC;
    struct bpf_sock *found = socket_find_of_packet(context, &packet);
    if (!found)
        return TC_ACT_UNSPEC;
    struct sock *listener =
        found->state == BPF_TCP_LISTEN ? (struct sock *)bpf_skc_to_tcp_sock(found) : NULL;
    if (listener)
        completer_gives(context, listener);
    bpf_sk_release(found);
    return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
