/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ExaBGP writes to a process: a line of JSON (version 4) for each message of a session. Lines
 * come from somebody else's routers by way of ExaBGP: all of them are read or refused, none is
 * trusted.
 */
#ifndef EDGEXDP_EXABGP_H
#define EDGEXDP_EXABGP_H

#include "action.h"
#include "nlri.h"

/* A line that is longer is no message: the largest that BGP has becomes less. */
#define EXABGP_LINE_BYTES (4u << 20)

/* The address of the other end of a session, as ExaBGP writes it. */
#define PEER_BYTES 64

/* Told of what a line says, in its order. FLOW is how ExaBGP words the flow, for messages. Those
 * with a result return 0, or -ENOMEM, which ends the reading. */
struct exabgp_listener {
    /* What is announced replaces what was announced as the same flow before, also if it is refused:
     * ACTION says so. */
    int (*announce)(void *context, const char *peer, const struct nlri *nlri,
                    const struct flow_action *action, const char *flow);
    int (*withdraw)(void *context, const char *peer, const struct nlri *nlri);
    /* The session is up, or it is not. PEER is NULL where all sessions end. */
    int (*up)(void *context, const char *peer);
    void (*down)(void *context, const char *peer);
    /* PEER has announced again all that it has of FAMILY. */
    void (*complete)(void *context, const char *peer, enum family family);
    /* A flow cannot be read, for this REASON. It is in no other call. */
    void (*refuse)(void *context, const char *flow, const char *reason);
};

/* Read one LINE of LENGTH bytes. Returns 0 (also if it says nothing about flows, or if ExaBGP
 * answers a command), -EINVAL if it is not what ExaBGP writes, or -ENOMEM. */
int exabgp_read(const char *line, size_t length, const struct exabgp_listener *listener,
                void *context);

#endif
