/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which a packet is judged: the contract of the whole program, once, for the kernel
 * side and for user space. What differs between them (where flows live, what time it is) the
 * includer supplies as the world_ functions.
 */
#ifndef EDGEXDP_JUDGE_H
#define EDGEXDP_JUDGE_H

#include "packet.h"
#include "search.h"

/* What a judgement needs besides the frame. */
struct world {
    struct tables tables;
    void *state; /* the includer's */
};

/* CLOCK_MONOTONIC; a tick of the kernel is exact enough. */
static u64 world_now_ns(const struct world *world);

/* packet_rule(), or the same in a function of its own. */
static u32 world_rule(struct world *world, enum direction direction, const struct packet *packet,
                      bool mirror);
/* The same, always in a function of its own: for what is rare. */
static u32 world_rule_apart(struct world *world, enum direction direction,
                            const struct packet *packet, bool mirror);
/* packet_parse_quoted() of what PACKET, an ICMP error, quotes. */
static bool world_quoted(struct world *world, const struct packet *packet, struct packet *quoted);
/* The entry in `fragments`, or NULL. */
static struct fragment *world_fragment(struct world *world, const struct fragment_key *key);
static void world_fragment_add(struct world *world, const struct fragment_key *key,
                               const struct fragment *fragment);
/* The entry in `replies`, or NULL. Its fields may be written in place. */
static struct reply *world_reply(struct world *world, const struct flow_key *key);
static void world_reply_add(struct world *world, const struct flow_key *key,
                            const struct reply *reply);
/* Is the far end of PACKET, which goes in DIRECTION, banned? */
static bool world_banned(struct world *world, enum direction direction,
                         const struct packet *packet);
/* May there be a flow that PACKET, coming in, answers? Says no only if there is none. */
static bool world_expects(const struct world *world, const struct packet *packet);
/* The entry in `flows`, or NULL. Its fields may be written in place. */
static struct flow *world_flow(struct world *world, const struct flow_key *key);
/* Who opened the connection that PACKET, of TCP, going out, and no bare SYN, belongs to? */
static enum opener world_opener(struct world *world, const struct packet *packet);
/* Makes an entry; when the table is full the one that was idle longest makes room. */
static void world_flow_add(struct world *world, const struct flow_key *key,
                           const struct flow *flow);

INLINE struct outcome outcome_reason(enum reason reason, enum verdict verdict)
{
    return (struct outcome){.kind = OUTCOME_REASON, .verdict = verdict, .reason = reason};
}

INLINE struct outcome outcome_leaf(const struct tables *tables, enum direction direction, u32 leaf)
{
    u32 rule = leaf & EDGE_RULE;
    if (rule == NO_RULE)
        return outcome_reason(REASON_DEFAULT, tables->header->switches.otherwise[direction]);
    return (struct outcome){.kind = OUTCOME_RULE,
                            .verdict = leaf & EDGE_ACCEPT ? VERDICT_ACCEPT : VERDICT_DROP,
                            .log = !!(leaf & EDGE_LOG),
                            .rule = rule};
}

/* A reply to what was accepted without a rule is counted as the reason `reply`. */
INLINE struct outcome outcome_reply(u32 rule)
{
    if (rule == NO_RULE)
        return outcome_reason(REASON_REPLY, VERDICT_ACCEPT);
    return (struct outcome){.kind = OUTCOME_REPLY, .verdict = VERDICT_ACCEPT, .rule = rule};
}

INLINE bool is_icmp(const struct packet *packet, u8 icmp4_type, u8 icmp6_type)
{
    u8 type = packet->destination_port >> 8;
    return protocol_is_icmp(packet->family, packet->protocol) &&
           type == (packet->family == FAMILY_IPV4 ? icmp4_type : icmp6_type);
}

INLINE bool is_mld(u8 type)
{
    return (type >= 130 && type <= 132) || type == 143;
}

INLINE bool is_icmp6(const struct packet *packet)
{
    return packet->family == FAMILY_IPV6 && packet->protocol == IPPROTO_ICMPV6 &&
           !packet->later_fragment;
}

