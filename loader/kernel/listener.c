/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listeners: a slot in `listening`, and a ring buffer in `listeners` that the programs write to,
 * either events or samples. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../base/memory.h"
#include "guard.h"

/* Powers of two, and whole pages. */
#define EVENTS_BYTES  (256u << 10) /* some 780 events */
#define SAMPLES_BYTES (4u << 20)   /* some 58,000 samples */

struct listener {
    u32 slot;
    u32 hears; /* HEARS_ bits */
    u64 owner;
    int rings;    /* the map `listeners` */
    int samplers; /* the map of that name; -1 if it hears events */
    struct mapping listening;
    struct ring_buffer *ring;
    union {
        void (*heard)(const struct event *, void *context);
        void (*sampled)(const struct packet_sample *, void *context);
    };
    void *context;
    u64 lost_before; /* when it began: see listener_lost() */
};

#define HEARS_ALL (HEARS_LOGGED | HEARS_DROPPED | HEARS_SAMPLED)

static u32 slot_bits(u32 slot, u32 hears)
{
    return hears << slot * HEARS_SHIFT;
}

static void free_slot(struct listening *listening, int rings, u32 slot)
{
    __atomic_and_fetch(&listening->hears, ~slot_bits(slot, HEARS_ALL), __ATOMIC_SEQ_CST);
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

static bool is_sampling(const struct listener *listener)
{
    return listener->hears == HEARS_SAMPLED;
}

/* The bits are stored last: from then on the programs look at the slot. They are stored each time,
 * because the programs clear those of a sampling listener that is late. */
static void push_on(const struct listener *listener)
{
    struct listening *listening = listener->listening.memory;
    u64 keep_s = is_sampling(listener) ? SAMPLING_KEEP_S : LISTENER_KEEP_S;

    __atomic_store_n(&listening->until_ns[listener->slot], monotonic_ns() + keep_s * SECOND_NS,
                     __ATOMIC_RELEASE);
    __atomic_or_fetch(&listening->hears, slot_bits(listener->slot, listener->hears),
                      __ATOMIC_SEQ_CST);
}

static int on_record(void *context, void *data, size_t bytes)
{
    const struct listener *listener = context;

    if (is_sampling(listener) && bytes == sizeof(struct packet_sample))
        listener->sampled(data, listener->context);
    if (!is_sampling(listener) && bytes == sizeof(struct event))
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
    u32 room = is_sampling(listener) ? SAMPLES_BYTES : EVENTS_BYTES;
    CLEANUP_CLOSE int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, room, NULL);

    if (ring < 0)
        return ring;
    listener->ring = ring_buffer__new(ring, on_record, listener, NULL);
    if (!listener->ring)
        return -errno;
    return bpf_map_update_elem(listener->rings, &listener->slot, &ring, BPF_ANY) ? -errno : 0;
}

static void take_slot(const struct listener *listener)
{
    struct listening *listening = listener->listening.memory;

    __atomic_store_n(&listening->owners[listener->slot], listener->owner, __ATOMIC_RELEASE);
    push_on(listener);
}

static void listener_closep(struct listener **listener)
{
    listener_close(*listener);
}

static int read_lost(const struct listener *listener, u64 *packets)
{
    int cpus = libbpf_num_possible_cpus();
    u32 zero = 0;

    if (cpus < 0)
        return cpus;
    CLEANUP_FREE struct sampler *samplers = calloc((size_t)cpus, sizeof(*samplers));
    if (!samplers)
        return -ENOMEM;
    if (bpf_map_lookup_elem(listener->samplers, &zero, samplers))
        return -errno;
    *packets = 0;
    for (int cpu = 0; cpu < cpus; cpu++)
        *packets += samplers[cpu].lost_packets[listener->slot];
    return 0;
}

static int open_samplers(const struct guard *guard, struct listener *listener)
{
    listener->samplers = dup(guard->maps[PIN_SAMPLERS]);
    return listener->samplers < 0 ? -errno : read_lost(listener, &listener->lost_before);
}

static int prepare(const struct guard *guard, struct listener *listener)
{
    if (getrandom(&listener->owner, sizeof(listener->owner), 0) != sizeof(listener->owner))
        return -errno;
    listener->owner |= 1; /* 0 means nobody */
    listener->rings = dup(guard->maps[PIN_LISTENERS]);
    if (listener->rings < 0)
        return -errno;
    int error = is_sampling(listener) ? open_samplers(guard, listener) : 0;
    if (error)
        return error;
    listener->listening.bytes = sizeof(struct listening);
    error = mapping_open(guard->maps[PIN_LISTENING], true, &listener->listening);
    return error ? error : open_ring(listener);
}

/* A listener in a free slot, which the programs do not look at yet. */
static int listener_new(struct guard *guard, u32 hears, struct listener **listener, struct why *why)
{
    CLEANUP(listener_closep) struct listener *made = calloc(1, sizeof(*made));
    if (!made)
        return why_set(why, -ENOMEM, "out of memory");
    made->rings = made->samplers = -1;
    made->hears = hears;
    if (find_slot(guard->mappings[PIN_LISTENING].memory, &made->slot))
        return why_set(why, -EBUSY, "%u processes listen to packets of %s already: end one of them",
                       LISTENERS, guard->interface);
    int error = prepare(guard, made);
    if (error)
        return why_kernel(why, error, "cannot listen to packets");
    *listener = TAKE_PTR(made);
    return 0;
}

int guard_listen(struct guard *guard, u32 hears, void (*heard)(const struct event *, void *context),
                 void *context, struct listener **listener, struct why *why)
{
    struct listener *made;
    int error = listener_new(guard, hears, &made, why);

    if (error)
        return error;
    made->heard = heard;
    made->context = context;
    take_slot(made);
    *listener = made;
    return 0;
}

int guard_sample(struct guard *guard, u32 pace_ns,
                 void (*sampled)(const struct packet_sample *, void *context), void *context,
                 struct listener **listener, struct why *why)
{
    struct listener *made;
    int error = listener_new(guard, HEARS_SAMPLED, &made, why);

    if (error)
        return error;
    made->sampled = sampled;
    made->context = context;
    listener_set_pace(made, pace_ns);
    take_slot(made);
    *listener = made;
    return 0;
}

void listener_set_pace(struct listener *listener, u32 pace_ns)
{
    struct listening *listening = listener->listening.memory;
    __atomic_store_n(&listening->sample_pace_ns, pace_ns, __ATOMIC_RELEASE);
}

int listener_lost(const struct listener *listener, u64 *packets)
{
    int error = read_lost(listener, packets);

    if (!error)
        *packets -= listener->lost_before;
    return error;
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
    push_on(listener);
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
    close_descriptor(&listener->samplers);
    free(listener);
}
