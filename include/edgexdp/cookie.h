/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `protect = syn-cookies`: what opens a connection to a listener of this host is answered by the
 * packet path with the kernel's own SYN cookie, so that forged SYNs cost the host next to nothing
 * and leave nothing behind. The client's ACK shows the cookie, and the kernel makes the connection.
 * Written once for the kernel side and for user space.
 */
#ifndef EDGEXDP_COOKIE_H
#define EDGEXDP_COOKIE_H

#include "full_cookie.h"
#include "limits.h"
#include "outcome.h"
#include "refuse.h"
#include "tcp_options.h"

/* The answer's header: the only option that the kernel's cookie has room for is the segment size.
 */
#define COOKIE_ANSWER_BYTES 24u
#define COOKIE_FULL_BYTES   40u /* see full_cookie.h; with a window scale */
/* As Linux offers at first, unscaled; its first ACK tells what it really has room for. */
#define COOKIE_WINDOW 64240u

/* How RULE protects its listeners; NULL: it does not. */
INLINE const struct tables_protect *cookie_protect_of(const struct tables *tables, u32 rule)
{
    const struct tables_protect *list =
        (const struct tables_protect *)(const void *)(tables->words + tables->header->protects);
    u32 count = tables->header->protects_count;

    if (!count)
        return NULL;
    OPAQUE(count); /* as in tables_limit() */
    if (rule >= count)
        return NULL;
    list += bounded(rule, ~0u >> 4);
    return list->on ? list : NULL;
}

/* Does the rule of PROTECT get more new connections than it may before it is protected? Unlike for
 * a limit, what comes above the rate is charged too, up to the burst: so all of it is over the rate
 * for as long as that much comes. A flood does not store each time: what is missing for the burst
 * after a quarter of a packet's time does not matter. */
INLINE bool cookie_is_due(struct world *world, const struct packet *packet,
                          const struct tables_protect *protect)
{
    const struct tables_limit *over =
        protect->over ? tables_limit(&world->tables, protect->over - 1) : NULL;
    struct limit_charge charge = {};

    if (!over)
        return true;
    u64 now_ns = world_limit_ns(world), now = now_ns >> LIMIT_UNIT_SHIFT;
    u64 most = limits_most(world, over);
    bool room = limits_have_room(world, over, packet, now_ns, &charge);
    if (!charge.way || !world->packets)
        return !room;
    if (room && limit_take(most, now, &charge))
        return false;
    if (charge.ahead + charge.units / 4 < most)
        __sync_val_compare_and_swap(charge.way, charge.before,
                                    (now + most) << LIMIT_TAG_BITS |
                                        (charge.after & LIMIT_TAG_MASK));
    return true;
}

/* The largest segment that clients may send: OWN if that is not 0, else what fits packets of MTU
 * bytes. */
INLINE u16 cookie_mss(u32 mtu, bool six, u32 own)
{
    u32 headers = TCP_HEADER_MIN + (six ? (u32)sizeof(struct ipv6hdr) : (u32)sizeof(struct iphdr));

    if (own)
        return (u16)own;
    if (mtu > 0xffff)
        mtu = 0xffff;
    return (u16)(mtu > headers + 536 ? mtu - headers : 536);
}

/* What a SYN is answered with. */
struct cookie_answer {
    u32 sequence; /* the cookie */
    u16 mss;
    bool is_full; /* with these: */
    u32 stamp;
    u32 echoed_be; /* the client's timestamp */
    struct full_cookie_terms terms;
};

#define COOKIE_NONES 0x0101u /* two options that fill up words */

/* The header with a full cookie. */
INLINE u32 cookie_full_bytes(const struct full_cookie_terms *terms)
{
    return terms->scale == TCP_NO_SCALE ? COOKIE_FULL_BYTES - 4 : COOKIE_FULL_BYTES;
}

/* Writes what a full cookie has besides the segment size, from word AT of *P on. */
INLINE void cookie_put_options(struct refusal_packet *p, u32 at, const struct cookie_answer *answer)
{
    const struct full_cookie_terms *terms = &answer->terms;

    p->words[at] = to_be32((terms->sack ? TCP_OPTION_SACK << 8 | 2u : COOKIE_NONES) << 16 |
                           TCP_OPTION_STAMPS << 8 | 10u);
    p->words[at + 1] = to_be32(answer->stamp);
    p->words[at + 2] = answer->echoed_be;
    p->words[at + 3] =
        terms->scale == TCP_NO_SCALE
            ? 0
            : to_be32(TCP_OPTION_NONE << 24 | TCP_OPTION_SCALE << 16 | 3u << 8 | terms->own_scale);
}

