/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps that belong to an interface and outlive every policy. The root object creates and pins
 * them; every generation is loaded with the same ones. The loader sets sizes marked (loader) before
 * that.
 */
#ifndef EDGEXDP_MAPS_H
#define EDGEXDP_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <edgexdp/limit.h>

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1); /* (loader) */
    __type(key, u32);
    __type(value, struct rule_counter);
} counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, REASON_SLOTS);
    __type(key, u32);
    __type(value, struct reason_counter);
} reasons SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1); /* (loader) */
    __type(key, struct flow_key);
    __type(value, struct flow);
} flows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FRAGMENTS_MAX);
    __type(key, struct fragment_key);
    __type(value, struct fragment);
} fragments SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, REPLIES_MAX);
    __type(key, struct flow_key);
    __type(value, struct reply);
} replies SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, BANS_MAX);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct ban_key);
    __type(value, struct ban);
} bans SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, u32);
    __type(value, struct ban_filter);
} ban_filter SEC(".maps");

/* One more than the limit, because kernels before 6.13 replace no entry of a full trie. */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, BAN_PREFIXES_MAX + 1);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct ban_prefix_key);
    __type(value, struct ban_prefix);
} ban_prefixes SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct refusals);
} refusals SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct cookies);
} cookies SEC(".maps");

struct full_cookie_key cookie_key SEC(".data.cookie_key") = {};

struct cookies_until cookies_until SEC(".data.cookies_until") = {};

/* Have cookies been sent lately? In most cases that is all that a packet costs. */
INLINE bool cookies_until_is_ahead(void)
{
    const volatile struct cookies_until *until = &cookies_until;
    return until->ns && bpf_ktime_get_coarse_ns() < until->ns;
}

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1); /* (loader) */
    __type(key, u32);
    __type(value, struct dropped_line);
} dropped SEC(".maps");

/* Who is ahead of a rule's limit, and by how much: see edgexdp/limit.h. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1); /* (loader) */
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, u32);
    __type(value, struct limit_line);
} limit_lines SEC(".maps");

/* Whom limits have banned. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1); /* (loader) */
    __type(key, struct limit_ban_key);
    __type(value, struct limit_ban);
} limit_bans SEC(".maps");

struct refusing refusing SEC(".data.refusing") = {};

struct remotes remotes SEC(".data.remotes") = {};

struct banning banning SEC(".data.banning") = {.earliest_ns = BAN_FOREVER};

/* Blocks: which images there are, the images by origin, and what each block has dropped. */
struct blocking blocking SEC(".data.blocking") = {
    .next_number = 1, .until_ns = {BLOCK_FOREVER, BLOCK_FOREVER}, .earliest_ns = BLOCK_FOREVER};

struct block_image {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(key_size, sizeof(u32));
    __uint(value_size, BLOCK_IMAGE_BYTES);
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, BLOCK_ORIGINS);
    __type(key, u32);
    __array(values, struct block_image);
} block_images SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 2 * BLOCKS_MAX); /* while others take their place */
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, u32);
    __type(value, struct block_counter);
} block_counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 2 * BLOCKS_MAX);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, u32);
    __type(value, struct block_name);
} block_names SEC(".maps");

/* Who is ahead of a block's limit: a table that exists while a block has one. */
struct block_lines {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, BLOCK_SOURCE_LINES + BLOCK_RULE_LINES);
    /* Sizes, not types: Linux 6.1 takes only tables that are described as this one is. */
    __uint(key_size, sizeof(u32));
    __uint(value_size, sizeof(struct limit_line));
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 1);
    __type(key, u32);
    __array(values, struct block_lines);
} block_limits SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, DIRECTIONS);
    __type(key, u32);
    __type(value, struct seen);
} seen SEC(".maps");

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096); /* the listener sets it */
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, LISTENERS);
    __type(key, u32);
    __array(values, struct ring);
} listeners SEC(".maps");

struct listening listening SEC(".data.listening") = {};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, struct sampler);
} samplers SEC(".maps");

#endif
