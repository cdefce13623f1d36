/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "native.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <edgexdp/ban.h>
#include <edgexdp/block.h>
#include <edgexdp/condemn.h>
#include <edgexdp/judge.h>
#include <edgexdp/parse.h>
#include <edgexdp/quoted.h>

#include "../base/labels.h"
#include "../base/memory.h"
#include "lru.h"
#include "native_frame.h"
#include "native_limits.h"

struct native {
    struct tables tables;
    struct lru *flows;
    struct lru *fragments;
    struct lru *replies;
    struct native_limits limits;
    struct lru *limit_bans; /* NULL: no limit bans */
    struct bans bans;
    const struct tables_header *blocks[BLOCK_ORIGINS]; /* images; NULL: none */
    struct limit_line *block_lines;                    /* of the blocks' limits; NULL: none */
    struct frame frame;                                /* the frame being judged */
    struct packet packet;                              /* what was read of it */
    struct outcome outcome;
    enum direction direction;
    bool cut; /* the parser wanted more bytes than there are */
    enum opener opener;
    bool strays; /* no packet belongs to a connection */
    u8 arrives;  /* the zone that outbound packets came in through */
    u64 now_ns;
    bool is_short;
};

static u32 world_search6(const struct tables *tables, u64 upper, u64 lower)
{
    return tables_search6(tables, upper, lower);
}

static u32 world_walk_own(const struct tables *tables, u32 edge, const struct packet *packet,
                          bool spoken_of)
{
    return tables_walk_own(tables, edge, packet, spoken_of);
}

static u32 world_rule(struct world *world, enum direction direction, const struct packet *packet,
                      bool mirror)
{
    u32 edge = tuple_edge(&world->tables, direction, packet, mirror);
    return tuple_leaf(&world->tables, edge, packet, mirror);
}

static u32 world_rule_apart(struct world *world, enum direction direction,
                            const struct packet *packet, bool mirror)
{
    u32 edge = tuple_edge(&world->tables, direction, packet, mirror);
    return tuple_leaf(&world->tables, edge, packet, true);
}

static u32 world_rule_later(struct world *world, enum direction direction,
                            const struct packet *packet)
{
    u32 edge = tuple_edge_later(&world->tables, direction, packet);
    return tuple_leaf(&world->tables, edge, packet, false);
}

static bool world_quoted(struct world *world, const struct packet *packet, struct packet *quoted)
{
    const struct native *native = world->state;
    return quoted_parse(&native->frame, packet->transport + (u32)sizeof(struct icmp_header),
                        packet->end, quoted);
}

/* Has a limit banned FAR? The policy has few limits that ban. */
static bool limit_banned(const struct native *native, const struct packet *packet,
                         const struct address *far)
{
    const struct tables *tables = &native->tables;
    const int family = packet->family == FAMILY_IPV6;

    for (u32 i = 0; native->limit_bans && i < tables->header->limit_list_count; i++) {
        const struct tables_limit *limit = tables_limit(tables, i);
        struct limit_ban_key key;
        const struct limit_ban *ban;

        if (!limit->ban_ns)
            continue;
        limit_ban_key_of(&key, packet->family, far->bytes, limit->bits[family]);
        ban = lru_find(native->limit_bans, &key);
        if (ban && native->now_ns < ban->expires_ns &&
            !tables_spares(tables, packet->family, far->bytes, limit->bits[family]))
            return true;
    }
    return false;
}

static bool world_banned(struct world *world, enum direction direction, const struct packet *packet)
{
    const struct native *native = world->state;
    struct banned far = {.family = packet->family, .bits = address_bits(packet->family)};

    memcpy(far.address,
           direction == DIRECTION_IN ? packet->source.bytes : packet->destination.bytes,
           sizeof(far.address));
    for (size_t i = 0; i < native->bans.count; i++)
        if (native->now_ns < native->bans.list[i].expires_ns &&
            banned_covers(&native->bans.list[i], &far))
            return true;
    return limit_banned(native, packet,
                        direction == DIRECTION_IN ? &packet->source : &packet->destination);
}

static u32 world_block_ask(const struct block_question *question, u32 edge, u32 test, u16 number)
{
    const struct tables *tables = &question->world->tables;

    return tables_ask_number(tables, edge, tables_numbers(tables, test), number, false);
}

