/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lockout.h"

#include <edgexdp/wire.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "../judge/frame_build.h"
#include "../judge/native.h"
#include "../policy/notation.h"
#include "../policy/protocols.h"
#include "open.h"
#include "route.h"

static struct packet_notation packet_of(const struct session *session, enum direction direction)
{
    bool in = direction == DIRECTION_IN;
    struct packet_notation packet = {
        .direction = direction,
        .family = session->family,
        .protocol = PROTOCOL_TCP,
        .tcp_flags = in ? TCP_SYN : TCP_SYN | TCP_ACK,
        .source_port = in ? session->client_port : session->server_port,
        .destination_port = in ? session->server_port : session->client_port,
    };
    memcpy(packet.source, in ? session->client : session->server, 16);
    memcpy(packet.destination, in ? session->server : session->client, 16);
    return packet;
}

static int judge_way(struct native *native, const struct session *session, enum direction direction,
                     struct outcome *outcome)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    struct packet_notation packet = packet_of(session, direction);
    size_t length = frame_build(&packet, frame);

    native_reset(native);
    *outcome = native_judge(native, direction, frame, length, SECOND_NS);
    return outcome->verdict == VERDICT_ACCEPT ? 0 : -EPERM;
}

/* Who asks, about which policy, for which interface. */
struct judging {
    struct native *native;
    rule_namer *namer;
    const void *context;
    const char *interface;
    struct why *why;
};

static int refuse(const struct session *session, const struct judging *judging, const char *way,
                  const struct outcome *outcome)
{
    bool rule = outcome->kind == OUTCOME_RULE;

    return why_set(
        judging->why, -EPERM,
        "%s (%s) could not be opened again through %s: %s is dropped by %s %s; let it in, "
        "or use --force",
        session->is_own ? "this would lock you out: your SSH session"
                        : "this would lock out somebody who is logged in: an open SSH session",
        session->text, judging->interface, way, rule ? "rule" : "reason",
        rule ? judging->namer(judging->context, outcome->rule) : reason_names[outcome->reason]);
}

static int judge_session(const struct session *session, const struct judging *judging)
{
    static const char *const ways[] = {
        [DIRECTION_IN] = "a new connection (SYN) in", [DIRECTION_OUT] = "its answer (SYN-ACK) out"};
    struct outcome outcome;

    for (enum direction d = DIRECTION_IN; d < DIRECTIONS; d++)
        if (judge_way(judging->native, session, d, &outcome))
            return refuse(session, judging, ways[d], &outcome);
    return 0;
}

int lockout_judge(const struct session *session, const struct tables_header *tables,
                  rule_namer *namer, const void *context, const char *interface, struct why *why)
{
    struct judging judging = {native_new(tables), namer, context, interface, why};
    int error =
        judging.native ? judge_session(session, &judging) : why_set(why, -ENOMEM, "out of memory");

    native_free(judging.native);
    return error;
}

/* A session that is known for sure to use another interface cannot be cut here. */
bool session_goes_elsewhere(const struct session *session, const char *interface)
{
    if (!route_is_local(session->family, session->server))
        return false;
    u32 by = route_interface(session->family, session->server, session->client);
    return by && by != if_nametoindex(interface);
}

static int check_open(const struct session *session, void *context)
{
    const struct judging *judging = context;

    return session_goes_elsewhere(session, judging->interface) ? 0
                                                               : judge_session(session, judging);
}

/* If sockets cannot be listed, there is no reason to refuse. */
static int check_all_open(const struct tables_header *tables, rule_namer *namer,
                          const void *context, const char *interface, struct why *why)
{
    struct judging judging = {native_new(tables), namer, context, interface, why};

    if (!judging.native)
        return why_set(why, -ENOMEM, "out of memory");
    int error = open_sessions_each(check_open, &judging);
    native_free(judging.native);
    return error == -EPERM && why->text[0] ? error : 0;
}

int lockout_check(const struct tables_header *tables, rule_namer *namer, const void *context,
                  const char *interface, struct why *why)
{
    struct session session;

    if (tables->switches.audit)
        return 0;
    if (!session_find(&session))
        return check_all_open(tables, namer, context, interface, why);
    if (session_goes_elsewhere(&session, interface))
        return 0;
    return lockout_judge(&session, tables, namer, context, interface, why);
}
