/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of ICMP, of both families. */
#ifndef EDGEXDP_ICMP_H
#define EDGEXDP_ICMP_H

#include <linux/in.h>
#include <linux/in6.h>

#include "abi.h"

/* <linux/icmp.h> pulls in the C library, which BPF does not have. */
struct icmp_header {
    u8 type;
    u8 code;
    u16 checksum_be;
    u16 id_be; /* for echo and timestamp */
    u16 sequence_be;
};

INLINE bool icmp_is(u8 family, u8 protocol)
{
    return family == FAMILY_IPV4 ? protocol == IPPROTO_ICMP : protocol == IPPROTO_ICMPV6;
}

/* The type of request that an ICMP reply of this type answers, or 0. */
INLINE u8 icmp_request(u8 family, u8 type)
{
    if (family == FAMILY_IPV6)
        return type == 129 ? 128 : 0;
    return type == 0 ? 8 : type == 14 ? 13 : 0;
}

/* Unreachable, time exceeded, parameter problem and packet too big. */
INLINE bool icmp_is_error(u8 family, u8 type)
{
    return family == FAMILY_IPV4 ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4;
}

INLINE bool icmp_is_request(u8 family, u8 type)
{
    return family == FAMILY_IPV6 ? type == 128 : type == 8 || type == 13;
}

#endif
