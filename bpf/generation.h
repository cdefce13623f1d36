/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of a generation have in common: their maps, the world they judge in, and how
 * outcomes are counted. The includer defines what frame.h needs. A generation owns only `tables`
 * and its header in .rodata; everything else belongs to the interface and is shared by all seats.
 */
#ifndef EDGEXDP_GENERATION_H
#define EDGEXDP_GENERATION_H

#include <edgexdp/judge.h>
#include <edgexdp/limit.h>
#include <edgexdp/remotes.h>

#include "ban.h"
#include "block.h"
#include "frame.h"
#include "maps.h"

/* The verifier knows its value, so what a policy does not use is removed from its programs. It has
 * its own section, by which the loader finds it. */
const volatile struct tables_header header SEC(".rodata.header") = {};

/* The whole block is one value, so that one check of an offset is enough; the loader sets its
 * size. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(key_size, sizeof(u32));
    __uint(value_size, 8); /* (loader) */
} tables SEC(".maps");

/* Not const: the verifier cannot know that nobody ever writes it. */
volatile u32 always_zero = 0;

INLINE u32 unknown_zero(void)
{
    return always_zero;
}

/* What the coarse clock said at this CPU's current tick. */
struct clock {
    u64 now_ns;
    u64 tick;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct clock);
} clocks SEC(".maps");

/* Reading even the coarse clock costs as much as judging a packet; reading the tick is one load, so
 * the clock is read once per tick. */
INLINE u64 world_now_ns(const struct world *world)
{
    u32 zero = 0;
    u64 tick = bpf_jiffies64();
    struct clock *clock = bpf_map_lookup_elem(&clocks, &zero);
    if (!clock)
        return bpf_ktime_get_coarse_ns();
    if (clock->tick != tick) {
        clock->tick = tick;
        clock->now_ns = bpf_ktime_get_coarse_ns();
    }
    return clock->now_ns;
}

INLINE u64 world_limit_ns(const struct world *world)
{
    return world_limit_lag(world) ? world_now_ns(world) : bpf_ktime_get_ns();
}

/* See block.h. */
INLINE struct limit_line *block_limit_line(const struct tables_limit *limit, u64 hash);

INLINE struct limit_line *world_limit_line(struct world *world, const struct tables_limit *limit,
                                           u64 hash)
{
    u32 at = limit_line_at(limit, header.seated.limit_lines, hash);
    return world->block == OF_BLOCKS ? block_limit_line(limit, hash)
                                     : bpf_map_lookup_elem(&limit_lines, &at);
}

static bool world_expects(const struct world *world, const struct packet *packet)
{
    return remotes_has(&remotes, packet->protocol, packet->source_port);
}

static struct flow *world_flow(struct world *world, const struct flow_key *key)
{
    return bpf_map_lookup_elem(&flows, key);
}

static void world_flow_add(struct world *world, const struct flow_key *key, const struct flow *flow)
{
    remotes_add(&remotes, key->protocol, key->remote_port);
    bpf_map_update_elem(&flows, key, flow, BPF_ANY);
}

static struct fragment *world_fragment(struct world *world, const struct fragment_key *key)
{
    return bpf_map_lookup_elem(&fragments, key);
}

static void world_fragment_add(struct world *world, const struct fragment_key *key,
                               const struct fragment *fragment)
{
    bpf_map_update_elem(&fragments, key, fragment, BPF_ANY);
}

static struct reply *world_reply(struct world *world, const struct flow_key *key)
{
    return bpf_map_lookup_elem(&replies, key);
}

static void world_reply_add(struct world *world, const struct flow_key *key,
                            const struct reply *reply)
{
    bpf_map_update_elem(&replies, key, reply, BPF_ANY);
}

static bool world_quoted(struct world *world, const struct packet *packet, struct packet *quoted)
{
    return frame_read_quoted_apart(world->state, packet->transport + sizeof(struct icmp_header),
                                   packet->end, quoted);
}

INLINE bool tables_init(struct tables *to)
{
    u32 zero = 0;
    to->header = &header;
    to->words = bpf_map_lookup_elem(&tables, &zero);
    return to->words;
}

WALKED_ONCE u32 generation_search6(u64 upper, u64 lower)
{
    struct tables mine;
    return tables_init(&mine) ? tables_search6(&mine, upper, lower) : 0;
}

static u32 world_search6(const struct tables *from, u64 upper, u64 lower)
{
    return generation_search6(upper, lower);
}

WALKED_ONCE u32 generation_walk_own(const struct packet *packet, u32 edge, u32 spoken_of)
{
    struct tables mine;
    return packet && tables_init(&mine) ? tables_walk_own(&mine, edge, packet, spoken_of)
                                        : EDGE_LEAF | NO_RULE;
}

INLINE u32 world_walk_own(const struct tables *from, u32 edge, const struct packet *packet,
                          bool spoken_of)
{
    return generation_walk_own(packet, edge, spoken_of);
}

/* PACKETS: see struct world. */
INLINE bool world_init(struct world *world, void *context, u32 packets)
{
    world->state = context;
    world->packets = packets;
    world->block = 0; /* or, where none was asked for, a compiler may leave a pointer there */
    return tables_init(&world->tables);
}

