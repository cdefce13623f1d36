/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Large answers that went out without a flow: errors that say they were too big are accepted for a
 * while.
 */
#ifndef EDGEXDP_REPLY_H
#define EDGEXDP_REPLY_H

#include "outcome.h"
#include "world.h"

/* Linux sets no path's MTU below these: net.ipv4.route.min_pmtu, and the minimum of IPv6. */
INLINE bool reply_may_be_too_big(const struct packet *packet)
{
    return packet->length > (packet->family == FAMILY_IPV4 ? 552 : 1280);
}

/* The key of PACKET, an outgoing answer, in `replies`. */
INLINE void reply_key_of(const struct packet *packet, struct flow_key *key)
{
    bool icmp = icmp_is(packet->family, packet->protocol);

    __builtin_memcpy(key->local, packet->source.bytes, 16);
    __builtin_memcpy(key->remote, packet->destination.bytes, 16);
    key->protocol = packet->protocol;
    key->family = packet->family;
    key->reserved = 0;
    key->local_port = icmp ? packet->icmp_id : packet->source_port;
    key->remote_port = icmp ? packet->destination_port >> 8 : packet->destination_port;
}

/* For an outbound packet accepted without a flow: remember, once a second, that something large was
 * sent. */
static __attribute__((noinline)) int reply_remember(struct world *world,
                                                    const struct packet *packet)
{
    struct flow_key key;
    reply_key_of(packet, &key);
    struct reply fresh = {.sent_ns = world_now_ns(world)};
    struct reply *reply = world_reply(world, &key);
    if (!reply)
        world_reply_add(world, &key, &fresh);
    else if (fresh.sent_ns > reply->sent_ns + SECOND_NS)
        reply->sent_ns = fresh.sent_ns;
    return 0;
}

#define REPLY_NS (10 * SECOND_NS) /* how long errors about an answer are believed */

/* Was an answer sent lately that may have been too big? Without this check, anybody could lower the
 * MTU of a path by an error: Linux believes it about any echo reply, and about UDP if a socket has
 * the port. For TCP, Linux checks the sequence number itself. */
INLINE bool reply_was_too_big(struct world *world, const struct packet *quoted)
{
    struct flow_key key;
    if (quoted->protocol == IPPROTO_TCP)
        return true;
    reply_key_of(quoted, &key);
    struct reply *reply = world_reply(world, &key);
    u64 now_ns = world_now_ns(world);
    /* As in flow_is_idle(): a stamp ahead of us is fresh. */
    return reply && (now_ns <= reply->sent_ns || now_ns - reply->sent_ns <= REPLY_NS);
}

/* Does outgoing PACKET leave no state by which a real error about it could be told from a forged
 * one? */
INLINE bool reply_without_flow(const struct packet *packet, const struct outcome *outcome)
{
    if (outcome->verdict != VERDICT_ACCEPT || packet->protocol == IPPROTO_TCP)
        return false;
    return outcome->kind == OUTCOME_REPLY ||
           (outcome->kind == OUTCOME_REASON && outcome->reason != REASON_DEFAULT);
}

#endif
