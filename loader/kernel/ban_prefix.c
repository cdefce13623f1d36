/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Banned prefixes. The trie finds only the longest match, not the prefixes that contain it. So each
 * entry holds the time until which it or any of those is in force, and all are recomputed when one
 * of them changes. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"
#include "ban.h"

enum fate { KEPT, CHANGED, GONE };

struct prefix {
    struct banned banned; /* first, because it is the sort key */
    u64 in_force_ns;
    enum fate fate;
};

struct prefixes {
    struct prefix *list;
    size_t count;
    size_t capacity;
};

static void prefixes_clear(struct prefixes *prefixes)
{
    free(prefixes->list);
}

static struct ban_prefix_key prefix_key(const struct banned *banned)
{
    struct ban_prefix_key key = {.bits = BAN_FAMILY_BITS + banned->bits, .family = banned->family};

    memcpy(key.address, banned->address, sizeof(key.address));
    return key;
}

static int append(struct prefixes *prefixes, const struct prefix *prefix)
{
    void *grown =
        array_grow(prefixes->list, prefixes->count, &prefixes->capacity, sizeof(*prefixes->list));
    if (!grown)
        return -ENOMEM;
    prefixes->list = grown;
    prefixes->list[prefixes->count++] = *prefix;
    return 0;
}

static int add_known(const void *key, const void *value, void *context)
{
    const struct ban_prefix_key *known = key;
    const struct ban_prefix *ban = value;
    struct prefix prefix = {.banned = {.family = known->family,
                                       .bits = known->bits - BAN_FAMILY_BITS,
                                       .since_ns = ban->since_ns,
                                       .expires_ns = ban->expires_ns},
                            .in_force_ns = ban->in_force_ns};

    memcpy(prefix.banned.address, known->address, sizeof(known->address));
    return append(context, &prefix);
}

static int read_all(int map, struct prefixes *prefixes)
{
    int error = guard_map_each(map, sizeof(struct ban_prefix_key), sizeof(struct ban_prefix),
                               add_known, prefixes);
    if (!error && prefixes->count)
        qsort(prefixes->list, prefixes->count, sizeof(*prefixes->list), banned_compare);
    return error;
}

int ban_prefixes_read(int map, struct bans *bans)
{
    CLEANUP(prefixes_clear) struct prefixes known = {0};
    int error = read_all(map, &known);

    for (size_t i = 0; !error && i < known.count; i++)
        error = bans_add(bans, &known.list[i].banned);
    return error;
}

u64 ban_prefixes_until(int map, const struct banned *address)
{
    struct ban_prefix_key key = prefix_key(address);
    struct ban_prefix longest;

    return bpf_map_lookup_elem(map, &key, &longest) ? 0 : longest.in_force_ns;
}

/* Searches the first COUNT entries, which are sorted. */
static struct prefix *find(const struct prefixes *prefixes, size_t count,
                           const struct banned *banned)
{
    return count ? bsearch(banned, prefixes->list, count, sizeof(*prefixes->list), banned_compare)
                 : NULL;
}

static int merge(struct prefixes *prefixes, const struct bans *added)
{
    size_t known = prefixes->count;

    for (size_t i = 0; i < added->count; i++) {
        struct prefix fresh = {.banned = added->list[i], .fate = CHANGED};
        struct prefix *old = find(prefixes, known, &added->list[i]);
        if (!old && append(prefixes, &fresh))
            return -ENOMEM;
        if (!old)
            continue;
        old->banned.expires_ns = added->list[i].expires_ns;
        old->fate = CHANGED;
    }
    if (prefixes->count)
        qsort(prefixes->list, prefixes->count, sizeof(*prefixes->list), banned_compare);
    return 0;
}

static void drop(struct prefixes *prefixes, const struct bans *removed, u64 now_ns)
{
    for (size_t i = 0; i < prefixes->count; i++)
        if (prefixes->list[i].banned.expires_ns <= now_ns)
            prefixes->list[i].fate = GONE;
    for (size_t i = 0; removed && i < removed->count; i++) {
        struct prefix *known = find(prefixes, prefixes->count, &removed->list[i]);
        if (known)
            known->fate = GONE;
    }
}

/* In sort order, the prefixes that contain one come before it: at most one of each length. */
static void reckon(struct prefixes *prefixes)
{
    const struct prefix *around[8 * 16];
    size_t depth = 0;

    for (size_t i = 0; i < prefixes->count; i++) {
        struct prefix *prefix = &prefixes->list[i];
        u64 in_force_ns = prefix->banned.expires_ns;
        if (prefix->fate == GONE)
            continue;
        while (depth && !banned_covers(&around[depth - 1]->banned, &prefix->banned))
            depth--;
        if (depth && around[depth - 1]->in_force_ns > in_force_ns)
            in_force_ns = around[depth - 1]->in_force_ns;
        if (prefix->in_force_ns != in_force_ns)
            prefix->fate = CHANGED;
        prefix->in_force_ns = in_force_ns;
        around[depth++] = prefix;
    }
}

static size_t count_of(const struct prefixes *prefixes, u64 *earliest_ns)
{
    size_t count = 0;

    for (size_t i = 0; i < prefixes->count; i++) {
        const struct prefix *prefix = &prefixes->list[i];
        if (prefix->fate == GONE)
            continue;
        count++;
        if (prefix->banned.expires_ns < *earliest_ns)
            *earliest_ns = prefix->banned.expires_ns;
    }
    return count;
}

static int store_one(int map, const struct prefix *prefix)
{
    struct ban_prefix_key key = prefix_key(&prefix->banned);
    struct ban_prefix value = {prefix->banned.since_ns, prefix->banned.expires_ns,
                               prefix->in_force_ns};

    if (prefix->fate == GONE)
        return bpf_map_delete_elem(map, &key) && errno != ENOENT ? -errno : 0;
    return bpf_map_update_elem(map, &key, &value, BPF_ANY) ? -errno : 0;
}

/* Stores removals first, because they make room. */
static int store(int map, const struct prefixes *prefixes)
{
    int error = 0;

    for (size_t i = 0; !error && i < prefixes->count; i++)
        if (prefixes->list[i].fate == GONE)
            error = store_one(map, &prefixes->list[i]);
    for (size_t i = 0; !error && i < prefixes->count; i++)
        if (prefixes->list[i].fate == CHANGED)
            error = store_one(map, &prefixes->list[i]);
    return error;
}

int ban_prefixes_change(const struct guard *guard, const struct bans *added,
                        const struct bans *removed, size_t *count, u64 *earliest_ns)
{
    CLEANUP(prefixes_clear) struct prefixes all = {0};
    u64 earliest = *earliest_ns;
    int error = read_all(guard->maps[PIN_BAN_PREFIXES], &all);

    if (!error && added)
        error = merge(&all, added);
    if (error)
        return error;
    drop(&all, removed, monotonic_ns());
    reckon(&all);
    size_t remain = count_of(&all, &earliest);
    if (remain > BAN_PREFIXES_MAX)
        return -ENOSPC;
    error = store(guard->maps[PIN_BAN_PREFIXES], &all);
    if (error)
        return error;
    *count = remain;
    *earliest_ns = earliest;
    return 0;
}
