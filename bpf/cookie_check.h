/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYN cookies of the kernel that come back. The includer defines what frame.h needs. */
#ifndef EDGEXDP_BPF_COOKIE_CHECK_H
#define EDGEXDP_BPF_COOKIE_CHECK_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include "full_cookie.h"
#include "generation.h"

/* Does the segment PACKET acknowledge a SYN cookie that the kernel made for its two ends in the
 * last two minutes? That proves its source, and no socket is needed to know. The kernel looks at
 * addresses, ports and numbers only. */
WALKED_ONCE u32 cookie_check_passes(CONTEXT *context, const struct packet *packet)
{
    struct tcphdr tcp;

    if (!packet || LOAD_BYTES(context, packet->transport, &tcp, sizeof(tcp)))
        return false;
    if (packet->family == FAMILY_IPV4) {
        struct iphdr ip = {};
        ip.saddr = packet->source.words_be[0];
        ip.daddr = packet->destination.words_be[0];
        return !bpf_tcp_raw_check_syncookie_ipv4(&ip, &tcp);
    }
    struct ipv6hdr ip = {};
    __builtin_memcpy(&ip.saddr, packet->source.bytes, 16);
    __builtin_memcpy(&ip.daddr, packet->destination.bytes, 16);
    return !bpf_tcp_raw_check_syncookie_ipv6(&ip, &tcp);
}

/* The same for a cookie of ours that carries all options, while they are given. */
WALKED_ONCE u32 cookie_check_passes_full(CONTEXT *context, const struct packet *packet)
{
    return packet && header.switches.protects && header.seated.full &&
           segment_read(context, packet->transport) && full_cookie_is_shown(packet);
}

/* Either, for an ACK to a listener, counted. */
WALKED_ONCE u32 cookie_check_returned(CONTEXT *context, const struct packet *packet)
{
    u32 valid = cookie_check_passes_full(context, packet) || cookie_check_passes(context, packet);
    u32 zero = 0;
    struct cookies *mine = bpf_map_lookup_elem(&cookies, &zero);

    if (mine && valid)
        mine->valid++;
    else if (mine)
        mine->invalid++;
    return valid;
}

/* Could PACKET be what a client answers to a cookie? The listener ignores anything else. */
INLINE bool cookie_check_applies(const struct packet *packet)
{
    return (packet->tcp_flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK;
}

#endif
