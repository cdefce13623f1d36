/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both sides of the generator share: how one packet becomes many. */
#ifndef EDGEXDP_GENERATE_H
#define EDGEXDP_GENERATE_H

#include <edgexdp/types.h>

/* Room for the frame with its additions, and the mask for offsets that may be written. */
#define FRAME_ROOM 72
#define FRAME_MASK 63

/* A record of a pool: the words of an address, then those of both ports, as on the wire. */
#define RECORD_WORDS_IPV4 2
#define RECORD_WORDS_IPV6 5

struct plan {
    u32 ifindex; /* 0: none, drop the packet */
    u32 source_at, checksum_at, ports_at;
    u32 source, sources; /* the last 32 bits of the first address, and how many there are */
    u32 source_port, source_ports;
    u32 port, ports;
    u32 sum;          /* of the IPv4 header without the last 32 bits of that address */
    u32 tcp_at;       /* where TCP over IPv4 has its checksum; 0: leave it */
    u32 tcp_sum;      /* of its header and the pseudo header without source and ports */
    u32 record_words; /* 0: no pool, use all of the above instead */
    u32 pool_words;
    u32 apart_ns; /* 0: no time passes between two packets but what they take */
    u32 whole;    /* 1: write all of this, too: frames are used again, and somebody changes them */
    u64 frame[FRAME_ROOM / 8];
};

#endif
