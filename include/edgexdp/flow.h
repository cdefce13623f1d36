/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An outgoing packet makes a flow, and only a flow lets in what the rules do not: replies to it.
 */
#ifndef EDGEXDP_FLOW_H
#define EDGEXDP_FLOW_H

#include "world.h"

/* The key of a packet's flow in `flows`. Returns false if the packet can have none. */
INLINE bool flow_key_of(const struct packet *packet, enum direction direction, struct flow_key *key)
{
    bool in = direction == DIRECTION_IN;
    const struct address *local = in ? &packet->destination : &packet->source;
    const struct address *remote = in ? &packet->source : &packet->destination;

    __builtin_memcpy(key->local, local->bytes, 16);
    __builtin_memcpy(key->remote, remote->bytes, 16);
    key->protocol = packet->protocol;
    key->family = packet->family;
    key->reserved = 0;
    if (icmp_is(packet->family, packet->protocol)) {
        u8 type = packet->destination_port >> 8;
        if (in)
            type = icmp_request(packet->family, type);
        else if (!icmp_is_request(packet->family, type))
            type = 0;
        key->local_port = packet->icmp_id;
        key->remote_port = type;
        return type;
    }
    key->local_port = in ? packet->destination_port : packet->source_port;
    key->remote_port = in ? packet->source_port : packet->destination_port;
    return true;
}

INLINE bool flow_closed(u32 closing)
{
    return (closing & FLOW_RST) || (closing & FLOW_FINS) == FLOW_FINS;
}

INLINE u64 flow_idle_limit_ns(const struct flow *flow, u8 protocol)
{
    if (flow_closed(flow->closing))
        return 60 * SECOND_NS;
    if (protocol == IPPROTO_TCP)
        return 7200 * SECOND_NS;
    return (protocol == IPPROTO_UDP ? 180 : 60) * SECOND_NS;
}

INLINE bool flow_is_idle(const struct flow *flow, u8 protocol, u64 now_ns)
{
    /* Coarse clocks of two CPUs may disagree by a tick: a stamp ahead of us is fresh. */
    return now_ns > flow->last_seen_ns &&
           now_ns - flow->last_seen_ns > flow_idle_limit_ns(flow, protocol);
}

/* Does the rule have another number here than where the flow was made? Then this is it. */
INLINE bool flow_finds_owner(const struct tables *tables, u32 identity, u32 *rule)
{
    u32 count = tables->header->identities_count;
    const u32 *list = tables->words + tables->header->identities;

    if (!count)
        return false;
    u32 at = tables_list_search(list, count, identity);
    *rule = list[count + at];
    return list[at] == identity;
}

/* A flow is valid as long as the policy in force has the rule that made it, by name: an identity
 * stands for the name. *rule is then its number here, or NO_RULE. */
INLINE bool flow_is_owned(const struct tables *tables, const struct flow *flow, u32 *rule)
{
    const volatile struct tables_header *header = tables->header;

    *rule = flow->rule;
    if (flow->in_audit && !header->switches.audit)
        return false;
    if (flow->rule == NO_RULE)
        return header->switches.otherwise[DIRECTION_OUT] == VERDICT_ACCEPT;
    if (flow->rule < header->owners_count &&
        tables_word(tables, header->owners + flow->rule) == flow->identity)
        return true;
    return flow_finds_owner(tables, flow->identity, rule);
}

/* Only the inside ends a flow, by an RST or the second FIN. An incoming RST is counted like any
 * reply: its sequence number is not checked, and strangers can send many. If it is right, the
 * inside has no more to say, and the flow ends like any other idle flow. */
INLINE u32 flow_closing(const struct packet *packet, enum direction direction)
{
    if (packet->protocol != IPPROTO_TCP)
        return 0;
    if (direction == DIRECTION_IN)
        return packet->tcp_flags & TCP_FIN ? FLOW_FIN_IN : 0;
    return (packet->tcp_flags & TCP_FIN ? FLOW_FIN_OUT : 0) |
           (packet->tcp_flags & TCP_RST ? FLOW_RST : 0);
}

/* Stores at most once a second for each flow, and once for each FIN or RST, because other CPUs read
 * it too. */
INLINE void flow_refresh(struct flow *flow, u64 now_ns, u32 closing)
{
    if (now_ns > flow->last_seen_ns + SECOND_NS)
        flow->last_seen_ns = now_ns;
    if (flow->closing != closing)
        flow->closing = closing;
}

/* The flow of a packet of DIRECTION, if it is still valid under the policy in force. *rule becomes
 * the one that owns it. The clock is read, into *now_ns, only then. */
INLINE struct flow *flow_in_force(struct world *world, const struct packet *packet,
                                  enum direction direction, u64 *now_ns, u32 *rule)
{
    struct flow_key key;
    if (!flow_key_of(packet, direction, &key))
        return NULL;
    struct flow *flow = world_flow(world, &key);
    if (!flow || !flow_is_owned(&world->tables, flow, rule))
        return NULL;
    *now_ns = world_now_ns(world);
    return flow_is_idle(flow, packet->protocol, *now_ns) ? NULL : flow;
}

/* For an inbound packet that opens no connection: is it a reply to a flow that was accepted
 * outbound? */
static __attribute__((noinline)) bool flow_lets_in(struct world *world, const struct packet *packet,
                                                   u32 *rule)
{
    u64 now_ns;
    struct flow *flow = flow_in_force(world, packet, DIRECTION_IN, &now_ns, rule);
    if (!flow)
        return false;
    flow_refresh(flow, now_ns, flow->closing | flow_closing(packet, DIRECTION_IN));
    return true;
}

/* An answer to a stranger must make no flow, or it would let the stranger in for ever. Where it
 * cannot be told who opened the conversation, any packet that the policy accepts makes a flow. */
INLINE enum opener flow_opener(struct world *world, const struct packet *packet)
{
    if (packet->protocol != IPPROTO_TCP)
        return OPENER_UNKNOWN;
    return packet_opens_connection(packet) ? OPENER_HERE : world_opener(world, packet);
}

/* For an accepted outbound packet: make the flow, or keep it alive. In audit mode strangers come in
 * and may cause what goes out: such flows are marked, and a policy that enforces ignores them. */
static __attribute__((noinline)) int flow_remember(struct world *world, const struct packet *packet,
                                                   u32 rule)
{
    struct flow_key key;
    if (!flow_key_of(packet, DIRECTION_OUT, &key))
        return 0;
    u32 closing = flow_closing(packet, DIRECTION_OUT);
    u32 identity = 0, owner;
    if (rule != NO_RULE && rule < world->tables.header->owners_count)
        identity = tables_word(&world->tables, world->tables.header->owners + rule);

    u64 now_ns = world_now_ns(world);
    struct flow *flow = world_flow(world, &key);
    if (flow && flow_is_owned(&world->tables, flow, &owner) &&
        !flow_is_idle(flow, packet->protocol, now_ns)) {
        if (closing || !flow_closed(flow->closing))
            closing |= flow->closing;
        if (flow->identity != identity) {
            flow->rule = rule;
            flow->identity = identity;
        }
        flow_refresh(flow, now_ns, closing);
        return 0;
    }
    enum opener opener = flow_opener(world, packet);
    if (opener == OPENER_STRANGER)
        return 0;
    struct flow fresh = {.created_ns = now_ns,
                         .last_seen_ns = now_ns,
                         .rule = rule,
                         .identity = identity,
                         .closing = closing,
                         .in_audit =
                             world->tables.header->switches.audit && opener == OPENER_UNKNOWN};
    world_flow_add(world, &key, &fresh);
    return 0;
}

#endif