static u32 world_block_walk(const struct block_question *question, u32 edge)
{
    return block_walk(question, edge);
}

static bool world_block_admits(struct world *world, const struct block_question *question, u32 rule)
{
    return block_admits(world, question->packet, rule);
}

static bool world_block_is_held(const struct world *world, u32 origin)
{
    (void)world;
    (void)origin;
    return true;
}

static u32 world_block_search6(const struct block_question *question, u64 upper, u64 lower)
{
    return tables_search6(&question->world->tables, upper, lower);
}

static u32 world_blocked(struct world *world, enum direction direction, const struct packet *packet)
{
    const struct native *native = world->state;
    u32 block = 0;

    for (enum block_origin origin = 0; origin < BLOCK_ORIGINS && !block; origin++) {
        const struct tables_header *image = native->blocks[origin];
        struct world of_blocks = {
            .tables = {.header = image, .words = (const u32 *)image},
            .state = world->state,
            .packets = world->packets,
            .block = OF_BLOCKS,
        };
        if (image)
            block = block_judge(&of_blocks, origin, direction, packet);
    }
    return block;
}

static u64 world_now_ns(const struct world *world)
{
    const struct native *native = world->state;
    return native->now_ns;
}

static u64 world_limit_ns(const struct world *world)
{
    return world_now_ns(world);
}

/* Nobody's sockets are here: whatever opens no connection is taken for part of one. */
static enum proof world_proves(struct world *world, const struct packet *packet)
{
    (void)world;
    (void)packet;
    return PROOF_GOES_ON;
}

static bool world_condemns(struct world *world, const struct packet *packet, u32 at,
                           enum proof proof)
{
    return condemn_decide(world, packet, at, proof);
}

static void world_ban(struct world *world, const struct packet *packet, u32 rule, u32 at)
{
    struct native *native = world->state;
    const struct tables_limit *limit = tables_limit(&native->tables, at);
    struct limit_ban_key key;
    struct limit_ban ban = condemn_entry(limit, packet, rule, native->now_ns, &key);

    if (!lru_add(native->limit_bans, &key, &ban))
        native->is_short = true;
}

static bool world_admits(struct world *world, const struct packet *packet, u32 rule)
{
    struct native *native = world->state;
    return native_limits_admit(&native->limits, world, packet, rule);
}

static struct limit_line *world_limit_line(struct world *world, const struct tables_limit *limit,
                                           u64 hash)
{
    const struct native *native = world->state;
    if (world->block == OF_BLOCKS)
        return native->block_lines + block_line_at(limit, hash);
    return native->limits.lines + limit_line_at(limit, LIMIT_MASK, hash);
}

static u32 world_limits_ask(struct world *world, const struct packet *packet, u32 at, bool takes)
{
    return limits_ask(world, packet, at, takes);
}

/* No hint is kept here: looking in the table is as cheap. */
static bool world_expects(const struct world *world, const struct packet *packet)
{
    (void)world;
    (void)packet;
    return true;
}

static struct flow *world_flow(struct world *world, const struct flow_key *key)
{
    struct native *native = world->state;
    return lru_find(native->flows, key);
}

static enum opener world_opener(struct world *world, const struct packet *packet)
{
    const struct native *native = world->state;
    (void)packet;
    return native->opener;
}

static bool world_has_connection(struct world *world, const struct packet *packet)
{
    const struct native *native = world->state;
    (void)packet;
    return !native->strays;
}

/* Nobody listens here. */
static bool world_answers(struct world *world, const struct packet *packet, u32 rule)
{
    (void)world;
    (void)packet;
    (void)rule;
    return false;
}

/* When memory is short, the flow is not remembered and, as with a full table, its replies are
 * dropped. */
static void world_flow_add(struct world *world, const struct flow_key *key, const struct flow *flow)
{
    struct native *native = world->state;
    if (!lru_add(native->flows, key, flow))
        native->is_short = true;
}

static struct fragment *world_fragment(struct world *world, const struct fragment_key *key)
{
    struct native *native = world->state;
    return lru_find(native->fragments, key);
}

static void world_fragment_add(struct world *world, const struct fragment_key *key,
                               const struct fragment *fragment)
{
    struct native *native = world->state;
    if (!lru_add(native->fragments, key, fragment))
        native->is_short = true;
}

