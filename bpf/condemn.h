/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Banning whoever is over a limit that says so, where packets come in. Each step is a function of
 * its own, called from a shallow place: together they would need more stack than there is. A policy
 * without such limits has none of this in its programs.
 */
#ifndef EDGEXDP_BPF_CONDEMN_H
#define EDGEXDP_BPF_CONDEMN_H

#include <edgexdp/condemn.h>

#include "generation.h"
#include "socket.h"

/* What a TCP segment says: where its data begins, and up to where its sender has got ours. */
struct socket_numbers {
    u32 sequence;
    u32 acknowledged;
};

#define SOCKET_NEAR (1u << 20) /* bytes: more than what is on its way mostly */

/* Is a number from the wire less than SOCKET_NEAR bytes from the socket's OWN? */
INLINE bool socket_is_near(u32 number_be, u32 own)
{
    return from_be32(number_be) - own + SOCKET_NEAR < 2 * SOCKET_NEAR;
}

INLINE u32 socket_proves_established(void *socket, const struct socket_numbers *numbers_be)
{
    const void *tcp = socket_places.received ? bpf_skc_to_tcp_sock(socket) : NULL;

    return tcp &&
                   socket_is_near(numbers_be->sequence,
                                  *(const u32 *)(tcp + socket_places.received)) &&
                   socket_is_near(numbers_be->acknowledged,
                                  *(const u32 *)(tcp + socket_places.sent))
               ? PROOF_GOES_ON
               : PROOF_NONE;
}

INLINE u32 socket_proves_begun(void *socket, const struct socket_numbers *numbers_be)
{
    const void *request = socket_places.chosen ? bpf_skc_to_tcp_request_sock(socket) : NULL;

    return request && from_be32(numbers_be->acknowledged) ==
                          *(const u32 *)(request + socket_places.chosen) + 1
               ? PROOF_BEGINS
               : PROOF_NONE;
}

/* What a segment of KEY with NUMBERS_BE proves. Only the two ends of a connection know what goes
 * there: somebody else would have to guess, and is right once in four million times. */
INLINE u32 socket_proves(CONTEXT *context, const struct flow_key *key,
                         const struct socket_numbers *numbers_be)
{
    struct bpf_sock *found = socket_find(context, key, false);
    u32 proof = PROOF_NONE;

    if (!found)
        return PROOF_NONE;
    if (found->state == BPF_TCP_ESTABLISHED)
        proof = socket_proves_established(found, numbers_be);
    else if (found->state == BPF_TCP_NEW_SYN_RECV)
        proof = socket_proves_begun(found, numbers_be);
    bpf_sk_release(found);
    return proof;
}

#define CONDEMN_NUMBERS_AT 4u /* where a TCP header has its numbers */

/* Whoever forges a packet may know the ends of a connection, but not the numbers in it. */
WALKED_ONCE u32 condemn_prove(CONTEXT *context, const struct packet *packet)
{
    struct socket_numbers numbers_be;
    struct flow_key key;

    if (!packet || !header.switches.bans ||
        LOAD_BYTES(context, packet->transport + CONDEMN_NUMBERS_AT, &numbers_be,
                   sizeof(numbers_be)) ||
        !flow_key_of(packet, DIRECTION_IN, &key))
        return PROOF_NONE;
    return socket_proves(context, &key, &numbers_be);
}

static enum proof world_proves(struct world *world, const struct packet *packet)
{
    return (enum proof)condemn_prove(world->state, packet);
}

WALKED_ONCE u32 condemn_decide_apart(const struct packet *packet, u32 at, u32 proof, u32 packets)
{
    struct world mine = {.packets = packets};

    if (!packet || !header.switches.bans || !tables_init(&mine.tables))
        return false;
    return condemn_decide(&mine, packet, at, (enum proof)proof);
}

static bool world_condemns(struct world *world, const struct packet *packet, u32 at,
                           enum proof proof)
{
    return condemn_decide_apart(packet, at, proof, world->packets);
}

/* No ban ends earlier because another was made at the same time. */
INLINE void condemn_until(u64 until_ns)
{
    for (u32 tries = 0; tries < 8; tries++) {
        u64 seen = *(volatile u64 *)&banning.limits_until_ns;
        if (seen >= until_ns ||
            __sync_val_compare_and_swap(&banning.limits_until_ns, seen, until_ns) == seen)
            return;
    }
}

WALKED_ONCE u32 condemn_source(const struct packet *packet, u32 rule, u32 at)
{
    struct tables mine;
    struct limit_ban_key key;
    u64 now_ns = bpf_ktime_get_ns();

    if (!packet || !header.switches.bans || !tables_init(&mine))
        return false;
    const struct tables_limit *limit = tables_limit(&mine, at);
    if (!limit)
        return false;
    struct limit_ban ban = {.since_ns = now_ns, .expires_ns = now_ns + limit->ban_ns, .rule = rule};
    limit_ban_key_of(&key, packet->family, packet->source.bytes,
                     limit->bits[packet->family == FAMILY_IPV6]);
    if (bpf_map_update_elem(&limit_bans, &key, &ban, BPF_ANY))
        return false;
    condemn_until(ban.expires_ns);
    return true;
}

static void world_ban(struct world *world, const struct packet *packet, u32 rule, u32 at)
{
    condemn_source(packet, rule, at);
}

WALKED_ONCE u32 condemn_look_apart(CONTEXT *context, const struct packet *packet, u32 rule,
                                   u32 said, u32 packets)
{
    struct world mine = {.state = context, .packets = packets};

    if (!packet || !header.switches.bans || !tables_init(&mine.tables))
        return false;
    condemn_look(&mine, packet, rule, said);
    return true;
}

static void generation_look(struct world *world, const struct packet *packet, u32 rule, u32 said)
{
    condemn_look_apart(world->state, packet, rule, said, world->packets);
}

#endif