/* Who has no address yet, or none to give: DHCP (RFC 2131) and IGMP (RFC 4541, of switches that ask
 * who listens) from 0.0.0.0; router and neighbour solicitation (RFC 4861) and MLD from ::. */
INLINE bool may_be_unspecified(const struct packet *packet)
{
    if (packet->family == FAMILY_IPV4)
        return packet->protocol == IPPROTO_IGMP ||
               (packet->protocol == IPPROTO_UDP && packet->source_port == 68);
    u8 type = packet->destination_port >> 8;
    return is_icmp6(packet) && (type == 133 || type == 135 || is_mld(type));
}

/* A source that no packet has. OTHER is the destination. 0.0.0.0 and :: are left to the caller. */
INLINE bool cannot_be_source(u8 family, const struct address *source, const struct address *other)
{
    if (family == FAMILY_IPV4) {
        u32 host = from_be32(source->words_be[0]);
        u32 net = host >> 24;
        return source->words_be[0] == other->words_be[0] || (net == 0 && host) || net == 127 ||
               (net >= 224 && net < 240) || host == 0xffffffff;
    }
    if (source->halves_be[0] == other->halves_be[0] && source->halves_be[1] == other->halves_be[1])
        return true;
    if (source->bytes[0] == 0xff)
        return true;
    u64 lower = from_be64(source->halves_be[1]);
    return !source->halves_be[0] && (lower == 1 || lower >> 32 == 0xffff);
}

INLINE bool is_unspecified(u8 family, const struct address *address)
{
    if (family == FAMILY_IPV4)
        return !address->words_be[0];
    return !address->halves_be[0] && !address->halves_be[1];
}

INLINE bool is_martian(const struct packet *packet)
{
    if (is_unspecified(packet->family, &packet->source))
        return !may_be_unspecified(packet) || is_unspecified(packet->family, &packet->destination);
    return cannot_be_source(packet->family, &packet->source, &packet->destination);
}

/* A packet to a group answers nothing: its mirror image would come from the group. */
INLINE bool mirror_is_martian(const struct packet *packet)
{
    if (is_unspecified(packet->family, &packet->destination))
        return packet->family != FAMILY_IPV4 || is_unspecified(packet->family, &packet->source) ||
               (packet->protocol != IPPROTO_IGMP &&
                (packet->protocol != IPPROTO_UDP || packet->destination_port != 68));
    return cannot_be_source(packet->family, &packet->destination, &packet->source);
}

/* What a network needs to work at all. Returns a reason that accepts, or REASONS. */
INLINE enum reason judge_baseline(const volatile struct tables_switches *on,
                                  enum direction direction, const struct packet *packet)
{
    if (on->neighbour_discovery && is_icmp6(packet)) {
        u8 type = packet->destination_port >> 8;
        if ((type >= 133 && type <= 137 && packet->hop_limit == 255) || is_mld(type))
            return REASON_NEIGHBOUR_DISCOVERY;
    }
    if (on->igmp && packet->family == FAMILY_IPV4 && packet->protocol == IPPROTO_IGMP)
        return REASON_IGMP;
    if (on->dhcp_client && packet->protocol == IPPROTO_UDP) {
        u16 client = packet->family == FAMILY_IPV4 ? 68 : 546;
        u16 server = packet->family == FAMILY_IPV4 ? 67 : 547;
        u16 here = direction == DIRECTION_IN ? packet->destination_port : packet->source_port;
        u16 there = direction == DIRECTION_IN ? packet->source_port : packet->destination_port;
        if (here == client && there == server)
            return REASON_DHCP_CLIENT;
    }
    if (on->ping) {
        if (direction == DIRECTION_IN ? is_icmp(packet, 8, 128) : is_icmp(packet, 0, 129))
            return REASON_PING;
    }
    return REASONS;
}

