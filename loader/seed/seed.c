/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed.h"

#include <errno.h>
#include <string.h>

#include "../clock.h"
#include "../judge/frame_build.h"
#include "../judge/native.h"
#include "sockets.h"

struct seeding {
    struct native *native;
    struct guard *guard;
    u64 now_ns;
    int error;
};

/* Whether a packet makes a flow, and which, the judge decides as for any other. */
static void send_next(const struct packet_notation *packet, void *context)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    const struct seeding *seeding = context;
    size_t length = frame_build(packet, frame);

    native_judge(seeding->native, packet->direction, frame, length, seeding->now_ns);
}

static void enter_flow(const struct flow_key *key, const struct flow *flow, void *context)
{
    struct seeding *seeding = context;
    if (!seeding->error)
        seeding->error = guard_add_flow(seeding->guard, key, flow);
}

int seed_flows(struct guard *guard, const struct tables_header *tables, struct why *why)
{
    struct seeding seeding = {
        .native = native_new(tables), .guard = guard, .now_ns = monotonic_ns()};
    if (!seeding.native)
        return why_set(why, -ENOMEM, "out of memory");
    int error = sockets_each(send_next, &seeding);
    if (!error) {
        native_each_flow(seeding.native, enter_flow, &seeding);
        error = seeding.error;
    }
    native_free(seeding.native);
    return error ? why_set(why, error, "cannot let this host's open connections go on: %s",
                           strerror(-error))
                 : 0;
}
