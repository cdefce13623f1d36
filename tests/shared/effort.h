/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGEXDP_TEST_EFFORT_H
#define EDGEXDP_TEST_EFFORT_H

#include <edgexdp/types.h>

/* How much a test does: EDGEXDP_SEED, EDGEXDP_POLICIES and EDGEXDP_PACKETS, if set, decide. */
struct effort {
    u64 seed;
    unsigned int policies, packets;
};

struct effort effort_read(unsigned int policies, unsigned int packets);

#endif
