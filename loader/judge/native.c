/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* Out of memory a flow is not remembered: as in a full table, its replies are not let in. */
#define uthash_fatal(message) abort()
#define HASH_NONFATAL_OOM     1
#include <uthash.h>

#include <edgexdp/judge.h>

struct remembered {
    struct flow_key key;
    struct flow flow;
    UT_hash_handle hh;
};

struct kept {
    struct fragment_key key;
    struct fragment fragment;
    UT_hash_handle hh;
};

struct native {
    struct tables tables;
    struct remembered *flows;
    struct kept *fragments;
    struct frame frame; /* that is being judged */
    u64 now_ns;
    bool is_short;
};

static const void *frame_at(const struct frame *frame, u32 offset, u32 size, void *spare)
{
    (void)spare;
    return offset + size <= frame->length ? frame->data + offset : NULL;
}

static bool frame_copy(const struct frame *frame, u32 offset, u32 size, void *to)
{
    if (offset + size > frame->length)
        return false;
    memcpy(to, frame->data + offset, size);
    return true;
}

static int frame_walk_options(const struct frame *frame, u32 offset, u32 end)
{
    return packet_walk_options(frame, offset, end);
}

static int frame_walk_extensions(const struct frame *frame, struct extension_walk *walk)
{
    return packet_walk_extensions(frame, walk);
}

static u32 unknown_zero(void)
{
    return 0;
}

static u32 world_search6(const struct tables *tables, u64 upper, u64 lower)
{
    return tables_search6(tables, upper, lower);
}

static u32 world_rule(struct world *world, enum direction direction, const struct packet *packet,
                      bool mirror)
{
    return packet_rule(&world->tables, direction, packet, mirror);
}

static u32 world_rule_apart(struct world *world, enum direction direction,
                            const struct packet *packet, bool mirror)
{
    return packet_rule(&world->tables, direction, packet, mirror);
}

static bool world_quoted(struct world *world, const struct packet *packet, struct packet *quoted)
{
    const struct native *native = world->state;
    return packet_parse_quoted(&native->frame, packet->transport + (u32)sizeof(struct icmp_header),
                               packet->end, quoted);
}

static u64 world_now_ns(const struct world *world)
{
    const struct native *native = world->state;
    return native->now_ns;
}

static struct flow *world_flow(struct world *world, const struct flow_key *key)
{
    struct native *native = world->state;
    struct remembered *found;
    HASH_FIND(hh, native->flows, key, sizeof(*key), found);
    return found ? &found->flow : NULL;
}

static void world_flow_add(struct world *world, const struct flow_key *key, const struct flow *flow)
{
    struct native *native = world->state;
    struct flow *known = world_flow(world, key);
    if (known) {
        *known = *flow;
        return;
    }
    struct remembered *made = calloc(1, sizeof(*made));
    if (!made) {
        native->is_short = true;
        return;
    }
    made->key = *key;
    made->flow = *flow;
    HASH_ADD(hh, native->flows, key, sizeof(made->key), made);
    if (!made->hh.tbl) {
        native->is_short = true;
        free(made);
    }
}

static struct fragment *world_fragment(struct world *world, const struct fragment_key *key)
{
    struct native *native = world->state;
    struct kept *found;
    HASH_FIND(hh, native->fragments, key, sizeof(*key), found);
    return found ? &found->fragment : NULL;
}

static void world_fragment_add(struct world *world, const struct fragment_key *key,
                               const struct fragment *fragment)
{
    struct native *native = world->state;
    struct fragment *known = world_fragment(world, key);
    if (known) {
        *known = *fragment;
        return;
    }
    struct kept *made = calloc(1, sizeof(*made));
    if (!made) {
        native->is_short = true;
        return;
    }
    made->key = *key;
    made->fragment = *fragment;
    HASH_ADD(hh, native->fragments, key, sizeof(made->key), made);
    if (!made->hh.tbl) {
        native->is_short = true;
        free(made);
    }
}

struct native *native_new(const struct tables_header *header)
{
    struct native *native = calloc(1, sizeof(*native));
    if (native)
        native->tables = (struct tables){.header = header, .words = (const u32 *)header};
    return native;
}

void native_reset(struct native *native)
{
    struct remembered *flow, *next;
    struct kept *kept, *after;
    HASH_ITER (hh, native->flows, flow, next) {
        HASH_DEL(native->flows, flow);
        free(flow);
    }
    HASH_ITER (hh, native->fragments, kept, after) {
        HASH_DEL(native->fragments, kept);
        free(kept);
    }
}

bool native_is_short(const struct native *native)
{
    return native->is_short;
}

void native_free(struct native *native)
{
    if (!native)
        return;
    native_reset(native);
    free(native);
}

struct outcome native_judge(struct native *native, enum direction direction, const void *data,
                            size_t length, u64 now_ns)
{
    struct world world = {.tables = native->tables, .state = native};
    struct packet packet = {0};

    native->now_ns = now_ns;
    native->frame =
        (struct frame){.data = data, .end = (const u8 *)data + length, .length = (u32)length};
    int reason = packet_parse(&native->frame, &packet);
    return direction == DIRECTION_IN ? judge(&world, DIRECTION_IN, reason, &packet)
                                     : judge(&world, DIRECTION_OUT, reason, &packet);
}

void native_each_flow(const struct native *native,
                      void (*visit)(const struct flow_key *key, const struct flow *flow,
                                    void *context),
                      void *context)
{
    for (const struct remembered *one = native->flows; one; one = one->hh.next)
        visit(&one->key, &one->flow, context);
}
