/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "../judge/frame_build.h"
#include "../judge/native.h"
#include "sockets.h"

struct seeding {
    struct native *native;
    struct guard *guard;
    struct socket_asker *asker;
    u64 now_ns;
    int error;
};

static void seeding_clear(struct seeding *seeding)
{
    native_free(seeding->native);
    socket_asker_free(seeding->asker);
}

/* The judge decides whether a packet makes a flow, and which one, as for any other packet. */
static void send_next(const struct packet_notation *packet, void *context)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    struct seeding *seeding = context;
    size_t length = frame_build(packet, frame);
    struct flow_key key;
    bool connected = true;

    if (seeding->error || !native_flow_key(frame, length, packet->direction, &key))
        return;
    if (packet->protocol == IPPROTO_TCP)
        seeding->error = socket_connected(seeding->asker, &key, &connected);
    if (!seeding->error && connected)
        native_judge(seeding->native, packet->direction, frame, length, seeding->now_ns);
}

static void enter_flow(const struct flow_key *key, const struct flow *flow, void *context)
{
    struct seeding *seeding = context;
    if (!seeding->error)
        seeding->error = guard_add_flow(seeding->guard, key, flow);
}

static int seed(struct guard *guard, const struct tables_header *tables, bool udp, struct why *why)
{
    CLEANUP(seeding_clear)
    struct seeding seeding = {
        .native = native_new(tables), .guard = guard, .now_ns = monotonic_ns()};
    if (!seeding.native)
        return why_set(why, -ENOMEM, "out of memory");
    int error = socket_asker_new(&seeding.asker, why);
    if (error)
        return error;
    native_opened_by(seeding.native, OPENER_HERE);
    error = sockets_each(udp, send_next, &seeding);
    if (!error)
        native_each_flow(seeding.native, enter_flow, &seeding);
    error = error ? error : seeding.error;
    return error ? why_set(why, error, "cannot let this host's open connections continue: %s",
                           strerror(-error))
                 : 0;
}

int seed_flows(struct guard *guard, const struct tables_header *tables, struct why *why)
{
    return seed(guard, tables, true, why);
}

static bool enforces(const struct tables_header *tables)
{
    return tables && !tables->switches.audit && !tables->switches.unguarded;
}

int seed_before_swap(struct guard *guard, const struct tables_header *next, struct why *why)
{
    const struct tables_header *now = guard_tables(guard);

    if (!now || enforces(now) || !enforces(next))
        return 0;
    return seed(guard, next, false, why);
}
