/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map `limit_bans`: made with one entry, and large once a limit bans; and reading it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include <edgexdp/ban.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "ban.h"

static struct banning *word_of(const struct guard *guard)
{
    return guard->mappings[PIN_BANNING].memory;
}

/* The prefix lengths that packets look for. */
struct lengths {
    struct limit_ban_lengths families[2];
    bool too_many;
};

static void add_length(struct lengths *lengths, int family, u32 bits)
{
    lengths->too_many |= !limit_ban_length_add(&lengths->families[family], bits);
}

static void add_lengths_of(const struct tables_header *header, struct lengths *lengths)
{
    const void *words = (const u32 *)header + header->limit_list;
    const struct tables_limit *limits = words;

    for (u32 i = 0; i < header->limit_list_count; i++)
        for (int family = 0; limits[i].ban_ns && family < 2; family++)
            add_length(lengths, family, limits[i].bits[family]);
}

static int add_length_of(const void *key, const void *value, void *context)
{
    const struct limit_ban_key *prefix = key;
    const struct limit_ban *ban = value;
    struct lengths *lengths = context;

    if (monotonic_ns() < ban->expires_ns)
        add_length(lengths, prefix->family == FAMILY_IPV6, prefix->bits);
    return 0;
}

/* Whatever packets find, they look for these first. */
static void store_lengths(const struct guard *guard, const struct limit_ban_lengths lengths[2])
{
    struct banning *word = word_of(guard);
    bool any = lengths[0].count || lengths[1].count;

    for (int family = 0; family < 2; family++)
        for (size_t i = 0; i < LIMIT_BAN_LENGTHS; i++)
            __atomic_store_n(&word->limit_bits[family][i],
                             i < lengths[family].count ? lengths[family].bits[i] : 0,
                             __ATOMIC_RELAXED);
    __atomic_store_n(&word->kinds,
                     any ? word->kinds | BANS_BY_LIMITS : word->kinds & ~BANS_BY_LIMITS,
                     __ATOMIC_SEQ_CST);
}

int limit_bans_prepare(struct guard *guard, const struct tables_header *header, struct why *why)
{
    struct lengths lengths = {.too_many = false};

    for (u32 seat = 0; seat < SEATS; seat++)
        if (seat_is_live(guard, seat) && guard->generations[seat].block.memory)
            add_lengths_of(guard->generations[seat].block.memory, &lengths);
    add_lengths_of(header, &lengths);
    int error = guard_map_each(guard->maps[PIN_LIMIT_BANS], sizeof(struct limit_ban_key),
                               sizeof(struct limit_ban), add_length_of, &lengths);
    if (error)
        return why_kernel(why, error, "cannot read whom limits have banned");
    if (header->switches.bans && lengths.too_many)
        return why_set(why, -E2BIG,
                       "limits ban prefixes of more than %u lengths, those in force included: use "
                       "fewer, or unban whom limits have banned",
                       LIMIT_BAN_LENGTHS);
    if (header->switches.bans)
        error = guard_resize_map_of_all(guard, PIN_LIMIT_BANS, LIMIT_BANS_MAX, why);
    if (!error)
        store_lengths(guard, lengths.families);
    return error;
}

struct reading {
    const struct tables_header *tables;
    u64 now_ns;
    struct bans *bans;
    size_t count;
};

/* Under a policy without limits nobody is exempt, so bans of prefixes, around those who would be,
 * do not hold: see tables_spares(). */
static bool holds(const struct reading *reading, const struct limit_ban_key *key,
                  const struct limit_ban *ban)
{
    return reading->now_ns < ban->expires_ns &&
           (key->bits == address_bits(key->family) ||
            (reading->tables && reading->tables->limits_count));
}

static int add_ban(const void *key, const void *value, void *context)
{
    const struct limit_ban_key *prefix = key;
    const struct limit_ban *ban = value;
    struct reading *reading = context;
    struct banned banned = {.family = prefix->family,
                            .bits = prefix->bits,
                            .since_ns = ban->since_ns,
                            .expires_ns = ban->expires_ns,
                            .by_limit = true,
                            .rule = ban->rule};

    if (!holds(reading, prefix, ban))
        return 0;
    reading->count++;
    memcpy(banned.address, prefix->address, sizeof(banned.address));
    return reading->bans ? bans_add(reading->bans, &banned) : 0;
}