WALKED_ONCE u32 generation_edge(const struct packet *packet, u32 direction, u32 mirror)
{
    struct tables mine;
    return packet && tables_init(&mine)
               ? tuple_edge(&mine, direction == DIRECTION_OUT, packet, mirror)
               : EDGE_LEAF | NO_RULE;
}

/* Apart, or the limits of a rule are walked for whatever those before may say. */
WALKED_ONCE u32 generation_limits_ask(const struct packet *packet, u32 at, u32 packets, u32 takes)
{
    struct world mine = {.packets = packets};

    if (!packet || !tables_init(&mine.tables))
        return LIMITS_ADMIT;
    return limits_ask(&mine, packet, at, takes);
}

static u32 world_limits_ask(struct world *world, const struct packet *packet, u32 at, bool takes)
{
    return generation_limits_ask(packet, at, world->packets, takes);
}

WALKED_ONCE u32 generation_limits_admit(const struct packet *packet, u32 first, u32 count,
                                        u32 packets)
{
    struct world mine = {.packets = packets};
    if (!packet || !tables_init(&mine.tables))
        return false;
    return limits_admit(&mine, packet, first, count);
}

/* condemn_look(), where packets come in: see condemn.h. The includer supplies it. */
static void generation_look(struct world *world, const struct packet *packet, u32 rule, u32 said);

/* Inline, or its own frame, which some compilers give it, is one too many. */
INLINE bool world_admits(struct world *world, const struct packet *packet, u32 rule)
{
    u32 first, count = limits_of(&world->tables, rule, &first);
    u32 said = count == 1 ? world_limits_ask(world, packet, first, world->packets != 0)
                          : generation_limits_admit(packet, first, count, world->packets);
    if (header.switches.bans && said & ~LIMITS_ADMIT && world->packets)
        generation_look(world, packet, rule, said);
    return said & LIMITS_ADMIT;
}

/* Inline, as are the others: see world_admits(). */
INLINE u32 world_rule_apart(struct world *world, enum direction direction,
                            const struct packet *packet, bool mirror)
{
    return tuple_leaf(&world->tables, generation_edge(packet, direction, mirror), packet, true);
}

WALKED_ONCE u32 generation_edge_later(const struct packet *packet, u32 direction)
{
    struct tables mine;
    return packet && tables_init(&mine)
               ? tuple_edge_later(&mine, direction == DIRECTION_OUT, packet)
               : EDGE_LEAF | NO_RULE;
}

INLINE u32 world_rule_later(struct world *world, enum direction direction,
                            const struct packet *packet)
{
    return tuple_leaf(&world->tables, generation_edge_later(packet, direction), packet, false);
}

/* Like world_now_ns(), but stored in the counter itself, which is in the cache anyway. */
INLINE void generation_stamp(u64 *last_seen_ns, u32 *last_seen_tick)
{
    u32 tick = (u32)bpf_jiffies64();
    if (*last_seen_tick == tick)
        return;
    *last_seen_tick = tick;
    *last_seen_ns = bpf_ktime_get_coarse_ns();
}

INLINE void generation_count_reason(u32 slot, u64 packets, u64 bytes)
{
    struct reason_counter *counter = bpf_map_lookup_elem(&reasons, &slot);
    if (!counter)
        return;
    counter->packets += packets;
    counter->bytes += bytes;
    generation_stamp(&counter->last_seen_ns, &counter->last_seen_tick);
}

/* A block's share of what is counted under the reason. */
WALKED_ONCE int generation_count_block(u32 number, u64 packets, u64 bytes)
{
    struct block_counter *counter = bpf_map_lookup_elem(&block_counters, &number);

    if (!counter)
        return 0;
    counter->packets += packets;
    counter->bytes += bytes;
    generation_stamp(&counter->last_seen_ns, &counter->last_seen_tick);
    return 0;
}

/* Counters are per CPU: plain adds. */
INLINE void generation_count(const struct outcome *outcome, enum direction direction, u64 packets,
                             u64 bytes)
{
    if (outcome->kind == OUTCOME_REASON) {
        generation_count_reason(REASON_SLOT(outcome->reason, direction, outcome->verdict), packets,
                                bytes);
        if (outcome_is_block(outcome))
            generation_count_block(outcome->rule, packets, bytes);
        return;
    }
    u32 rule = outcome->rule;
    struct rule_counter *counter = bpf_map_lookup_elem(&counters, &rule);
    if (!counter)
        return;
    if (outcome->kind == OUTCOME_RULE) {
        counter->packets += packets;
        counter->bytes += bytes;
        generation_stamp(&counter->last_seen_ns, &counter->last_seen_tick);
    } else if (outcome->kind == OUTCOME_LIMITED) {
        counter->limited_packets += packets;
        counter->limited_bytes += bytes;
        generation_stamp(&counter->last_seen_ns, &counter->last_seen_tick);
    } else {
        counter->reply_packets += packets;
        counter->reply_bytes += bytes;
    }
}

struct answer answer SEC(".data.answer") = {};

char LICENSE[] SEC("license") = "GPL";

#endif
