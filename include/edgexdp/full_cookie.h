/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYN cookies that carry every option. The kernel's own have room for the segment size only. Where
 * it lets a program make the connection (bpf_sk_assign_tcp_reqsk(), from Linux 6.9 on), a client
 * that sends timestamps is answered with one of these: the rest stands in the timestamp that it
 * sends back. What protects them is a hash with a key, of which 51 bits are seen: 32 as the
 * sequence number, 19 in the timestamp.
 */
#ifndef EDGEXDP_FULL_COOKIE_H
#define EDGEXDP_FULL_COOKIE_H

#include "packet.h"
#include "siphash.h"
#include "tcp_options.h"

/* What a timestamp says, from the lowest bit on. */
#define FULL_COOKIE_SCALE     0xfu /* the client's window scale, or TCP_NO_SCALE */
#define FULL_COOKIE_OWN_SHIFT 4    /* our own, of four bits */
#define FULL_COOKIE_SACK      0x100u
#define FULL_COOKIE_MSS_SHIFT 9 /* a place in the table below */
#define FULL_COOKIE_MSS_MASK  7u
#define FULL_COOKIE_SAID      0xfffu
#define FULL_COOKIE_ODD       0x1000u /* it was made in an odd minute */
#define FULL_COOKIE_HASH_AT   13      /* the hash's upper bits */

/* A cookie holds in the minute in which it was made and in the next one, as the kernel's own do. */
#define FULL_COOKIE_MINUTE_NS (60 * SECOND_NS)

/* What the client and we agree on. */
struct full_cookie_terms {
    u16 mss;      /* the largest segment that the client takes, at most */
    u8 scale;     /* of its window, or TCP_NO_SCALE: then neither side scales */
    u8 own_scale; /* of ours */
    bool sack;
};

/* Both numbers of a cookie. */
struct full_cookie {
    u32 sequence;
    u32 stamp;
};

/* The sizes that a cookie can say; what lies between is rounded down. */
INLINE u16 full_cookie_mss(u32 place)
{
    switch (place) {
    case 0:
        return 536;
    case 1:
        return 1220;
    case 2:
        return 1300;
    case 3:
        return 1360;
    case 4:
        return 1400;
    case 5:
        return 1440;
    case 6:
        return 1460;
    default:
        return 8940;
    }
}

INLINE u32 full_cookie_place(u16 mss)
{
    u32 place = FULL_COOKIE_MSS_MASK;

    while (place && full_cookie_mss(place) > mss)
        place--;
    return place;
}

INLINE u32 full_cookie_say(const struct full_cookie_terms *terms)
{
    return (terms->scale & FULL_COOKIE_SCALE) |
           (u32)(terms->own_scale & FULL_COOKIE_SCALE) << FULL_COOKIE_OWN_SHIFT |
           (terms->sack ? FULL_COOKIE_SACK : 0) |
           full_cookie_place(terms->mss) << FULL_COOKIE_MSS_SHIFT;
}

INLINE struct full_cookie_terms full_cookie_terms(u32 stamp)
{
    return (struct full_cookie_terms){
        .mss = full_cookie_mss(stamp >> FULL_COOKIE_MSS_SHIFT & FULL_COOKIE_MSS_MASK),
        .scale = stamp & FULL_COOKIE_SCALE,
        .own_scale = stamp >> FULL_COOKIE_OWN_SHIFT & FULL_COOKIE_SCALE,
        .sack = stamp & FULL_COOKIE_SACK,
    };
}

/* The cookie for the two ends of PACKET, which comes in, and whose sender began at SEQUENCE; SAID
 * are terms, MINUTE is when it is made. */
INLINE struct full_cookie full_cookie_make(const struct full_cookie_key *key,
                                           const struct packet *packet, u32 sequence, u32 said,
                                           u64 minute)
{
    u64 words[6] = {
        (u64)sequence << 32 | (u32)packet->source_port << 16 | packet->destination_port,
        minute << 16 | (u64)packet->family << 12 | said,
    };
    u64 hash;

    if (packet->family == FAMILY_IPV6) {
        words[2] = packet->source.halves_be[0];
        words[3] = packet->source.halves_be[1];
        words[4] = packet->destination.halves_be[0];
        words[5] = packet->destination.halves_be[1];
        hash = siphash(words, 6, key->halves[0], key->halves[1]);
    } else {
        words[2] = (u64)packet->source.words_be[0] << 32 | packet->destination.words_be[0];
        hash = siphash(words, 3, key->halves[0], key->halves[1]);
    }
    return (struct full_cookie){
        .sequence = (u32)hash,
        .stamp =
            (u32)(hash >> 32) << FULL_COOKIE_HASH_AT | (minute & 1 ? FULL_COOKIE_ODD : 0) | said,
    };
}

/* Does PACKET, whose sender began at SEQUENCE, show a cookie that was made for it? SHOWN are the
 * numbers that it acknowledges and sends back. */
INLINE bool full_cookie_is_right(const struct full_cookie_key *key, const struct packet *packet,
                                 u32 sequence, const struct full_cookie *shown, u64 now_ns)
{
    u64 minute = now_ns / FULL_COOKIE_MINUTE_NS;
    bool odd = shown->stamp & FULL_COOKIE_ODD;

    if ((minute & 1) != odd)
        minute--;
    struct full_cookie right =
        full_cookie_make(key, packet, sequence, shown->stamp & FULL_COOKIE_SAID, minute);
    return right.sequence == shown->sequence && right.stamp == shown->stamp;
}

#endif
