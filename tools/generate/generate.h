/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both sides of the generator know: how one packet becomes many. */
#ifndef EDGEXDP_GENERATE_H
#define EDGEXDP_GENERATE_H

#include <edgexdp/types.h>

/* The frame, with what is added to it, and where in it something may be written. */
#define FRAME_ROOM 72
#define FRAME_MASK 63

struct plan {
    u32 ifindex; /* 0: nowhere, drop it */
    u32 source_at, checksum_at, ports_at;
    u32 source, sources; /* the last 32 bits of the first address, and how many there are */
    u32 source_port, source_ports;
    u32 port, ports;
    u32 sum; /* of the IPv4 header without that half of the address */
};

#endif
