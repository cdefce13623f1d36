/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting what is dropped by default, by service and network: see edgexdp/dropped_count.h. */
#ifndef EDGEXDP_BPF_DROPPED_H
#define EDGEXDP_BPF_DROPPED_H

#include <edgexdp/dropped_count.h>

#include "generation.h"

static struct dropped_line *dropped_line(u32 index)
{
    return bpf_map_lookup_elem(&dropped, &index);
}

/* The first condition is known to the verifier: a policy without log = drops has nothing of this in
 * its programs. The barrier keeps the compiler from reading the outcome before. */
INLINE bool dropped_is_wanted(const struct outcome *outcome)
{
    if (!header.switches.log_drops)
        return false;
    __asm__ volatile("" ::: "memory");
    return outcome->kind == OUTCOME_REASON && outcome->reason == REASON_DEFAULT &&
           outcome->verdict == VERDICT_DROP;
}

/* Counts a packet with this OUTCOME, which is wanted, and marks it to be reported. Call this after
 * generation_count(), which has just asked for the time. */
WALKED_ONCE int dropped_remember(struct outcome *outcome, const struct packet *packet,
                                 u32 direction, u64 packets, u64 bytes)
{
    u32 slot = REASON_SLOT(REASON_DEFAULT, direction, VERDICT_DROP);
    struct reason_counter *counter = bpf_map_lookup_elem(&reasons, &slot);
    u64 seed;

    if (!outcome || !packet || !counter)
        return 0;
    outcome->log = 1;
    struct dropped one = dropped_of(packet, direction, header.switches.audit);
    one.packets = packets;
    one.bytes = bytes;
    one.last_seen_ns = counter->last_seen_ns;
    __builtin_memcpy(&seed, refusing.token, sizeof(seed));
    dropped_count(&one, seed);
    return 0;
}

#endif
