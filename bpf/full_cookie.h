/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cookies that carry every option: making one, and looking at one that comes back. */
#ifndef EDGEXDP_BPF_FULL_COOKIE_H
#define EDGEXDP_BPF_FULL_COOKIE_H

#include <edgexdp/full_cookie.h>

#include "segment.h"

INLINE struct full_cookie_key full_cookie_key_mine(void)
{
    const volatile struct full_cookie_key *key = &cookie_key;
    return (struct full_cookie_key){{key->halves[0], key->halves[1]}};
}

/* The cookie for PACKET, with SAID, now. */
WALKED_ONCE int full_cookie_bake(const struct packet *packet, u32 sequence, u32 said,
                                 struct full_cookie *cookie)
{
    struct full_cookie_key key = full_cookie_key_mine();

    if (!packet || !cookie)
        return false;
    *cookie = full_cookie_make(&key, packet, sequence, said,
                               bpf_ktime_get_coarse_ns() / FULL_COOKIE_MINUTE_NS);
    return true;
}

/* The timestamp that SEGMENT, which has some, sends back. */
INLINE u32 full_cookie_stamp(const struct segment *segment)
{
    return from_be32(segment_word(segment, segment->options.stamp_at + 4));
}

/* Does PACKET, whose header was read, show a cookie of ours? */
WALKED_ONCE u32 full_cookie_is_shown(const struct packet *packet)
{
    struct full_cookie_key key = full_cookie_key_mine();
    const struct segment *segment = segment_mine();

    if (!packet || !segment || !segment->options.stamp_at)
        return false;
    struct full_cookie shown = {
        .sequence = from_be32(segment->tcp.ack_seq) - 1,
        .stamp = full_cookie_stamp(segment),
    };
    return full_cookie_is_right(&key, packet, from_be32(segment->tcp.seq) - 1, &shown,
                                bpf_ktime_get_coarse_ns());
}

#endif