static struct reply *world_reply(struct world *world, const struct flow_key *key)
{
    struct native *native = world->state;
    return lru_find(native->replies, key);
}

static void world_reply_add(struct world *world, const struct flow_key *key,
                            const struct reply *reply)
{
    struct native *native = world->state;
    if (!lru_add(native->replies, key, reply))
        native->is_short = true;
}

struct native *native_new(const struct tables_header *header)
{
    struct native *native = calloc(1, sizeof(*native));
    if (!native)
        return NULL;
    native->tables = (struct tables){.header = header, .words = (const u32 *)header};
    native->opener = OPENER_UNKNOWN;
    native->flows = lru_new(sizeof(struct flow_key), sizeof(struct flow), FLOWS_MAX_DEFAULT);
    native->fragments =
        lru_new(sizeof(struct fragment_key), sizeof(struct fragment), FRAGMENTS_MAX);
    native->replies = lru_new(sizeof(struct flow_key), sizeof(struct reply), REPLIES_MAX);
    if (header->switches.bans)
        native->limit_bans =
            lru_new(sizeof(struct limit_ban_key), sizeof(struct limit_ban), LIMIT_BANS_MAX);
    if (native->flows && native->fragments && native->replies &&
        (native->limit_bans || !header->switches.bans) &&
        native_limits_start(&native->limits, header->limits_count > 0))
        return native;
    native_free(native);
    return NULL;
}

int native_ban(struct native *native, const struct banned *banned)
{
    return bans_add(&native->bans, banned);
}

int native_block(struct native *native, enum block_origin origin, const struct tables_header *image)
{
    if (image && image->limit_list_count && !native->block_lines)
        native->block_lines =
            calloc(BLOCK_SOURCE_LINES + BLOCK_RULE_LINES, sizeof(*native->block_lines));
    native->blocks[origin] = image;
    return native->block_lines || !image || !image->limit_list_count ? 0 : -ENOMEM;
}

void native_opened_by(struct native *native, enum opener opener)
{
    native->opener = opener;
}

void native_stray(struct native *native, bool strays)
{
    native->strays = strays;
}

void native_arrives(struct native *native, unsigned int zone)
{
    native->arrives = (u8)zone;
}

void native_reset(struct native *native)
{
    lru_clear(native->flows);
    lru_clear(native->fragments);
    lru_clear(native->replies);
    if (native->limit_bans)
        lru_clear(native->limit_bans);
    bans_clear(&native->bans);
    memset(native->blocks, 0, sizeof(native->blocks));
    free(TAKE_PTR(native->block_lines));
    native_limits_forget(&native->limits);
}

bool native_is_short(const struct native *native)
{
    return native->is_short;
}

void native_free(struct native *native)
{
    if (!native)
        return;
    lru_free(native->flows);
    lru_free(native->fragments);
    lru_free(native->replies);
    native_limits_end(&native->limits);
    lru_free(native->limit_bans);
    free(native->block_lines);
    bans_clear(&native->bans);
    free(native);
}

bool native_flow_counts(const struct tables_header *header, const struct flow_key *key,
                        const struct flow *flow, u64 now_ns, u32 *rule)
{
    const struct tables tables = {.header = header, .words = (const u32 *)header};

    return flow_is_owned(&tables, flow, rule) && !flow_is_idle(flow, key->protocol, now_ns);
}

struct outcome native_judge(struct native *native, enum direction direction, const void *data,
                            size_t length, u64 now_ns)
{
    const struct captured whole = {data, (u32)length, (u32)length};
    return native_judge_captured(native, direction, &whole, now_ns);
}

struct outcome native_judge_captured(struct native *native, enum direction direction,
                                     const struct captured *captured, u64 now_ns)
{
    struct world world = {.tables = native->tables, .state = native, .packets = 1};
    struct packet packet = {0};

    native->now_ns = now_ns;
    native->cut = false;
    native->limits.asked_count = 0;
    native->direction = direction;
    native->frame = (struct frame){.data = captured->data,
                                   .end = captured->data + captured->bytes,
                                   .length = captured->length,
                                   .context = &native->cut};
    int reason = parse_frame(&native->frame, &packet);
    if (packet.family && direction == DIRECTION_OUT)
        packet.arrives = native->arrives;
    native->outcome = direction == DIRECTION_IN ? judge(&world, DIRECTION_IN, reason, &packet)
                                                : judge(&world, DIRECTION_OUT, reason, &packet);
    native->packet = packet;
    return native->outcome;
}

