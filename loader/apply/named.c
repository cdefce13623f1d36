/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "named.h"

#include "../base/clock.h"
#include "../base/memory.h"
#include "../judge/native.h"
#include "../kernel/kernel.h"
#include "../netlink/addresses.h"
#include "../policy/address.h"

struct looking {
    struct known_names *known;
    const struct tables_header *tables;
    u64 now_ns;
};

static void mark(struct known_names *known, enum family family, const u8 bytes[16])
{
    u128 address = address_from_bytes(family, bytes);

    for (size_t i = 0; i < known->count; i++)
        for (size_t j = 0; j < known->list[i].count; j++) {
            struct known_address *one = &known->list[i].addresses[j];

            if (one->gone_ns && one->family == family && one->address == address)
                one->is_live = true;
        }
}

static int look_at(const struct flow_key *key, const struct flow *flow, void *context)
{
    const struct looking *looking = context;
    u32 rule;

    if (!native_flow_counts(looking->tables, key, flow, looking->now_ns, &rule))
        return 0;
    mark(looking->known, key->family, key->remote);
    mark(looking->known, key->family, key->local);
    return 0;
}

static bool has_gone(const struct known_names *known)
{
    for (size_t i = 0; i < known->count; i++)
        if (known_has_gone(&known->list[i]))
            return true;
    return false;
}

void named_look(const char *interface, struct known_names *known)
{
    CLEANUP(guard_closep) struct guard *guard = NULL;
    struct why ignored;

    if (!has_gone(known) || guard_open(interface, GUARD_READ, &guard, &ignored))
        return;
    guard_unlock(guard);
    struct looking looking = {known, guard_tables(guard), monotonic_ns()};
    guard_each_flow(guard, look_at, &looking, &ignored);
}

int named_host_now(const char *interface, const struct host *kept, u64 since,
                   const struct known_names *known, struct host **now)
{
    CLEANUP(host_freep) struct host *all = NULL;
    int error = addresses_ask(interface, &all);

    if (!error)
        error = known_define(known, kept, since, all);
    return error ? error : host_select(kept, all, now);
}
