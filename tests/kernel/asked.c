/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "asked.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include <edgexdp/limit.h>

#include "../../loader/base/memory.h"
#include "../../loader/kernel/asker.h"

/* How many CLOCK_MONOTONIC stamps each value begins with. */
static const size_t stamps[ASKER_MAPS] = {
    [ASKER_FLOWS] = 2, [ASKER_FRAGMENTS] = 1, [ASKER_REPLIES] = 1};

void asked_of_stranger(struct asker *asker, bool stranger)
{
    asker->of_stranger = stranger;
}

void asked_charges(struct asker *asker)
{
    asker->packets = 1;
}

/* The table of an interface, of which no policy limits anything, has one line. */
static void forget_limits(const struct guard *guard)
{
    u32 count = guard_tables(guard)->seated.limit_lines + 1 + LIMIT_RULE_LINES;
    CLEANUP_FREE u32 *keys = calloc(count, sizeof(*keys));
    CLEANUP_FREE struct limit_line *lines = calloc(count, sizeof(*lines));

    if (!keys || !lines)
        abort();
    for (u32 i = 0; i < count; i++)
        keys[i] = i;
    if (guard_tables(guard)->limits_count &&
        bpf_map_update_batch(guard->maps[PIN_LIMIT_LINES], keys, lines, &count, NULL))
        abort();
}

void asked_forget(struct asker *asker)
{
    u8 key[sizeof(struct flow_key) + sizeof(struct fragment_key)]; /* longer than any key */

    for (size_t i = 0; i < ASKER_MAPS; i++) {
        int map = bpf_map__fd(asker_map(asker, asker_pins[i]));
        while (!bpf_map_get_next_key(map, NULL, key))
            bpf_map_delete_elem(map, key);
    }
    forget_limits(asker->guard);
}

/* Sets back by NS the first STAMP_COUNT words of every value. */
static int map_age(const struct bpf_map *map, size_t stamp_count, u64 ns)
{
    size_t value_bytes = bpf_map__value_size(map);
    CLEANUP_FREE void *keys = calloc(ASKER_ENTRIES, bpf_map__key_size(map));
    CLEANUP_FREE u8 *values = calloc(ASKER_ENTRIES, value_bytes);
    u32 count = ASKER_ENTRIES, place;
    if (!keys || !values)
        return -ENOMEM;

    int error = bpf_map_lookup_batch(bpf_map__fd(map), NULL, &place, keys, values, &count, NULL);
    if (error && error != -ENOENT) /* ENOENT: these were all */
        return error;
    for (u32 i = 0; i < count; i++) {
        u64 *stamp = (u64 *)(values + i * value_bytes);
        for (size_t n = 0; n < stamp_count; n++) {
            if (stamp[n] < ns)
                return -ERANGE;
            stamp[n] -= ns;
        }
    }
    return count ? bpf_map_update_batch(bpf_map__fd(map), keys, values, &count, NULL) : 0;
}

int asked_age(struct asker *asker, unsigned int seconds)
{
    int error = 0;

    for (size_t i = 0; !error && i < ASKER_MAPS; i++)
        error = map_age(asker_map(asker, asker_pins[i]), stamps[i], seconds * SECOND_NS);
    return error;
}
