/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYN cookies: asking the kernel for one, and sending it. The includer defines CONTEXT and
 * LOAD_BYTES: see frame.h.
 *
 * The kernel is asked for each SYN, with the socket that it finds for it. A helper that needs no
 * socket would save a twentieth of what the answer costs; but then listeners that have just closed
 * would be answered for, and clients who come again from a port of which this host remembers the
 * last connection would hang.
 */
#ifndef EDGEXDP_BPF_COOKIE_H
#define EDGEXDP_BPF_COOKIE_H

#include <edgexdp/cookie.h>
#include <edgexdp/flow.h>

#include "connection.h"
#include "refuse.h"

/* What the kernel is asked with, and what it said. */
struct cookie_work {
    union {
        struct iphdr ipv4;
        struct ipv6hdr ipv6;
    };
    union {
        struct tcphdr tcp;
        u8 bytes[64];
    };
    u32 cookie;
    u32 mss; /* of the policy */
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct cookie_work);
} cookie_works SEC(".maps");

INLINE struct cookie_work *cookie_work_mine(void)
{
    u32 zero = 0;
    return bpf_map_lookup_elem(&cookie_works, &zero);
}

/* Copies the TCP header of PACKET. Returns its length, or 0 if the stack has to see it. */
WALKED_ONCE u32 cookie_copy_header(CONTEXT *context, const struct packet *packet)
{
    struct cookie_work *work = cookie_work_mine();

    if (!packet || !work || !header.switches.protects ||
        LOAD_BYTES(context, packet->transport, work->bytes, COOKIE_TCP_MIN))
        return 0;
    u32 length = bounded(work->tcp.doff * 4u, 63);
    if (length < COOKIE_TCP_MIN || length > COOKIE_TCP_MAX ||
        LOAD_BYTES(context, packet->transport, work->bytes, length))
        return 0;
    return cookie_is_signed(work->bytes, length) ? 0 : length;
}

/* Of an IP header the kernel only wants version and addresses. */
INLINE s64 cookie_ask4(struct cookie_work *work, const struct packet *packet,
                       struct bpf_sock *found, u32 length)
{
    work->ipv4 = (struct iphdr){.version = 4,
                                .ihl = 5,
                                .saddr = packet->source.words_be[0],
                                .daddr = packet->destination.words_be[0]};
    return bpf_tcp_gen_syncookie(found, &work->ipv4, sizeof(work->ipv4), &work->tcp, length);
}

INLINE s64 cookie_ask6(struct cookie_work *work, const struct packet *packet,
                       struct bpf_sock *found, u32 length)
{
    work->ipv6 = (struct ipv6hdr){.version = 6};
    __builtin_memcpy(&work->ipv6.saddr, packet->source.bytes, 16);
    __builtin_memcpy(&work->ipv6.daddr, packet->destination.bytes, 16);
    return bpf_tcp_gen_syncookie(found, &work->ipv6, sizeof(work->ipv6), &work->tcp, length);
}

/* Asks the kernel for a cookie for PACKET, whose TCP header has been copied. It gives one if a
 * listener is there and no remnant of an older connection; and if net.ipv4.tcp_syncookies is 2, or
 * is 1 and the listener's queue is full. From then on the listener believes cookies for two
 * minutes.
 */
WALKED_ONCE u32 cookie_ask(CONTEXT *context, const struct packet *packet, u32 length)
{
    struct cookie_work *work = cookie_work_mine();
    struct flow_key key;
    s64 cookie = -1;

    length = bounded(length, 63);
    if (!packet || !work || !header.switches.protects || length < COOKIE_TCP_MIN ||
        !flow_key_of(packet, DIRECTION_IN, &key))
        return false;
    struct bpf_sock *found = socket_find(context, &key, false);
    if (!found)
        return false;
    if (found->state == BPF_TCP_LISTEN)
        cookie = packet->family == FAMILY_IPV6 ? cookie_ask6(work, packet, found, length)
                                               : cookie_ask4(work, packet, found, length);
    bpf_sk_release(found);
    work->cookie = (u32)cookie;
    return cookie >= 0;
}

WALKED_ONCE u32 cookie_is_due_apart(const struct packet *packet, u32 rule, u32 packets)
{
    struct world mine = {.packets = packets};
    struct cookie_work *work = cookie_work_mine();

    if (!packet || !work || !header.switches.protects || !tables_init(&mine.tables))
        return false;
    const struct tables_protect *protect = cookie_protect_of(&mine.tables, rule);
    if (!protect)
        return false;
    work->mss = protect->mss;
    return cookie_is_due(&mine, packet, protect);
}

static bool world_answers(struct world *world, const struct packet *packet, u32 rule)
{
    if (!cookie_is_due_apart(packet, rule, world->packets))
        return false;
    u32 length = cookie_copy_header(world->state, packet);
    return length && cookie_ask(world->state, packet, length);
}

/* Is the packet with this OUTCOME, a SYN, answered with the cookie that was just asked for? */
INLINE bool cookie_is_wanted(const struct outcome *outcome)
{
    return header.switches.protects && !header.switches.audit && outcome->kind == OUTCOME_REASON &&
           outcome->reason == REASON_SYN_COOKIE;
}

/* Makes the answer to PACKET: see cookie_make(). */
INLINE bool cookie_write(CONTEXT *context, const struct packet *packet, u32 network, u32 length,
                         struct refusal_packet *p)
{
    const struct cookie_work *work = cookie_work_mine();
    u32 mtu = 0;

    if (!work)
        return false;
    bpf_check_mtu(context, 0, &mtu, 0, 0);
    cookie_make(packet, &work->tcp, network, length, work->cookie,
                cookie_mss(mtu, packet->family == FAMILY_IPV6, work->mss), p);
    return true;
}

/* For as long as the kernel believes a cookie. */
#define COOKIE_LIFE_NS (120 * SECOND_NS)

/* Counts one that is sent. The word is stored once a second, not each time: all CPUs share it. */
INLINE void cookie_count_sent(void)
{
    volatile struct cookies_until *until = &cookies_until;
    u64 next_ns = bpf_ktime_get_coarse_ns() + COOKIE_LIFE_NS + SECOND_NS;
    u32 zero = 0;
    struct cookies *mine = bpf_map_lookup_elem(&cookies, &zero);

    if (mine)
        mine->sent++;
    if (next_ns - until->ns > SECOND_NS)
        until->ns = next_ns;
}

/* Might PACKET, which is accepted, return a cookie that is not counted yet? With `tcp-state` it is.
 */
INLINE bool cookie_may_return(const struct outcome *outcome, const struct packet *packet)
{
    const volatile struct cookies_until *until = &cookies_until;

    return header.switches.protects && !header.switches.tcp_state &&
           outcome->kind == OUTCOME_RULE && outcome->verdict == VERDICT_ACCEPT &&
           packet->protocol == IPPROTO_TCP && cookie_check_applies(packet) && until->ns &&
           bpf_ktime_get_coarse_ns() < until->ns;
}

/* Counts the cookie that PACKET, which RULE accepts, returns: if it protects, and only a listener
 * is there. */
WALKED_ONCE u32 cookie_count_returned(CONTEXT *context, const struct packet *packet, u32 rule)
{
    struct tables mine;

    if (!packet || !header.switches.protects || !tables_init(&mine) ||
        !cookie_protect_of(&mine, rule) ||
        connection_socket(context, packet) != SOCKET_TAKES_COOKIES)
        return false;
    return cookie_check_returned(context, packet);
}

#endif
