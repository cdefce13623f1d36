/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns a packet in words into a frame, and says how to vary it. */
#ifndef EDGEXDP_PLAN_H
#define EDGEXDP_PLAN_H

#include "../../loader/judge/frame_build.h"
#include "generate.h"

struct request {
    u64 count;        /* 0: no limit */
    u64 seconds;      /* 0: no limit */
    u64 warm;         /* number of packets sent first, which are not measured */
    int cpu;          /* -1: any */
    const char *pool; /* a file of records, or NULL */
    struct plan plan;
    u8 frame[FRAME_BUILD_BYTES];
    size_t length;
};

/* Fill in the frame and the plan from PACKET. Both functions return 0, or -errno after saying
 * why. */
int plan_packet(struct request *request, const char *packet);

/* Read request->pool, if there is one, into *records, for the caller to free. */
int plan_pool(struct request *request, u32 **records);

#endif
