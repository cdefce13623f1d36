/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bans: two maps, and a word that tells the packet path which of them to ask. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <edgexdp/ban.h>

#include "../base/clock.h"
#include "../base/memory.h"
#include "ban.h"

/* The bits of this many unbanned addresses would make the filter wrong for a few packets in a
 * thousand. */
#define STALE_MAX 16384u

static struct banning *word_of(const struct guard *guard)
{
    return guard->mappings[PIN_BANNING].memory;
}

struct ban_key ban_key(const struct banned *banned)
{
    struct ban_key key = {.family = (u8)banned->family};

    memcpy(key.address, banned->address, sizeof(key.address));
    return key;
}

static int add_address(const void *key, const void *value, void *context)
{
    const struct ban_key *address = key;
    const struct ban *ban = value;
    struct banned banned = {.family = address->family,
                            .bits = address_bits(address->family),
                            .since_ns = ban->since_ns,
                            .expires_ns = ban->expires_ns};

    memcpy(banned.address, address->address, sizeof(banned.address));
    return bans_add(context, &banned);
}

static int read_addresses(int map, struct bans *bans)
{
    return guard_map_each(map, sizeof(struct ban_key), sizeof(struct ban), add_address, bans);
}

static u64 earliest_of(const struct bans *bans, u64 earliest_ns)
{
    for (size_t i = 0; i < bans->count; i++)
        if (bans->list[i].expires_ns < earliest_ns)
            earliest_ns = bans->list[i].expires_ns;
    return earliest_ns;
}

/* From now until end_change(), anyone who opens this guard would count the bans again. */
static void begin_change(const struct guard *guard)
{
    __atomic_store_n(&word_of(guard)->changing, 1, __ATOMIC_SEQ_CST);
}

static void filter_add(struct ban_filter *filter, const struct banned *banned)
{
    u64 halves[2];

    memcpy(halves, banned->address, sizeof(halves));
    struct ban_bits own = ban_bits(halves[0], halves[1]);
    filter->words[own.word] |= own.bits;
}

/* Clear the bits of addresses that are not in ADDRESSES any more, word by word, while packets read
 * them: the bits of those in ADDRESSES are set in the old words and in the new ones. */
static int filter_renew(const struct guard *guard, const struct bans *addresses)
{
    struct ban_filter *filter = guard->mappings[PIN_BAN_FILTER].memory;
    CLEANUP_FREE struct ban_filter *fresh = calloc(1, sizeof(*fresh));

    if (!fresh)
        return -ENOMEM;
    for (size_t i = 0; i < addresses->count; i++)
        filter_add(fresh, &addresses->list[i]);
    for (size_t word = 0; word < BAN_FILTER_WORDS; word++)
        __atomic_store_n(&filter->words[word], fresh->words[word], __ATOMIC_RELAXED);
    word_of(guard)->stale = 0;
    return 0;
}

/* Once the entries exist, make packets look for them. */
static void store_counts(const struct guard *guard, size_t addresses, size_t prefixes,
                         u64 earliest_ns)
{
    struct banning *word = word_of(guard);
    u32 kinds = (addresses ? BANS_ADDRESSES : 0) | (prefixes ? BANS_PREFIXES : 0) |
                (word->kinds & BANS_BY_LIMITS);

    word->addresses = (u32)addresses;
    word->prefixes = (u32)prefixes;
    word->earliest_ns = earliest_ns;
    __atomic_store_n(&word->kinds, kinds, __ATOMIC_SEQ_CST);
}

/* Removes expired bans from the map and from ADDRESSES. */
static void remove_expired(const struct guard *guard, struct bans *addresses)
{
    u64 now_ns = monotonic_ns();
    size_t kept = 0;

    for (size_t i = 0; i < addresses->count; i++) {
        struct ban_key key = ban_key(&addresses->list[i]);
        if (addresses->list[i].expires_ns > now_ns ||
            bpf_map_delete_elem(guard->maps[PIN_BANS], &key))
            addresses->list[kept++] = addresses->list[i];
    }
    addresses->count = kept;
}

