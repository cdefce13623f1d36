/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listeners: a slot in `listening`, and a ring buffer in `listeners` that the programs write to. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

#define RING_BYTES (256u << 10) /* some 780 events; a power of two, and whole pages */

struct listener {
    u32 slot;
    u64 owner;
    int rings; /* the map `listeners` */
    struct mapping listening;
    struct ring_buffer *ring;
    void (*heard)(const struct event *, void *context);
    void *context;
};

static u32 slot_bits(u32 slot, u32 hears)
{
    return hears << slot * HEARS_SHIFT;
}

static void free_slot(struct listening *listening, int rings, u32 slot)
{
    __atomic_and_fetch(&listening->hears, ~slot_bits(slot, HEARS_LOGGED | HEARS_DROPPED),
                       __ATOMIC_SEQ_CST);
    __atomic_store_n(&listening->owners[slot], 0, __ATOMIC_RELEASE);
    bpf_map_delete_elem(rings, &slot);
}

static bool is_gone(const struct listening *listening, u32 slot)
{
    return monotonic_ns() > listening->until_ns[slot];
}

void listeners_tidy(struct guard *guard)
{
    struct listening *listening = guard->mappings[PIN_LISTENING].memory;

    for (u32 slot = 0; slot < LISTENERS; slot++)
        if (listening->owners[slot] && is_gone(listening, slot))
            free_slot(listening, guard->maps[PIN_LISTENERS], slot);
}

bool guard_drops_are_heard(const struct guard *guard)
{
    const struct listening *listening = guard->mappings[PIN_LISTENING].memory;

    for (u32 slot = 0; slot < LISTENERS; slot++)
        if (listening->hears & slot_bits(slot, HEARS_DROPPED) && !is_gone(listening, slot))
            return true;
    return false;
}

static void push_on(struct listening *listening, u32 slot)
{
    __atomic_store_n(&listening->until_ns[slot], monotonic_ns() + LISTENER_KEEP_S * SECOND_NS,
                     __ATOMIC_RELEASE);
}

static int on_event(void *context, void *data, size_t bytes)
{
    const struct listener *listener = context;

    if (bytes == sizeof(struct event))
        listener->heard(data, listener->context);
    return 0;
}

static int find_slot(const struct listening *listening, u32 *slot)
{
    for (*slot = 0; *slot < LISTENERS; (*slot)++)
        if (!listening->owners[*slot])
            return 0;
    return -EBUSY;
}

/* Makes a ring buffer, which we read and the kernel writes. */
static int open_ring(struct listener *listener)
{
    CLEANUP_CLOSE int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, RING_BYTES, NULL);

    if (ring < 0)
        return ring;
    listener->ring = ring_buffer__new(ring, on_event, listener, NULL);
    if (!listener->ring)
        return -errno;
    return bpf_map_update_elem(listener->rings, &listener->slot, &ring, BPF_ANY) ? -errno : 0;
}

/* The bits are stored last: from then on the programs look at the slot. */
static void take_slot(struct listener *listener, u32 hears)
{
    struct listening *listening = listener->listening.memory;

    push_on(listening, listener->slot);
    __atomic_store_n(&listening->owners[listener->slot], listener->owner, __ATOMIC_RELEASE);
    __atomic_or_fetch(&listening->hears, slot_bits(listener->slot, hears), __ATOMIC_SEQ_CST);
}

static void listener_closep(struct listener **listener)
{
    listener_close(*listener);
}

static int prepare(const struct guard *guard, struct listener *listener)
{
    if (getrandom(&listener->owner, sizeof(listener->owner), 0) != sizeof(listener->owner))
        return -errno;
    listener->owner |= 1; /* 0 means nobody */
    listener->rings = dup(guard->maps[PIN_LISTENERS]);
    if (listener->rings < 0)
        return -errno;
    listener->listening.bytes = sizeof(struct listening);
    int error = mapping_open(guard->maps[PIN_LISTENING], true, &listener->listening);
    return error ? error : open_ring(listener);
}

int guard_listen(struct guard *guard, u32 hears, void (*heard)(const struct event *, void *context),
                 void *context, struct listener **listener, struct why *why)
{
    CLEANUP(listener_closep) struct listener *made = calloc(1, sizeof(*made));
    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    made->rings = -1;
    made->heard = heard;
    made->context = context;
    if (find_slot(guard->mappings[PIN_LISTENING].memory, &made->slot))
        return why_set(why, -EBUSY, "%u processes listen to packets of %s already: end one of them",
                       LISTENERS, guard->interface);
    int error = prepare(guard, made);
    if (error)
        return why_kernel(why, error, "cannot listen to packets");
    take_slot(made, hears);
    *listener = TAKE_PTR(made);
    return 0;
}

int listener_descriptor(const struct listener *listener)
{
    return ring_buffer__epoll_fd(listener->ring);
}

int listener_read(struct listener *listener)
{
    return ring_buffer__consume(listener->ring);
}

static bool owns_slot(const struct listener *listener)
{
    const struct listening *listening = listener->listening.memory;
    return listening &&
           __atomic_load_n(&listening->owners[listener->slot], __ATOMIC_ACQUIRE) == listener->owner;
}

bool listener_keep(struct listener *listener)
{
    if (!owns_slot(listener))
        return false;
    push_on(listener->listening.memory, listener->slot);
    return true;
}

void listener_close(struct listener *listener)
{
    if (!listener)
        return;
    if (owns_slot(listener))
        free_slot(listener->listening.memory, listener->rings, listener->slot);
    ring_buffer__free(listener->ring);
    mapping_close(&listener->listening);
    close_descriptor(&listener->rings);
    free(listener);
}