bool native_was_cut(const struct native *native)
{
    return native->cut;
}

void native_tell(const struct native *native, struct event *event)
{
    const struct packet *packet = &native->packet;
    size_t there = (size_t)(native->frame.end - native->frame.data);

    *event = (struct event){.time_ns = native->now_ns,
                            .outcome = native->outcome,
                            .frame_bytes = native->frame.length,
                            .captured_bytes =
                                (u16)(there < EVENT_FRAME_BYTES ? there : EVENT_FRAME_BYTES),
                            .direction = (u8)native->direction,
                            .audit = !!native->tables.header->switches.audit,
                            .family = packet->family,
                            .protocol = packet->protocol,
                            .tcp_flags = packet->tcp_flags,
                            .fragment = (u8)packet_fragment(packet),
                            .source_port = packet->source_port,
                            .destination_port = packet->destination_port};
    tuple_tell_numbers(native->tables.header, packet, event);
    memcpy(event->source, packet->source.bytes, sizeof(event->source));
    memcpy(event->destination, packet->destination.bytes, sizeof(event->destination));
    if (event->captured_bytes)
        memcpy(event->frame, native->frame.data, event->captured_bytes);
}

struct flow_visit {
    void (*visit)(const struct flow_key *key, const struct flow *flow, void *context);
    void *context;
};

static void visit_flow(const void *key, void *flow, void *context)
{
    const struct flow_visit *visit = context;
    visit->visit(key, flow, visit->context);
}

/* Reads the packet that ERROR, read from FRAME, quotes. */
static bool parse_quoted(const struct frame *frame, const struct packet *error,
                         struct packet *quoted)
{
    *quoted = (struct packet){.family = error->family};
    return packet_is_icmp_error(error) && !error->later_fragment &&
           quoted_parse(frame, error->transport + (u32)sizeof(struct icmp_header), error->end,
                        quoted);
}

/* They return false if there is no IP packet to judge. */
static bool parse_captured(const struct captured *captured, struct packet *packet)
{
    struct frame frame = {.data = captured->data,
                          .end = captured->data + captured->bytes,
                          .length = captured->length};

    *packet = (struct packet){0};
    return parse_frame(&frame, packet) == PARSED && packet->family != FAMILY_NONE;
}

static bool parse(const void *data, size_t length, struct packet *packet)
{
    return parse_captured(&(struct captured){data, (u32)length, (u32)length}, packet);
}

static void question_of(const struct packet *packet, bool mirror, struct native_question *question)
{
    struct tuple tuple;

    tuple_of_packet(packet, mirror, &tuple);
    *question = (struct native_question){.family = tuple.family,
                                         .protocol = tuple.protocol,
                                         .spoken_of = mirror,
                                         .source_port = tuple.source_port,
                                         .destination_port = tuple.destination_port,
#define ROW(ID, id, ...) .id = packet_##id(packet),
                                         EDGEXDP_OWN_FIELDS(ROW)
#undef ROW
    };
    memcpy(question->source, tuple.source, sizeof(question->source));
    memcpy(question->destination, tuple.destination, sizeof(question->destination));
}

bool native_ask(const void *data, size_t length, bool mirror, struct native_question *question)
{
    struct packet packet;

    if (!parse(data, length, &packet))
        return false;
    if (mirror && (packet.later_fragment || !packet_has_mirror(&packet)))
        return false;
    question_of(&packet, mirror, question);
    return true;
}

bool native_ask_captured(const struct captured *captured, struct native_question *question)
{
    struct packet packet;

    if (!parse_captured(captured, &packet))
        return false;
    question_of(&packet, false, question);
    return true;
}

bool native_quoted(const struct captured *captured, enum link_layer layer, bool mirror,
                   struct native_question *question)
{
    struct frame frame = {.data = captured->data,
                          .end = captured->data + captured->bytes,
                          .length = captured->length};
    struct packet packet = {0}, quoted;
    bool ipv4 = captured->bytes && captured->data[0] >> 4 == 4;
    int reason = layer == LINK_ETHERNET
                     ? parse_frame(&frame, &packet)
                     : parse_bare(&frame, 0, ipv4 ? ETH_P_IP : ETH_P_IPV6, &packet);

