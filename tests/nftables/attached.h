/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An interface guarded by edgexdp, and what happens to each frame sent through it. */
#ifndef EDGEXDP_TEST_ATTACHED_H
#define EDGEXDP_TEST_ATTACHED_H

#include "../kernel/cable.h"
#include "../kernel/seated.h"

struct attached {
    struct seated seated;
    struct cable cable;
    int seen; /* the pinned map */
    u64 sent[DIRECTIONS];
};

/* Guards INSIDE of the sandbox by the policy TEXT, which must outlive it. */
void attached_open(struct attached *attached, const char *text);
void attached_close(struct attached *attached);

/* Can the program say what it thinks of WIRE? Not of TCP that goes out and is longer than a test
 * run takes. */
bool attached_can_judge(const struct attached *attached, const struct wire *wire);

/* Sends WIRE and returns whether it arrives at the other end. */
bool attached_passes(struct attached *attached, const struct wire *wire);

/* Do rules, replies and reasons add up to the packets that were sent, in each direction? If not,
 * prints what does not. */
bool attached_is_conserved(const struct attached *attached);

#endif