/* Makes *P, ANSWER to PACKET, a bare SYN with the header TCP, from where the IP header begins on.
 * With MSS 0 it has no option. */
INLINE void cookie_put(struct refusal_packet *p, const struct packet *packet,
                       const struct tcphdr *tcp, bool six, const struct cookie_answer *answer,
                       u16 mss, bool full)
{
    u32 at = REFUSE_IP(six), most = full ? COOKIE_FULL_BYTES : COOKIE_ANSWER_BYTES;
    u32 bytes = full ? cookie_full_bytes(&answer->terms) : mss ? most : TCP_HEADER_MIN;

    refuse_put_ip(p, packet, six, IPPROTO_TCP, bytes);
    p->halves[at] = tcp->dest;
    p->halves[at + 1] = tcp->source;
    p->words[at / 2 + 1] = to_be32(answer->sequence);
    p->words[at / 2 + 2] = to_be32(from_be32(tcp->seq) + 1);
    p->words[at / 2 + 3] = to_be32((bytes / 4 << 12 | TCP_SYN | TCP_ACK) << 16 | COOKIE_WINDOW);
    p->words[at / 2 + 4] = 0;
    p->words[at / 2 + 5] = mss ? to_be32(TCP_OPTION_MSS << 24 | 4u << 16 | mss) : 0;
    if (full)
        cookie_put_options(p, at / 2 + 6, answer);
    p->halves[at + 8] = refuse_checksum(refuse_sum(p, at, most / 2) +
                                        refuse_sum_pseudo(p, six, IPPROTO_TCP, bytes));
    p->length = 2 * at + bytes;
}

INLINE void cookie_put_either(struct refusal_packet *p, const struct packet *packet,
                              const struct tcphdr *tcp, bool six,
                              const struct cookie_answer *answer, bool roomy)
{
    if (answer->is_full)
        cookie_put(p, packet, tcp, six, answer, answer->mss, true);
    else
        cookie_put(p, packet, tcp, six, answer, roomy ? answer->mss : 0, false);
}

/* Makes *P as above, for the frame of PACKET, of LENGTH bytes, whose IP header is at NETWORK. A
 * frame may have no room to grow: the option is left out where it does not fit. Such a client has
 * sent no option either. What is written is inlined once for each family and kind: see
 * refuse_make(). */
INLINE void cookie_make(const struct packet *packet, const struct tcphdr *tcp, u32 network,
                        u32 length, const struct cookie_answer *answer, struct refusal_packet *p)
{
    bool six = packet->family == FAMILY_IPV6;
    bool roomy = length >= network + 2 * REFUSE_IP(six) + COOKIE_ANSWER_BYTES;

    if (six)
        cookie_put_either(p, packet, tcp, true, answer, roomy);
    else
        cookie_put_either(p, packet, tcp, false, answer, roomy);
    p->network = network;
    p->inserted = 0;
    p->kept = refuse_keep(network + p->length, packet->transport, length);
}

/* What becomes of incoming PACKET, for which OUTCOME is what the rule of LEAF and all else says. */
INLINE struct outcome cookie_judge(struct world *world, const struct packet *packet, u32 leaf,
                                   struct outcome outcome)
{
    if (!world->tables.header->switches.protects || !(leaf & EDGE_PROTECTED) ||
        outcome.verdict != VERDICT_ACCEPT || !packet_opens_connection(packet) ||
        packet->first_fragment ||
        !tables_is_self(&world->tables, packet->family, packet->destination.bytes) ||
        !world_answers(world, packet, outcome.rule))
        return outcome;
    outcome.kind = OUTCOME_REASON;
    outcome.reason = REASON_SYN_COOKIE;
    /* It goes no further; in audit mode nothing is answered, and it does. */
    outcome.verdict = world->tables.header->switches.audit ? VERDICT_ACCEPT : VERDICT_DROP;
    return outcome;
}

#endif