INLINE struct outcome judge_not_ip(const volatile struct tables_switches *on,
                                   const struct packet *packet)
{
    if (packet->ethertype == ETH_P_ARP)
        return outcome_reason(REASON_ARP, on->arp);
    if (packet->link_control)
        return outcome_reason(REASON_LINK_CONTROL, on->link_control);
    return outcome_reason(REASON_OTHER_ETHERTYPE, on->other_ethertypes);
}

/* The type of request that an ICMP reply of this type answers, or 0. */
INLINE u8 icmp_request(u8 family, u8 type)
{
    if (family == FAMILY_IPV6)
        return type == 129 ? 128 : 0;
    return type == 0 ? 8 : type == 14 ? 13 : 0;
}

INLINE bool icmp_is_request(u8 family, u8 type)
{
    return family == FAMILY_IPV6 ? type == 128 : type == 8 || type == 13;
}

/* Nobody may open a TCP connection by pretending to answer. */
INLINE bool opens_connection(const struct packet *packet)
{
    return packet->protocol == IPPROTO_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Could PACKET be a reply to something: has it a mirror image? */
INLINE bool packet_has_mirror(const struct packet *packet)
{
    if (protocol_is_icmp(packet->family, packet->protocol))
        return icmp_request(packet->family, packet->destination_port >> 8);
    return !opens_connection(packet);
}

/* What the tables look at of PACKET, or of its mirror image: the packet that it would answer. */
INLINE void packet_tuple(const struct packet *packet, bool mirror, struct tuple *tuple)
{
    *tuple = (struct tuple){.source = packet->source.bytes,
                            .destination = packet->destination.bytes,
                            .family = packet->family,
                            .protocol = packet->protocol,
                            .source_port = packet->source_port,
                            .destination_port = packet->destination_port};
    if (!mirror)
        return;
    tuple->source = packet->destination.bytes;
    tuple->destination = packet->source.bytes;
    tuple->source_port = packet->destination_port;
    tuple->destination_port = packet->source_port;
    if (protocol_is_icmp(packet->family, packet->protocol)) {
        tuple->source_port = 0;
        tuple->destination_port =
            (u16)(icmp_request(packet->family, packet->destination_port >> 8) << 8);
    }
}

/* Where the flow of a packet stands in `flows`. Returns false if it can have none. */
INLINE bool packet_flow_key(const struct packet *packet, enum direction direction,
                            struct flow_key *key)
{
    bool in = direction == DIRECTION_IN;
    const struct address *local = in ? &packet->destination : &packet->source;
    const struct address *remote = in ? &packet->source : &packet->destination;

    __builtin_memcpy(key->local, local->bytes, 16);
    __builtin_memcpy(key->remote, remote->bytes, 16);
    key->protocol = packet->protocol;
    key->family = packet->family;
    key->reserved = 0;
    if (protocol_is_icmp(packet->family, packet->protocol)) {
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

/* A flow counts for as long as the policy in force has the rule that made it, by name: a number
 * and its identity stand for the name. */
INLINE bool flow_is_owned(const struct tables *tables, const struct flow *flow)
{
    const volatile struct tables_header *header = tables->header;
    if (flow->in_audit && !header->switches.audit)
        return false;
    if (flow->rule == NO_RULE)
        return header->switches.otherwise[DIRECTION_OUT] == VERDICT_ACCEPT;
    if (flow->rule >= header->owners_count)
        return false;
    return tables_word(tables, header->owners + flow->rule) == flow->identity;
}

/* Only the inside ends a flow, by a RST or the second FIN. An RST that comes in is counted as any
 * reply: whether its sequence number is right nobody has looked, and strangers can send many. If it
 * is, the inside has no more to say, and the flow ends as others that are idle. */
INLINE u32 packet_closing(const struct packet *packet, enum direction direction)
{
    if (packet->protocol != IPPROTO_TCP)
        return 0;
    if (direction == DIRECTION_IN)
        return packet->tcp_flags & TCP_FIN ? FLOW_FIN_IN : 0;
    return (packet->tcp_flags & TCP_FIN ? FLOW_FIN_OUT : 0) |
           (packet->tcp_flags & TCP_RST ? FLOW_RST : 0);
}

/* At most a store a second for each flow, and one for each FIN or RST: other CPUs read it too. */
INLINE void flow_refresh(struct flow *flow, u64 now_ns, u32 closing)
{
    if (now_ns > flow->last_seen_ns + SECOND_NS)
        flow->last_seen_ns = now_ns;
    if (flow->closing != closing)
        flow->closing = closing;
}

/* The flow of a packet of DIRECTION, if the policy in force still has it. Only then the clock is
 * read, into *now_ns. */
INLINE struct flow *flow_in_force(struct world *world, const struct packet *packet,
                                  enum direction direction, u64 *now_ns)
{
    struct flow_key key;
    if (!packet_flow_key(packet, direction, &key))
        return NULL;
    struct flow *flow = world_flow(world, &key);
    if (!flow || !flow_is_owned(&world->tables, flow))
        return NULL;
    *now_ns = world_now_ns(world);
    return flow_is_idle(flow, packet->protocol, *now_ns) ? NULL : flow;
}

/* Inbound, and opens no connection: a reply to a flow that was accepted outbound? */
static __attribute__((noinline)) bool judge_reply(struct world *world, const struct packet *packet,
                                                  u32 *rule)
{
    u64 now_ns;
    struct flow *flow = flow_in_force(world, packet, DIRECTION_IN, &now_ns);
    if (!flow)
        return false;
    flow_refresh(flow, now_ns, flow->closing | packet_closing(packet, DIRECTION_IN));
    *rule = flow->rule;
    return true;
}

/* What answers a stranger must make no flow, or it would let the stranger in for ever. Where there
 * is nothing to tell by, any packet that the policy accepts will do. */
INLINE enum opener packet_opener(struct world *world, const struct packet *packet)
{
    if (packet->protocol != IPPROTO_TCP)
        return OPENER_UNKNOWN;
    return opens_connection(packet) ? OPENER_HERE : world_opener(world, packet);
}

/* Outbound, accepted: make the flow, or keep it alive. In audit mode strangers come in, and what
 * goes out may be their doing: such flows are marked, and no policy that enforces counts them. */
static __attribute__((noinline)) int judge_remember(struct world *world,
                                                    const struct packet *packet, u32 rule)
{
    struct flow_key key;
    if (!packet_flow_key(packet, DIRECTION_OUT, &key))
        return 0;
    u32 closing = packet_closing(packet, DIRECTION_OUT);
    u32 identity = 0;
    if (rule != NO_RULE && rule < world->tables.header->owners_count)
        identity = tables_word(&world->tables, world->tables.header->owners + rule);

    u64 now_ns = world_now_ns(world);
    struct flow *flow = world_flow(world, &key);
    if (flow && flow_is_owned(&world->tables, flow) &&
        !flow_is_idle(flow, packet->protocol, now_ns)) {
        if (closing || !flow_closed(flow->closing))
            closing |= flow->closing;
        if (flow->rule != rule || flow->identity != identity) {
            flow->rule = rule;
            flow->identity = identity;
        }
        flow_refresh(flow, now_ns, closing);
        return 0;
    }
    enum opener opener = packet_opener(world, packet);
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

/* The first rule that matches PACKET, as a leaf; with MIRROR, its mirror image coming in. */
INLINE u32 packet_rule(const struct tables *tables, enum direction direction,
                       const struct packet *packet, bool mirror)
{
    struct tuple tuple;
    packet_tuple(packet, mirror, &tuple);
    return tables_judge(tables, mirror ? DIRECTION_IN : direction, &tuple);
}

/* ICMP's unreachable, time exceeded, parameter problem and packet too big. */
INLINE bool packet_is_error(const struct packet *packet)
{
    u8 type = packet->destination_port >> 8;
    if (!protocol_is_icmp(packet->family, packet->protocol))
        return false;
    if (packet->family == FAMILY_IPV4)
        return type == 3 || type == 11 || type == 12;
    return type >= 1 && type <= 4;
}

/* Would a packet that came in be accepted by a rule, or by `inbound`? With MIRROR: its mirror
 * image, of a packet that goes out. *rule says by which. */
INLINE bool accepted_in(struct world *world, const struct packet *packet, bool mirror, u32 *rule)
{
    bool martian = mirror ? mirror_is_martian(packet) : is_martian(packet);
    if (martian && !world->tables.header->switches.martians)
        return false;
    u32 leaf = world_rule_apart(world, DIRECTION_IN, packet, mirror);
    *rule = leaf & EDGE_RULE;
    return outcome_leaf(&world->tables, DIRECTION_IN, leaf).verdict == VERDICT_ACCEPT;
}

/* Fragmentation needed, packet too big. */
INLINE bool says_too_big(const struct packet *error)
{
    if (error->family == FAMILY_IPV4)
        return error->destination_port == (3 << 8 | 4);
    return error->destination_port >> 8 == 2;
}

/* Below these no path's MTU is set by Linux: net.ipv4.route.min_pmtu, and that of IPv6. */
INLINE bool may_be_too_big(const struct packet *packet)
{
    return packet->length > (packet->family == FAMILY_IPV4 ? 552 : 1280);
}

/* Where PACKET, an answer that goes out, stands in `replies`. */
INLINE void packet_reply_key(const struct packet *packet, struct flow_key *key)
{
    bool icmp = protocol_is_icmp(packet->family, packet->protocol);

    __builtin_memcpy(key->local, packet->source.bytes, 16);
    __builtin_memcpy(key->remote, packet->destination.bytes, 16);
    key->protocol = packet->protocol;
    key->family = packet->family;
    key->reserved = 0;
    key->local_port = icmp ? packet->icmp_id : packet->source_port;
    key->remote_port = icmp ? packet->destination_port >> 8 : packet->destination_port;
}

/* Outbound, accepted without a flow: remember that something large was sent, once a second. */
static __attribute__((noinline)) int judge_keep_reply(struct world *world,
                                                      const struct packet *packet)
{
    struct flow_key key;
    packet_reply_key(packet, &key);
    struct reply fresh = {.sent_ns = world_now_ns(world)};
    struct reply *reply = world_reply(world, &key);
    if (!reply)
        world_reply_add(world, &key, &fresh);
    else if (fresh.sent_ns > reply->sent_ns + SECOND_NS)
        reply->sent_ns = fresh.sent_ns;
    return 0;
}

#define REPLY_NS (10 * SECOND_NS) /* how long errors about an answer are believed */

/* Was an answer sent lately that may have been too big? Without that, whoever says so could lower
 * the MTU of a path: Linux believes it of any echo reply, and of UDP if a socket has the port. Of
 * TCP it looks at the sequence number itself. */
INLINE bool was_too_big(struct world *world, const struct packet *quoted)
{
    struct flow_key key;
    if (quoted->protocol == IPPROTO_TCP)
        return true;
    packet_reply_key(quoted, &key);
    struct reply *reply = world_reply(world, &key);
    u64 now_ns = world_now_ns(world);
    /* As in flow_is_idle(): a stamp ahead of us is fresh. */
    return reply && (now_ns <= reply->sent_ns || now_ns - reply->sent_ns <= REPLY_NS);
}

/* Does QUOTED, which went out, belong to what may go out without a flow: answers of services, and
 * what [baseline] lets out? */
INLINE bool allowed_out(struct world *world, const struct packet *quoted)
{
    u32 rule;
    return judge_baseline(&world->tables.header->switches, DIRECTION_OUT, quoted) != REASONS ||
           (packet_has_mirror(quoted) && accepted_in(world, quoted, true, &rule));
}

/* An error that came in quotes what went out: a flow's packet, or an answer of a service here. The
 * answers of a service are counted at its rule on the way out; what comes in of such a conversation
 * beside its own packets is counted as the reason `reply`, so that each direction adds up. */
INLINE bool judge_error_in(struct world *world, const struct packet *error,
                           const struct packet *quoted, u32 *rule)
{
    u64 now_ns;
    struct flow *flow = flow_in_force(world, quoted, DIRECTION_OUT, &now_ns);
    if (flow) {
        *rule = flow->rule;
        return true;
    }
    *rule = NO_RULE;
    return allowed_out(world, quoted) && (!says_too_big(error) || was_too_big(world, quoted));
}

/* The same the other way round: it quotes a packet to a service here, what [baseline] let in, or a
 * reply to a flow. */
INLINE bool judge_error_out(struct world *world, const struct packet *quoted, u32 *rule)
{
    u64 now_ns;
    *rule = NO_RULE;
    if (judge_baseline(&world->tables.header->switches, DIRECTION_IN, quoted) != REASONS ||
        accepted_in(world, quoted, false, rule))
        return true;
    *rule = NO_RULE;
    return flow_in_force(world, quoted, DIRECTION_IN, &now_ns);
}

static __attribute__((noinline)) bool judge_quoted(struct world *world, enum direction direction,
                                                   const struct packet *packet,
                                                   const struct packet *quoted, u32 *rule)
{
    if (quoted->source.halves_be[0] != packet->destination.halves_be[0] ||
        quoted->source.halves_be[1] != packet->destination.halves_be[1])
        return false;
    if (!world->tables.header->switches.martians && is_martian(quoted))
        return false;
    return direction == DIRECTION_IN ? judge_error_in(world, packet, quoted, rule)
                                     : judge_error_out(world, quoted, rule);
}

/* An ICMP error: does it quote a packet that the policy allowed in the other direction? Nobody but
 * the sender of that packet has any use for it. It is read by one call and judged by another, not
 * by one within the other: what all calls in progress hold on the stack must be 512 bytes at most.
 */
INLINE bool judge_error(struct world *world, enum direction direction, const struct packet *packet,
                        u32 *rule)
{
    struct packet quoted = {.family = packet->family};
    return world_quoted(world, packet, &quoted) &&
           judge_quoted(world, direction, packet, &quoted, rule);
}

INLINE bool judges_error(const struct world *world, const struct packet *packet)
{
    return world->tables.header->switches.icmp_errors && packet_is_error(packet);
}

INLINE struct outcome judge_in_by_tables(struct world *world, const struct packet *packet)
{
    u32 leaf = world_rule(world, DIRECTION_IN, packet, false), rule;
    struct outcome outcome = outcome_leaf(&world->tables, DIRECTION_IN, leaf);
    /* Flows cost more than tables: ask them only where the tables have no rule that accepts. */
    if (outcome.kind == OUTCOME_RULE && outcome.verdict == VERDICT_ACCEPT)
        return outcome;
    if (judges_error(world, packet)) {
        if (judge_error(world, DIRECTION_IN, packet, &rule))
            return outcome_reply(rule);
    } else if (!opens_connection(packet) && world_expects(world, packet) &&
               judge_reply(world, packet, &rule)) {
        return outcome_reply(rule);
    }
    return outcome;
}

INLINE struct outcome judge_out_by_tables(struct world *world, const struct packet *packet)
{
    u32 rule;
    if (judges_error(world, packet) && judge_error(world, DIRECTION_OUT, packet, &rule))
        return outcome_reply(rule);
    if (packet_has_mirror(packet) &&
        (world->tables.header->switches.martians || !mirror_is_martian(packet))) {
        u32 leaf = world_rule(world, DIRECTION_OUT, packet, true);
        struct outcome mirror = outcome_leaf(&world->tables, DIRECTION_IN, leaf);
        if (mirror.verdict == VERDICT_ACCEPT)
            return outcome_reply(leaf & EDGE_RULE);
    }
    u32 leaf = world_rule(world, DIRECTION_OUT, packet, false);
    struct outcome outcome = outcome_leaf(&world->tables, DIRECTION_OUT, leaf);
    if (outcome.verdict == VERDICT_ACCEPT)
        judge_remember(world, packet, leaf & EDGE_RULE);
    return outcome;
}

#define FRAGMENT_NS (30 * SECOND_NS) /* how long later fragments may follow the first */

INLINE void packet_fragment_key(const struct packet *packet, enum direction direction,
                                struct fragment_key *key)
{
    __builtin_memcpy(key->source, packet->source.bytes, 16);
    __builtin_memcpy(key->destination, packet->destination.bytes, 16);
    key->id = packet->fragment_id;
    key->protocol = packet->fragment_protocol;
    key->family = packet->family;
    key->direction = (u8)direction;
    key->reserved = 0;
}

/* A fragment carries no ports: it can only share the verdict of its first fragment. None of it may
 * lie where the first one does: what was judged must be what arrives. */
static __attribute__((noinline)) int
judge_later_fragment(struct world *world, const struct packet *packet, enum direction direction)
{
    struct fragment_key key;
    packet_fragment_key(packet, direction, &key);
    struct fragment *first = world_fragment(world, &key);
    u64 now_ns = world_now_ns(world);
    if (!first || packet->fragment_at < first->bytes)
        return VERDICT_DROP;
    /* As in flow_is_idle(): a stamp ahead of us is fresh. */
    if (now_ns > first->seen_ns && now_ns - first->seen_ns > FRAGMENT_NS)
        return VERDICT_DROP;
    return VERDICT_ACCEPT;
}

/* A first fragment that was accepted. */
static __attribute__((noinline)) int
judge_keep_fragment(struct world *world, const struct packet *packet, enum direction direction)
{
    struct fragment_key key;
    struct fragment fragment = {.seen_ns = world_now_ns(world), .bytes = packet->fragment_bytes};
    packet_fragment_key(packet, direction, &key);
    world_fragment_add(world, &key, &fragment);
    return 0;
}

/* Steps 6 to 9, of an IP packet that has a transport header. */
INLINE struct outcome judge_whole(struct world *world, enum direction direction,
                                  const struct packet *packet)
{
    enum reason baseline = judge_baseline(&world->tables.header->switches, direction, packet);
    if (baseline != REASONS)
        return outcome_reason(baseline, VERDICT_ACCEPT);
    return direction == DIRECTION_IN ? judge_in_by_tables(world, packet)
                                     : judge_out_by_tables(world, packet);
}

/* Does PACKET, going out, leave nothing behind by which an error about it could be told from an
 * invention? */
INLINE bool leaves_no_flow(const struct packet *packet, const struct outcome *outcome)
{
    if (outcome->verdict != VERDICT_ACCEPT || packet->protocol == IPPROTO_TCP)
        return false;
    return outcome->kind == OUTCOME_REPLY ||
           (outcome->kind == OUTCOME_REASON && outcome->reason != REASON_DEFAULT);
}

/* Judges PACKET, of which packet_parse() said REASON. In audit mode the outcome is what enforcing
 * would do: the caller lets the packet pass all the same. */
INLINE struct outcome judge(struct world *world, enum direction direction, int reason,
                            const struct packet *packet)
{
    const volatile struct tables_switches *on = &world->tables.header->switches;

    if (on->unguarded)
        return outcome_reason(REASON_UNGUARDED, VERDICT_ACCEPT);
    if (reason != PARSED)
        return outcome_reason((enum reason)reason, VERDICT_DROP);
    if (packet->family == FAMILY_NONE)
        return judge_not_ip(on, packet);
    if (world_banned(world, direction, packet))
        return outcome_reason(REASON_BANNED, VERDICT_DROP);
    if (!on->martians && is_martian(packet))
        return outcome_reason(REASON_MARTIAN, VERDICT_DROP);
    if (packet->later_fragment)
        return outcome_reason(REASON_FRAGMENT, on->fragments
                                                   ? judge_later_fragment(world, packet, direction)
                                                   : VERDICT_DROP);
    struct outcome outcome = judge_whole(world, direction, packet);
    if (packet->first_fragment && on->fragments && outcome.verdict == VERDICT_ACCEPT)
        judge_keep_fragment(world, packet, direction);
    if (direction == DIRECTION_OUT && on->icmp_errors && may_be_too_big(packet) &&
        leaves_no_flow(packet, &outcome))
        judge_keep_reply(world, packet);
    return outcome;
}

#endif
