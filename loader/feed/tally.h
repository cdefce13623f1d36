/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was announced, withdrawn and refused, and messages about it: few, whatever comes. */
#ifndef EDGEXDP_FEED_TALLY_H
#define EDGEXDP_FEED_TALLY_H

#include <stdio.h>

#include <edgexdp/abi.h>

/* Different reasons that are counted one by one; what comes later is counted with the last. */
#define TALLY_REASONS 32

struct tally {
    u64 announced, withdrawn, refused, unreadable; /* since the start; the last in lines */
    struct {
        char reason[96];
        u64 count;
    } reasons[TALLY_REASONS];
    size_t reason_count;
    u64 said_since_ns; /* messages are counted from here on: */
    u32 said, unsaid;
};

/* May one more message be printed at NOW_NS? There are ten a second; before the first of the next
 * second, a line says how many more there would have been. */
bool tally_may_say(struct tally *tally, u64 now_ns);

/* Count and, if there is room, say that FLOW, in the words of ExaBGP, is refused for REASON. */
void tally_refuse(struct tally *tally, const char *flow, const char *reason, u64 now_ns);

/* Say how many flows IN_FORCE there are on INTERFACE, and what was counted so far. */
void tally_say(const struct tally *tally, const char *interface, size_t in_force);

#endif