/* Removes expired bans, counts the rest, and rebuilds the filter. */
static int recount(struct guard *guard)
{
    CLEANUP(bans_clear) struct bans addresses = {0};
    u64 earliest_ns = BAN_FOREVER;
    size_t prefixes;

    int error = read_addresses(guard->maps[PIN_BANS], &addresses);
    if (!error)
        error = ban_prefixes_change(guard, NULL, NULL, &prefixes, &earliest_ns);
    if (error)
        return error;
    remove_expired(guard, &addresses);
    error = filter_renew(guard, &addresses);
    if (!error)
        error = limit_bans_sweep(guard);
    if (error)
        return error;
    store_counts(guard, addresses.count, prefixes, earliest_of(&addresses, earliest_ns));
    return 0;
}

/* After an ERROR in the middle of a change the bans have to be counted again. */
static void end_change(struct guard *guard, int error)
{
    word_of(guard)->changes++;
    if (!error || !recount(guard))
        __atomic_store_n(&word_of(guard)->changing, 0, __ATOMIC_SEQ_CST);
}

bool bans_are_half_done(const struct guard *guard)
{
    return word_of(guard)->changing;
}

int bans_recover(struct guard *guard, struct why *why)
{
    if (!bans_are_half_done(guard))
        return 0;
    int error = recount(guard);
    if (error)
        return why_kernel(why, error, "cannot count the bans");
    end_change(guard, 0);
    return 0;
}

bool guard_bans_expired(const struct guard *guard)
{
    return monotonic_ns() >= word_of(guard)->earliest_ns || limit_bans_expired(guard);
}

int guard_sweep_bans(struct guard *guard, struct why *why)
{
    if (!guard_bans_expired(guard))
        return 0;
    begin_change(guard);
    return bans_recover(guard, why);
}

/* Copies the BANS that are prefixes, or those that are not, to PICKED, which the caller clears. */
static int pick(const struct bans *bans, bool prefixes, struct bans *picked)
{
    int error = 0;

    for (size_t i = 0; !error && i < bans->count; i++)
        if (banned_is_prefix(&bans->list[i]) == prefixes)
            error = bans_add(picked, &bans->list[i]);
    return error;
}

/* The entry of an address that is not a prefix. Returns 0, -ENOENT or another -errno. */
static int look_up(const struct guard *guard, const struct banned *banned, struct ban *ban)
{
    struct ban_key key = ban_key(banned);
    return bpf_map_lookup_elem(guard->maps[PIN_BANS], &key, ban) ? -errno : 0;
}

/* Addresses that are banned already keep the start of their ban; *fresh is the number of the
 * others. */
static int keep_since(const struct guard *guard, struct bans *addresses, size_t *fresh)
{
    int error = 0;

    *fresh = 0;
    for (size_t i = 0; !error && i < addresses->count; i++) {
        struct ban known;
        error = look_up(guard, &addresses->list[i], &known);
        if (!error)
            addresses->list[i].since_ns = known.since_ns;
        *fresh += error == -ENOENT;
        error = error == -ENOENT ? 0 : error;
    }
    return error;
}

static int store_addresses(const struct guard *guard, const struct bans *addresses)
{
    CLEANUP_FREE struct ban_key *keys = calloc(addresses->count + 1, sizeof(*keys));
    CLEANUP_FREE struct ban *values = calloc(addresses->count + 1, sizeof(*values));
    u32 count = (u32)addresses->count;

    if (!keys || !values)
        return -ENOMEM;
    for (size_t i = 0; i < addresses->count; i++) {
        filter_add(guard->mappings[PIN_BAN_FILTER].memory, &addresses->list[i]);
        keys[i] = ban_key(&addresses->list[i]);
        values[i] = (struct ban){addresses->list[i].since_ns, addresses->list[i].expires_ns};
    }
    if (!count)
        return 0;
    return bpf_map_update_batch(guard->maps[PIN_BANS], keys, values, &count, NULL) ? -errno : 0;
}

