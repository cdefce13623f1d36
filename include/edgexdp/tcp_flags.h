/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flags of TCP that no host sends together. The table is the only definition: it judges packets,
 * diff compares it and export writes it. */
#ifndef EDGEXDP_TCP_FLAGS_H
#define EDGEXDP_TCP_FLAGS_H

#include "types.h"
#include "wire.h"

/* ROW(set, clear): no host sends a segment that has all of SET and none of CLEAR. */
#define TCP_FLAGS_BAD(ROW)                                                                         \
    ROW(TCP_SYN | TCP_FIN, 0)                                                                      \
    ROW(TCP_SYN | TCP_RST, 0)                                                                      \
    ROW(TCP_FIN | TCP_RST, 0)                                                                      \
    ROW(0, TCP_SYN | TCP_RST | TCP_ACK)                                                            \
    ROW(TCP_SYN | TCP_URG, TCP_ACK) /* only PSH, ECE, CWR and data come with a SYN */

/* The flags up to URG have 64 combinations, which are the bits of a number. In each of these, the
 * combinations that have the flag are set. */
#define TCP_FLAGS_TABLE(FLAG)                                                                      \
    FLAG(TCP_FIN, 0xaaaaaaaaaaaaaaaaull)                                                           \
    FLAG(TCP_SYN, 0xccccccccccccccccull)                                                           \
    FLAG(TCP_RST, 0xf0f0f0f0f0f0f0f0ull)                                                           \
    FLAG(TCP_PSH, 0xff00ff00ff00ff00ull)                                                           \
    FLAG(TCP_ACK, 0xffff0000ffff0000ull)                                                           \
    FLAG(TCP_URG, 0xffffffff00000000ull)
#define TCP_FLAGS_LISTED 0x3f

/* The combinations that have all of SET and none of CLEAR. */
INLINE u64 tcp_flags_combinations(u8 set, u8 clear)
{
    u64 combinations = ~0ull;
#define FLAG(flag, having)                                                                         \
    if (set & (flag))                                                                              \
        combinations &= (having);                                                                  \
    if (clear & (flag))                                                                            \
        combinations &= ~(having);
    TCP_FLAGS_TABLE(FLAG)
#undef FLAG
    return combinations;
}

/* Of constants alone: to the compiler it is one number, and costs a packet a shift, not a branch
 * for each row. */
INLINE bool tcp_flags_are_bad(u8 flags)
{
#define ROW(set, clear) | tcp_flags_combinations(set, clear)
    u64 bad = 0 TCP_FLAGS_BAD(ROW);
#undef ROW
    return bad >> (flags & TCP_FLAGS_LISTED) & 1;
}

#endif
