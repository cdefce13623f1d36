/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What limits drop, told to the journal: at once, and then at most once a minute, so that a flood
 * makes a few lines. */
#ifndef EDGEXDP_SERVICE_HELD_H
#define EDGEXDP_SERVICE_HELD_H

#include "guarding.h"

struct held {
    const struct guarding *guarding; /* not ours */
    u64 attached_at_ns;              /* of the state that was told of */
    u64 told_at_ns;
    u64 *told; /* packets, by rule number */
    size_t count;
};

/* Call after each look at the interface. */
void held_follow(struct held *held);

void held_end(struct held *held);

#endif
