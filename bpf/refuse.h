/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling senders that their packets were rejected: whether, and how often. The program has judged
 * and counted the packet before, and gives it up for the answer. */
#ifndef EDGEXDP_BPF_REFUSE_H
#define EDGEXDP_BPF_REFUSE_H

#include <edgexdp/refuse.h>

#include "generation.h"

/* Is the sender of a packet with this OUTCOME to be told? The first condition is known to the
 * verifier: without a rule that rejects, nothing of this is in the program. */
INLINE bool refuse_wanted(const struct outcome *outcome, enum direction direction)
{
    return header.switches.refuses & 1u << direction && !header.switches.audit &&
           outcome_refusal(outcome) != REFUSAL_NONE;
}

/* Do packets of DIRECTION get answers? */
INLINE bool refuse_answers(u32 direction)
{
    return header.switches.refuses & 1u << direction ||
           (direction == DIRECTION_IN && header.switches.protects);
}

/* May this CPU send one more? */
INLINE bool refuse_admit(void)
{
    u32 zero = 0;
    struct refusals *mine = bpf_map_lookup_elem(&refusals, &zero);
    if (!mine)
        return false;
    u64 now_ns = bpf_ktime_get_ns(), next = mine->next;
    if (next >= REFUSALS_A_SECOND)
        next = 0;
    u64 *oldest_ns = &mine->sent_ns[next];
    if (*oldest_ns && now_ns - *oldest_ns < SECOND_NS) {
        mine->withheld++;
        return false;
    }
    *oldest_ns = now_ns;
    mine->next = next + 1;
    mine->sent++;
    return true;
}

/* An answer in the making. */
struct refuse_work {
    struct refusal_packet packet;
    u8 link[REFUSAL_LINK_MAX];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct refuse_work);
} refuse_works SEC(".maps");

#endif