static int why_full(const struct guard *guard, struct why *why, const char *what, u32 room)
{
    return why_set(why, -ENOSPC,
                   "%s has room for %u banned %s, and these do not fit: unban some (edgexdp bans "
                   "%s), or ban a prefix that contains them",
                   guard->interface, room, what, guard->interface);
}

/* Called with the exclusive lock, after expired bans were removed. */
static int ban_both(struct guard *guard, struct bans *addresses, const struct bans *prefixes,
                    struct why *why)
{
    const struct banning *word = word_of(guard);
    size_t fresh, prefix_count = word->prefixes;
    u64 earliest_ns = earliest_of(addresses, word->earliest_ns);
    int error = keep_since(guard, addresses, &fresh);

    if (error)
        return why_kernel(why, error, "cannot read the bans");
    if (word->addresses + fresh > BANS_MAX)
        return why_full(guard, why, "addresses", BANS_MAX);
    begin_change(guard);
    if (prefixes->count)
        error = ban_prefixes_change(guard, prefixes, NULL, &prefix_count, &earliest_ns);
    if (!error)
        error = store_addresses(guard, addresses);
    if (!error)
        store_counts(guard, word->addresses + fresh, prefix_count, earliest_ns);
    end_change(guard, error);
    if (error == -ENOSPC)
        return why_full(guard, why, "prefixes", BAN_PREFIXES_MAX);
    return error ? why_kernel(why, error, "cannot ban") : 0;
}

int guard_ban(struct guard *guard, struct bans *bans, struct why *why)
{
    CLEANUP(bans_clear) struct bans addresses = {0};
    CLEANUP(bans_clear) struct bans prefixes = {0};

    bans_sort(bans);
    int error = guard_sweep_bans(guard, why);
    if (error)
        return error;
    if (pick(bans, false, &addresses) || pick(bans, true, &prefixes))
        return why_set(why, -ENOMEM, "out of memory");
    error = ban_both(guard, &addresses, &prefixes, why);
    /* Whom a limit had banned gets the new expiry too, even if it is earlier. */
    for (size_t i = 0; !error && i < bans->count; i++)
        limit_bans_end(guard, &bans->list[i]);
    return error;
}

/* Called with the exclusive lock; all of them must be banned. */
static int unban_both(struct guard *guard, const struct bans *addresses,
                      const struct bans *prefixes, struct why *why)
{
    struct banning *word = word_of(guard);
    size_t prefix_count = word->prefixes;
    u64 earliest_ns = word->earliest_ns;

    begin_change(guard);
    int error = prefixes->count
                    ? ban_prefixes_change(guard, NULL, prefixes, &prefix_count, &earliest_ns)
                    : 0;
    for (size_t i = 0; !error && i < addresses->count; i++) {
        struct ban_key key = ban_key(&addresses->list[i]);
        error = bpf_map_delete_elem(guard->maps[PIN_BANS], &key) ? -errno : 0;
    }
    word->stale += (u32)addresses->count;
    if (!error && word->stale > STALE_MAX)
        error = recount(guard);
    else if (!error)
        store_counts(guard, word->addresses - addresses->count, prefix_count, earliest_ns);
    end_change(guard, error);
    return error ? why_kernel(why, error, "cannot unban") : 0;
}

/* Split BANS into addresses and prefixes; those that are not banned go to MISSING. */
static int sort_out(const struct guard *guard, const struct bans *bans, struct bans *addresses,
                    struct bans *prefixes, struct bans *missing)
{
    CLEANUP(bans_clear) struct bans known = {0};
    int error = ban_prefixes_read(guard->maps[PIN_BAN_PREFIXES], &known);

    bans_sort(&known);
    for (size_t i = 0; !error && i < bans->count; i++) {
        const struct banned *one = &bans->list[i];
        struct ban ban;
        if (banned_is_prefix(one))
            error = bans_find(&known, one) ? 0 : -ENOENT;
        else
            error = look_up(guard, one, &ban);
        if (error && error != -ENOENT)
            break;
        if (limit_bans_end(guard, one) && error) {
            error = 0;
            continue;
        }
        error = bans_add(error ? missing : banned_is_prefix(one) ? prefixes : addresses, one);
    }
    return error;
}

