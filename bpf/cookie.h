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

#include "connection.h"
#include "full_cookie.h"
#include "refuse.h"

/* What the kernel is asked with, and what is answered. */
struct cookie_work {
    union {
        struct iphdr ipv4;
        struct ipv6hdr ipv6;
    };
    struct cookie_answer answer;
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

/* Reads the TCP header of PACKET. Returns its length, or 0 if the stack has to see it. */
WALKED_ONCE u32 cookie_read_header(CONTEXT *context, const struct packet *packet)
{
    const struct segment *segment = segment_mine();

    if (!packet || !segment || !header.switches.protects)
        return 0;
    u32 length = segment_read(context, packet->transport);
    return segment->options.is_signed ? 0 : length;
}

/* Of an IP header the kernel only wants version and addresses. */
INLINE s64 cookie_ask4(struct cookie_work *work, const struct packet *packet,
                       struct bpf_sock *found, struct tcphdr *tcp, u32 length)
{
    work->ipv4 = (struct iphdr){.version = 4,
                                .ihl = 5,
                                .saddr = packet->source.words_be[0],
                                .daddr = packet->destination.words_be[0]};
    return bpf_tcp_gen_syncookie(found, &work->ipv4, sizeof(work->ipv4), tcp, length);
}

INLINE s64 cookie_ask6(struct cookie_work *work, const struct packet *packet,
                       struct bpf_sock *found, struct tcphdr *tcp, u32 length)
{
    work->ipv6 = (struct ipv6hdr){.version = 6};
    __builtin_memcpy(&work->ipv6.saddr, packet->source.bytes, 16);
    __builtin_memcpy(&work->ipv6.daddr, packet->destination.bytes, 16);
    return bpf_tcp_gen_syncookie(found, &work->ipv6, sizeof(work->ipv6), tcp, length);
}

/* Asks the kernel for a cookie for PACKET, whose TCP header was read. It gives one if a listener is
 * there and no remnant of an older connection; and if net.ipv4.tcp_syncookies is 2, or is 1 and the
 * listener's queue is full. From then on the listener believes cookies for two minutes. Returns
 * COOKIE_GIVEN, and COOKIE_MAY_BE_FULL if programs may complete the listener's connections. */
#define COOKIE_GIVEN       1u
#define COOKIE_MAY_BE_FULL 2u
WALKED_ONCE u32 cookie_ask(CONTEXT *context, const struct packet *packet, u32 length)
{
    struct cookie_work *work = cookie_work_mine();
    struct segment *segment = segment_mine();
    s64 cookie = -1;
    bool plain = false;

    length = bounded(length, 63);
    if (!packet || !work || !segment || !header.switches.protects || length < TCP_HEADER_MIN)
        return 0;
    struct bpf_sock *found = socket_find_of_packet(context, packet);
    if (!found)
        return 0;
    if (found->state == BPF_TCP_LISTEN) {
        cookie = packet->family == FAMILY_IPV6
                     ? cookie_ask6(work, packet, found, &segment->tcp, length)
                     : cookie_ask4(work, packet, found, &segment->tcp, length);
        plain = header.seated.full && socket_is_plain(found);
    }
    bpf_sk_release(found);
    work->answer.is_full = false;
    work->answer.sequence = (u32)cookie;
    return cookie < 0 ? 0 : plain ? COOKIE_GIVEN | COOKIE_MAY_BE_FULL : COOKIE_GIVEN;
}

/* The least segment sizes for which the kernel lets programs make connections. */
#define COOKIE_MSS_MIN4 536u
#define COOKIE_MSS_MIN6 1220u

/* Puts a cookie that carries all options in the place of the kernel's own, if the client sent
 * timestamps, and its TCP header, of LENGTH bytes, has room for the answer's. */
WALKED_ONCE int cookie_fill(const struct packet *packet, u32 length)
{
    struct cookie_work *work = cookie_work_mine();
    const struct segment *segment = segment_mine();
    struct full_cookie cookie = {};

    if (!packet || !work || !segment || !header.seated.full || !segment->options.stamp_at)
        return false;
    struct cookie_answer *answer = &work->answer;
    u16 least = packet->family == FAMILY_IPV6 ? COOKIE_MSS_MIN6 : COOKIE_MSS_MIN4;
    u8 offers = header.seated.full;
    answer->terms = (struct full_cookie_terms){
        .mss = segment->options.mss ? segment->options.mss : least,
        .scale = offers & FULL_COOKIES_SCALE ? segment->options.scale : TCP_NO_SCALE,
        .own_scale = offers & FULL_COOKIES_OWN_SCALE,
        .sack = offers & FULL_COOKIES_SACK && segment->options.sack,
    };
    if (answer->terms.mss < least || length < cookie_full_bytes(&answer->terms) ||
        !full_cookie_bake(packet, from_be32(segment->tcp.seq), full_cookie_say(&answer->terms),
                          &cookie))
        return false;
    answer->sequence = cookie.sequence;
    answer->stamp = cookie.stamp;
    answer->echoed_be = segment_word(segment, segment->options.stamp_at);
    answer->is_full = true;
    return true;
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
    u32 length = cookie_read_header(world->state, packet);
    u32 given = length ? cookie_ask(world->state, packet, length) : 0;
    if (given & COOKIE_MAY_BE_FULL)
        cookie_fill(packet, length);
    return given;
}

/* Is the packet with this OUTCOME, a SYN, answered with the cookie that was just asked for? */
INLINE bool cookie_is_wanted(const struct outcome *outcome)
{
    return header.switches.protects && !header.switches.audit && outcome_is_cookie(outcome);
}

/* Makes the answer to PACKET: see cookie_make(). */
INLINE bool cookie_write(CONTEXT *context, const struct packet *packet, u32 network, u32 length,
                         struct refusal_packet *p)
{
    const struct segment *segment = segment_mine();
    struct cookie_work *work = cookie_work_mine();
    u32 mtu = 0;

    if (!work || !segment)
        return false;
    bpf_check_mtu(context, 0, &mtu, 0, 0);
    work->answer.mss = cookie_mss(mtu, packet->family == FAMILY_IPV6, work->mss);
    cookie_make(packet, &segment->tcp, network, length, &work->answer, p);
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
    return header.switches.protects && !header.switches.tcp_state &&
           outcome->kind == OUTCOME_RULE && outcome->verdict == VERDICT_ACCEPT &&
           packet->protocol == IPPROTO_TCP && cookie_check_applies(packet) &&
           cookies_until_is_ahead();
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