    if (reason != PARSED || packet.family == FAMILY_NONE ||
        !parse_quoted(&frame, &packet, &quoted) || (mirror && !packet_has_mirror(&quoted)))
        return false;
    question_of(&quoted, mirror, question);
    question->spoken_of = true;
    return true;
}

const char *native_baseline(enum direction direction, const void *data, size_t length)
{
    static const struct tables_switches on = {
        .neighbour_discovery = 1, .igmp = 1, .ping = 1, .dhcp_client = 1};
    enum reason reason = REASONS;
    struct packet packet;

    if (parse(data, length, &packet) && !packet.later_fragment)
        reason = baseline_reason(&on, direction, &packet);
    return reason == REASONS ? NULL : reason_names[reason];
}

bool native_is_error(const void *data, size_t length)
{
    struct packet packet;

    return parse(data, length, &packet) && !packet.later_fragment && packet_is_icmp_error(&packet);
}

bool native_flow_key(const void *data, size_t length, enum direction direction,
                     struct flow_key *key)
{
    struct frame frame = {.data = data, .end = (const u8 *)data + length, .length = (u32)length};
    struct packet packet, quoted;

    if (!parse(data, length, &packet) || packet.later_fragment)
        return false;
    if (parse_quoted(&frame, &packet, &quoted))
        return flow_key_of(&quoted, direction == DIRECTION_IN ? DIRECTION_OUT : DIRECTION_IN, key);
    return flow_key_of(&packet, direction, key);
}

bool native_reply_key(const void *data, size_t length, struct flow_key *key)
{
    struct frame frame = {.data = data, .end = (const u8 *)data + length, .length = (u32)length};
    struct packet packet, quoted;

    if (!parse(data, length, &packet) || !icmp_error_says_too_big(&packet) ||
        !parse_quoted(&frame, &packet, &quoted))
        return false;
    reply_key_of(&quoted, key);
    return true;
}

bool native_fragment_key(const void *data, size_t length, enum direction direction,
                         struct fragment_key *key)
{
    struct packet packet;

    if (!parse(data, length, &packet) || !(packet.later_fragment || packet.first_fragment))
        return false;
    fragment_key_of(&packet, direction, key);
    return true;
}

void native_each_flow(const struct native *native,
                      void (*visit)(const struct flow_key *key, const struct flow *flow,
                                    void *context),
                      void *context)
{
    lru_each(native->flows, visit_flow, &(struct flow_visit){visit, context});
}

bool native_limit(const struct tables_header *header, u32 rule, u32 at, const void *data,
                  size_t length, struct native_limit *found)
{
    const struct tables tables = {.header = header, .words = (const u32 *)header};
    struct packet packet;
    u32 first;

    if (at >= limits_of(&tables, rule, &first) || !parse(data, length, &packet))
        return false;
    found->limit = tables_limit(&tables, first + at);
    found->hash = limit_hash(header, found->limit, &packet);
    found->line = limit_line_at(found->limit, header->seated.limit_lines, found->hash);
    return limit_applies(found->limit, &packet);
}

int native_try(struct native *native, u32 rule, const struct tables_limit *limits, u32 count)
{
    struct native_limits *own = &native->limits;
    struct limit_line *lines = calloc((size_t)count * LIMIT_LINES, sizeof(*lines));

    if (!lines)
        return -ENOMEM;
    own->trials[own->trial_count++] = (struct native_trial){rule, count, limits, lines};
    return 0;
}

u32 native_asked(const struct native *native, const struct native_asked **asked)
{
    *asked = native->limits.asked;
    return native->limits.asked_count;
}

unsigned int native_limit_use(const struct tables_header *header, const struct native_limit *limit,
                              struct limit_line *line, u64 now_ns)
{
    u64 now = now_ns >> LIMIT_UNIT_SHIFT;
    u64 most = limit->limit->most, tag = limit_tag(limit->limit, limit->hash), way;

    limit_search(line, tag, now, header->limit_most, &way);
    if ((way & LIMIT_TAG_MASK) != tag)
        return 0;
    u64 ahead = limit_ahead(way, now, most);
    return ahead < most ? (unsigned int)(ahead * 100 / most) : 100;
}