static int read_all(int map, struct reading *reading)
{
    return guard_map_each(map, sizeof(struct limit_ban_key), sizeof(struct limit_ban), add_ban,
                          reading);
}

int limit_bans_read(const struct guard *guard, struct bans *bans)
{
    struct reading reading = {
        .tables = guard_tables(guard), .now_ns = monotonic_ns(), .bans = bans};

    return word_of(guard)->kinds & BANS_BY_LIMITS ? read_all(guard->maps[PIN_LIMIT_BANS], &reading)
                                                  : 0;
}

int limit_bans_count(const struct view *view, const struct banning *word, size_t *count)
{
    struct reading reading = {.tables = view->tables, .now_ns = monotonic_ns()};
    int error = reading.now_ns < word->limits_until_ns
                    ? read_all(view->maps[VIEW_LIMIT_BANS], &reading)
                    : 0;

    *count = reading.count;
    return error;
}

static struct limit_ban_key key_of(const struct banned *banned, u8 bits)
{
    struct limit_ban_key key;

    limit_ban_key_of(&key, (u8)banned->family, banned->address, bits);
    return key;
}

u64 limit_bans_until(const struct guard *guard, const struct banned *address)
{
    const struct banning *word = word_of(guard);
    struct reading reading = {.tables = guard_tables(guard), .now_ns = monotonic_ns()};
    struct limit_ban ban;
    u64 until_ns = 0;

    for (size_t i = 0; i < LIMIT_BAN_LENGTHS; i++) {
        u8 bits = word->limit_bits[address->family == FAMILY_IPV6][i];
        struct limit_ban_key key = key_of(address, bits);
        if (bits && !bpf_map_lookup_elem(guard->maps[PIN_LIMIT_BANS], &key, &ban) &&
            holds(&reading, &key, &ban) && ban.expires_ns > until_ns)
            until_ns = ban.expires_ns;
    }
    return until_ns;
}

bool limit_bans_end(const struct guard *guard, const struct banned *banned)
{
    struct limit_ban_key key = key_of(banned, (u8)banned->bits);
    struct limit_ban ban;
    int map = guard->maps[PIN_LIMIT_BANS];

    return word_of(guard)->kinds & BANS_BY_LIMITS && !bpf_map_lookup_elem(map, &key, &ban) &&
           !bpf_map_delete_elem(map, &key) && monotonic_ns() < ban.expires_ns;
}

bool limit_bans_expired(const struct guard *guard)
{
    u64 until_ns = __atomic_load_n(&word_of(guard)->limits_until_ns, __ATOMIC_RELAXED);
    return until_ns && monotonic_ns() >= until_ns;
}

static int add_key(const void *key, const void *value, void *context)
{
    const struct limit_ban_key *prefix = key;
    struct banned banned = {.family = prefix->family, .bits = prefix->bits};

    (void)value;
    memcpy(banned.address, prefix->address, sizeof(banned.address));
    return bans_add(context, &banned);
}

/* A packet that bans somebody meanwhile stores a later time, and that stays. */
int limit_bans_sweep(const struct guard *guard)
{
    CLEANUP(bans_clear) struct bans all = {0};
    struct banning *word = word_of(guard);
    u64 until_ns = __atomic_load_n(&word->limits_until_ns, __ATOMIC_RELAXED);

    if (!limit_bans_expired(guard))
        return 0;
    __atomic_compare_exchange_n(&word->limits_until_ns, &until_ns, 0, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    int error = guard_map_each(guard->maps[PIN_LIMIT_BANS], sizeof(struct limit_ban_key),
                               sizeof(struct limit_ban), add_key, &all);
    for (size_t i = 0; !error && i < all.count; i++)
        if (!limit_bans_until(guard, &all.list[i]))
            limit_bans_end(guard, &all.list[i]);
    return error;
}
