/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples of all packets, for listeners that ask who sends what. Every packet is taken as long as a
 * CPU takes no more than its pace allows, on average over a moment; beyond that, fewer and fewer:
 * one of 2, of 4 and so on. Each sample says how many packets it stands for.
 */
#ifndef EDGEXDP_BPF_SAMPLE_H
#define EDGEXDP_BPF_SAMPLE_H

#include "generation.h"

/* A CPU that has taken fewer samples than it may saves up this much time at most. Half of it is
 * spent freely; then each further step doubles the number of packets for which a sample stands. */
#define SAMPLE_SAVINGS_NS (1ull << 28)
#define SAMPLE_STEP_SHIFT 23
#define SAMPLE_STEPS      16 /* in half of the savings */

/* After so many jiffies without a sample, a decision made in a flood that has ended is forgotten.
 */
#define SAMPLE_STALE_TICKS 32

/* In most cases this is all that sampling costs a packet. */
INLINE bool sample_is_due(void)
{
    u32 zero = 0;
    struct sampler *sampler = bpf_map_lookup_elem(&samplers, &zero);

    if (!sampler)
        return false;
    if (sampler->skip <= 1 || bpf_jiffies64() - sampler->tick > SAMPLE_STALE_TICKS)
        return true;
    sampler->skip--;
    return false;
}

/* Pays for a sample, and returns for how many packets the next one will stand. */
INLINE u32 sample_pay(struct sampler *sampler, u64 now_ns)
{
    const volatile u32 *pace_ns = &listening.sample_pace_ns;
    u64 paid_ns = sampler->paid_ns, saved_ns;

    if (paid_ns + SAMPLE_SAVINGS_NS < now_ns)
        paid_ns = now_ns - SAMPLE_SAVINGS_NS;
    paid_ns += *pace_ns;
    sampler->paid_ns = paid_ns;
    saved_ns = now_ns > paid_ns ? now_ns - paid_ns : 0;
    if (saved_ns >= SAMPLE_SAVINGS_NS / 2)
        return 1;
    return 2u << bounded((u32)((SAMPLE_SAVINGS_NS / 2 - 1 - saved_ns) >> SAMPLE_STEP_SHIFT),
                         SAMPLE_STEPS - 1);
}

/* Chance decides which packet is next, because traffic may be as regular as a count would be. */
INLINE u32 sample_draw(struct sampler *sampler, u64 now_ns)
{
    u64 tick = bpf_jiffies64();
    u32 stands_for = sampler->skip == 1 ? sampler->every : 1;

    sampler->every = sample_pay(sampler, now_ns);
    sampler->skip = 1 + bpf_get_prandom_u32() % (2 * sampler->every - 1);
    sampler->tick = tick;
    return stands_for;
}

/* Gives the sample to the listener in SLOT. Nobody wakes it: it looks when it wants to. A listener
 * that is gone is struck off here, because nothing else needs to run after it was killed. */
INLINE void sample_give(struct sampler *sampler, u32 slot, u64 now_ns, struct packet_sample *sample)
{
    u32 key = slot, place = bounded(slot, LISTENERS - 1);
    const volatile u64 *until_ns = &listening.until_ns[place];

    if (now_ns > *until_ns) {
        __sync_fetch_and_and(&listening.hears, ~(HEARS_SAMPLED << slot * HEARS_SHIFT));
        return;
    }
    void *ring = bpf_map_lookup_elem(&listeners, &key);
    if (ring && bpf_ringbuf_output(ring, sample, sizeof(*sample), BPF_RB_NO_WAKEUP))
        sampler->lost_packets[place] += (u64)sample->stands_for * sample->segments;
}

INLINE void sample_fill(struct packet_sample *sample, const struct outcome *outcome,
                        const struct packet *packet, u32 direction)
{
    sample->generation = header.seated.generation;
    sample->outcome = *outcome;
    sample->direction = (u8)direction;
    sample->audit = header.switches.audit;
    sample->family = packet->family;
    sample->protocol = packet->protocol;
    sample->tcp_flags = packet->tcp_flags;
    sample->fragment = packet->later_fragment;
    sample->source_port = packet->source_port;
    sample->destination_port = packet->destination_port;
    __builtin_memcpy(sample->source, packet->source.bytes, 16);
    __builtin_memcpy(sample->destination, packet->destination.bytes, 16);
}

WALKED_ONCE int sample_tell(const struct outcome *outcome, const struct packet *packet,
                            u32 direction, u32 frame_bytes, u32 segments)
{
    u32 zero = 0;
    struct sampler *sampler = bpf_map_lookup_elem(&samplers, &zero);
    struct packet_sample sample = {};
    const volatile u32 *hears = &listening.hears;
    u64 now_ns = bpf_ktime_get_coarse_ns();

    if (!sampler || !outcome || !packet)
        return 0;
    sample_fill(&sample, outcome, packet, direction);
    sample.frame_bytes = frame_bytes;
    sample.segments = (u16)segments;
    sample.stands_for = sample_draw(sampler, now_ns);
    for (u32 slot = 0; slot < LISTENERS; slot++)
        if (*hears & HEARS_SAMPLED << slot * HEARS_SHIFT)
            sample_give(sampler, slot, now_ns, &sample);
    return 0;
}

#endif
