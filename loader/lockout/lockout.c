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

/* What opens a connection. Rules may ask for flags, so each segment is judged. */
static const struct segment {
    enum direction direction;
    u8 flags;
    const char *what;
} segments[] = {
    {DIRECTION_IN, TCP_SYN, "a new connection (SYN) in"},
    {DIRECTION_OUT, TCP_SYN | TCP_ACK, "its answer (SYN-ACK) out"},
    {DIRECTION_IN, TCP_ACK, "what follows (ACK) in"},
};

static struct packet_notation packet_of(const struct session *session,
                                        const struct segment *segment)
{
    bool in = segment->direction == DIRECTION_IN;
    struct packet_notation packet = {
        .direction = segment->direction,
        .family = session->family,
        .protocol = PROTOCOL_TCP,
        .tcp_flags = segment->flags,
        .source_port = in ? session->client_port : session->server_port,
        .destination_port = in ? session->server_port : session->client_port,
    };
    memcpy(packet.source, in ? session->client : session->server, 16);
    memcpy(packet.destination, in ? session->server : session->client, 16);
    return packet;
}

/* Who asks, about which policy or which blocks, for which interface. */
struct judging {
    struct native *native;
    const struct tables_header *blocks; /* NULL: about the policy */
    rule_namer *namer;
    const void *context;
    const char *interface;
    struct why *why;
};

static int refuse(const struct session *session, const struct judging *judging, const char *what,
                  const struct outcome *outcome)
{
    bool rule = outcome->kind == OUTCOME_RULE, block = outcome_is_block(outcome);

    return why_set(
        judging->why, -EPERM,
        "%s (%s) could not be opened again through %s: %s is dropped by %s %s; %s, or use --force",
        session->is_own ? "this would lock you out: your SSH session"
                        : "this would lock out somebody who is logged in: an open SSH session",
        session->text, judging->interface, what,
        block  ? "the block"
        : rule ? "rule"
               : "reason",
        rule || block ? judging->namer(judging->context, outcome->rule)
                      : reason_names[outcome->reason],
        block ? "block less" : "let it in");
}

static int judge_segment(const struct judging *judging, const struct session *session,
                         const struct segment *segment, struct outcome *outcome)
{
    _Alignas(16) u8 frame[FRAME_BUILD_BYTES];
    struct packet_notation packet = packet_of(session, segment);
    size_t length = frame_build(&packet, frame);

    native_reset(judging->native);
    if (judging->blocks && native_block(judging->native, BLOCK_MANUAL, judging->blocks))
        return 0;
    *outcome = native_judge(judging->native, segment->direction, frame, length, SECOND_NS);
    return outcome->verdict == VERDICT_ACCEPT || (judging->blocks && !outcome_is_block(outcome))
               ? 0
               : -EPERM;
}

static int judge_session(const struct session *session, const struct judging *judging)
{
    struct outcome outcome;

    for (size_t i = 0; i < ARRAY_SIZE(segments); i++)
        if (judge_segment(judging, session, &segments[i], &outcome))
            return refuse(session, judging, segments[i].what, &outcome);
    return 0;
}

int lockout_judge(const struct session *session, const struct tables_header *tables,
                  rule_namer *namer, const void *context, const char *interface, struct why *why)
{
    struct judging judging = {native_new(tables), NULL, namer, context, interface, why};
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
static int check_sessions(struct judging *judging)
{
    struct session session;

    if (session_find(&session))
        return check_open(&session, judging);
    int error = open_sessions_each(check_open, judging);
    return error == -EPERM && judging->why->text[0] ? error : 0;
}

int lockout_check(const struct tables_header *tables, rule_namer *namer, const void *context,
                  const char *interface, struct why *why)
{
    if (tables->switches.audit)
        return 0;
    struct judging judging = {native_new(tables), NULL, namer, context, interface, why};
    int error = judging.native ? check_sessions(&judging) : why_set(why, -ENOMEM, "out of memory");

    native_free(judging.native);
    return error;
}

int lockout_check_blocks(const struct tables_header *image, rule_namer *namer, const void *context,
                         const char *interface, struct why *why)
{
    struct judging judging = {native_new(image), image, namer, context, interface, why};
    int error = judging.native ? check_sessions(&judging) : why_set(why, -ENOMEM, "out of memory");

    if (!error)
        error = lockout_check_block_gateways(judging.native, image, namer, context, interface, why);
    native_free(judging.native);
    return error;
}
