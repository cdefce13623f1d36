/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling listeners about single packets. If nobody listens it costs one load. Events are rare by
 * construction, because each rule and reason may cause only a limited number of them; so are
 * samples: see sample.h. */
#ifndef EDGEXDP_BPF_EVENT_H
#define EDGEXDP_BPF_EVENT_H

#include "sample.h"

/* The HEARS_ bits of a packet with this outcome. */
INLINE u32 event_kind(const struct outcome *outcome)
{
    return (outcome->log ? HEARS_LOGGED : 0) |
           (outcome->verdict == VERDICT_DROP && !outcome_is_cookie(outcome) ? HEARS_DROPPED : 0);
}

INLINE bool event_slot_hears(u32 slot, u32 kind, u64 now_ns)
{
    const volatile struct listening *all = &listening;
    return (all->hears >> slot * HEARS_SHIFT & kind) && now_ns <= all->until_ns[slot];
}

INLINE bool event_spend(u64 now_ns, u16 *span, u16 *events)
{
    if (*span != EVENT_SPAN(now_ns)) {
        *span = EVENT_SPAN(now_ns);
        *events = 0;
    }
    if (*events >= EVENTS_IN_SPAN)
        return false;
    (*events)++;
    return true;
}

/* May the rule, block or reason that decided this packet cause one more event? */
INLINE bool event_is_admitted(const struct outcome *outcome, u32 direction, u64 now_ns)
{
    u32 rule = outcome->rule;
    u32 slot = REASON_SLOT(outcome->reason, direction, outcome->verdict);

    if (outcome->kind != OUTCOME_REASON) {
        struct rule_counter *counter = bpf_map_lookup_elem(&counters, &rule);
        return counter && event_spend(now_ns, &counter->event_span, &counter->events);
    }
    if (outcome_is_block(outcome)) {
        struct block_counter *counter = bpf_map_lookup_elem(&block_counters, &rule);
        return counter && event_spend(now_ns, &counter->event_span, &counter->events);
    }
    struct reason_counter *counter = bpf_map_lookup_elem(&reasons, &slot);
    return counter && event_spend(now_ns, &counter->event_span, &counter->events);
}

INLINE void event_count_lost(u32 direction)
{
    struct seen *count = bpf_map_lookup_elem(&seen, &direction);
    if (count)
        count->events_lost++;
}

INLINE void event_fill(struct event *event, const struct outcome *outcome, u32 direction,
                       const struct packet *packet, u32 frame_bytes)
{
    event->outcome = *outcome;
    event->generation = header.seated.generation;
    event->frame_bytes = frame_bytes;
    event->direction = (u8)direction;
    event->audit = header.switches.audit;
    event->family = packet->family;
    event->protocol = packet->protocol;
    event->tcp_flags = packet->tcp_flags;
    event->fragment = (u8)packet_fragment(packet);
    __builtin_memcpy(event->source, packet->source.bytes, 16);
    __builtin_memcpy(event->destination, packet->destination.bytes, 16);
    event->source_port = packet->source_port;
    event->destination_port = packet->destination_port;
    tuple_tell_numbers(&header, packet, event);
    event->link_layer = header.seated.bare ? LINK_BARE : LINK_ETHERNET;
}

/* Copies the beginning of the frame. The index of its last byte is masked, because Linux 6.1 does
 * not learn from a comparison that a length is not 0. */
INLINE void event_capture(CONTEXT *context, struct event *event, const struct packet *packet)
{
    u32 length = packet->length;
    u32 last = (length < EVENT_FRAME_BYTES ? length : EVENT_FRAME_BYTES) - 1;

    event->captured_bytes = 0;
    if (length &&
        !LOAD_BYTES(context, packet->start, event->frame, bounded(last, EVENT_FRAME_BYTES - 1) + 1))
        event->captured_bytes = (u16)(last + 1);
}

struct telling {
    u64 time_ns;
    u32 direction;
    u32 frame_bytes;
    u32 slot; /* the listener that is told */
};

/* Sends the event to one listener. It is a function apart, because otherwise the verifier would
 * walk it for every set of listeners there may be. */
WALKED_ONCE bool event_send(CONTEXT *context, const struct outcome *outcome,
                            const struct packet *packet, const struct telling *telling)
{
    if (!outcome || !packet || !telling)
        return false;
    u32 slot = telling->slot; /* Linux 6.1 takes keys from the stack only */
    void *ring = bpf_map_lookup_elem(&listeners, &slot);
    if (!ring)
        return false;
    struct event *event = bpf_ringbuf_reserve(ring, sizeof(*event), 0);
    if (!event)
        return false;
    event->time_ns = telling->time_ns;
    event_fill(event, outcome, telling->direction, packet, telling->frame_bytes);
    event_capture(context, event, packet);
    bpf_ringbuf_submit(event, 0);
    return true;
}

INLINE bool event_is_heard(u32 kind, u64 now_ns)
{
    for (u32 slot = 0; slot < LISTENERS; slot++)
        if (event_slot_hears(slot, kind, now_ns))
            return true;
    return false;
}

/* Sends the event to every listener that asked for it. */
WALKED_ONCE int event_tell(CONTEXT *context, const struct outcome *outcome,
                           const struct packet *packet, u32 direction, u32 frame_bytes)
{
    if (!outcome || !packet)
        return 0;
    u64 now_ns = bpf_ktime_get_ns();
    u32 kind = event_kind(outcome);

    if (!event_is_heard(kind, now_ns))
        return 0;
    bool lost = !event_is_admitted(outcome, direction, now_ns), late = false;
    for (u32 slot = 0; !lost && slot < LISTENERS; slot++) {
        struct telling telling = {now_ns, direction, frame_bytes, slot};
        if (event_slot_hears(slot, kind, now_ns))
            late |= !event_send(context, outcome, packet, &telling);
    }
    if (lost || late)
        event_count_lost(direction);
    return 0;
}

/* Tells whoever wants to know: an event, a sample, or both. */
INLINE void event_tell_listeners(CONTEXT *context, const struct outcome *outcome,
                                 const struct packet *packet, u32 direction, u32 segments,
                                 u32 frame_bytes)
{
    const volatile u32 *hears = &listening.hears;
    u32 heard = *hears;

    if (!heard)
        return;
    u32 kind = event_kind(outcome);
    if (heard & HEARS_ANY(HEARS_SAMPLED) && sample_is_due())
        sample_tell(outcome, packet, direction, frame_bytes, segments);
    if (heard & HEARS_ANY(kind))
        event_tell(context, outcome, packet, direction, frame_bytes);
}

#endif