int guard_unban(struct guard *guard, struct bans *bans, struct bans *missing, struct why *why)
{
    CLEANUP(bans_clear) struct bans addresses = {0};
    CLEANUP(bans_clear) struct bans prefixes = {0};

    bans_sort(bans);
    int error = guard_sweep_bans(guard, why);
    if (error)
        return error;
    error = sort_out(guard, bans, &addresses, &prefixes, missing);
    if (error)
        return why_kernel(why, error, "cannot read the bans");
    return unban_both(guard, &addresses, &prefixes, why);
}

/* Reads the bans that have not expired, but not those by limits, in no particular order. */
static int read_live(int addresses, int prefixes, struct bans *bans)
{
    CLEANUP(bans_clear) struct bans all = {0};
    u64 now_ns = monotonic_ns();
    size_t live = 0;

    int error = read_addresses(addresses, &all);
    if (!error)
        error = ban_prefixes_read(prefixes, &all);
    if (error)
        return error;
    for (size_t i = 0; i < all.count; i++)
        if (all.list[i].expires_ns > now_ns)
            all.list[live++] = all.list[i];
    all.count = live;
    *bans = all;
    all = (struct bans){0};
    return 0;
}

static int read_sorted(const struct guard *guard, bool by_limits, struct bans *bans,
                       struct why *why)
{
    CLEANUP(bans_clear) struct bans all = {0};
    int error = read_live(guard->maps[PIN_BANS], guard->maps[PIN_BAN_PREFIXES], &all);

    if (!error && by_limits)
        error = limit_bans_read(guard, &all);
    if (error)
        return why_kernel(why, error, "cannot read the bans");
    bans_sort(&all);
    *bans = all;
    all = (struct bans){0};
    return 0;
}

int guard_bans(const struct guard *guard, struct bans *bans, struct why *why)
{
    return read_sorted(guard, true, bans, why);
}

int guard_bans_by_command(const struct guard *guard, struct bans *bans, struct why *why)
{
    return read_sorted(guard, false, bans, why);
}

u64 guard_banned_until(const struct guard *guard, enum family family, const u8 address[16])
{
    struct banned banned = {.family = family, .bits = address_bits(family)};
    struct ban ban = {0};

    memcpy(banned.address, address, sizeof(banned.address));
    u64 until_ns[] = {look_up(guard, &banned, &ban) ? 0 : ban.expires_ns,
                      ban_prefixes_until(guard->maps[PIN_BAN_PREFIXES], &banned),
                      limit_bans_until(guard, &banned)};
    u64 latest_ns = 0;
    for (size_t i = 0; i < ARRAY_SIZE(until_ns); i++)
        if (until_ns[i] > latest_ns)
            latest_ns = until_ns[i];
    return latest_ns > monotonic_ns() ? latest_ns : 0;
}

/* Also works without the lock, and for readers with read-only descriptors. */
int bans_count(const struct view *view, size_t *count)
{
    CLEANUP(bans_clear) struct bans live = {0};
    struct banning word;
    size_t by_limits;
    u32 key = 0;
    int error = 0;

    if (bpf_map_lookup_elem(view->maps[VIEW_BANNING], &key, &word))
        return -errno;
    *count = word.addresses + word.prefixes;
    /* Count one by one only if some may have expired and have not been removed yet. */
    if (monotonic_ns() >= word.earliest_ns) {
        error = read_live(view->maps[VIEW_BANS], view->maps[VIEW_BAN_PREFIXES], &live);
        *count = live.count;
    }
    if (!error)
        error = limit_bans_count(view, &word, &by_limits);
    if (!error)
        *count += by_limits;
    return error;
}

u64 guard_ban_changes(const struct guard *guard)
{
    return word_of(guard)->changes;
}
