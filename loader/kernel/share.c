/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interfaces of a zone share what packets leave behind: flows, first fragments and large answers.
 * Each pins the same maps in its own folder, so that they live as long as one of them does, and
 * nobody has to count.
 *
 * Whoever joins or leaves changes its maps in steps: see next.c.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/memory.h"
#include "../compile/owners.h"
#include "peers.h"

static const enum pin shared_pins[] = {PIN_FLOWS, PIN_FRAGMENTS, PIN_REPLIES, PIN_REMOTES};
#define SHARED      ARRAY_SIZE(shared_pins)
#define SHARED_LAST (SHARED - 1) /* PIN_REMOTES: bits, which are copied in their own way */

static const struct {
    size_t key_bytes, value_bytes;
} shared_sizes[SHARED_LAST] = {{sizeof(struct flow_key), sizeof(struct flow)},
                               {sizeof(struct fragment_key), sizeof(struct fragment)},
                               {sizeof(struct flow_key), sizeof(struct reply)}};

/* Descriptors of such maps, or -1. */
struct memory {
    int maps[SHARED];
};

static void memory_init(struct memory *memory)
{
    for (size_t i = 0; i < SHARED; i++)
        memory->maps[i] = -1;
}

static void memory_close(struct memory *memory)
{
    for (size_t i = 0; i < SHARED; i++)
        close_descriptor(&memory->maps[i]);
}

/* Swaps GUARD's maps with those of MEMORY. */
static int exchange(struct guard *guard, struct memory *memory, struct why *why)
{
    for (size_t i = 0; i < SHARED; i++) {
        int now = guard->maps[shared_pins[i]];
        guard->maps[shared_pins[i]] = memory->maps[i];
        memory->maps[i] = now;
    }
    return guard_map(guard, why);
}

/* How GUARD's rules were called, and what their flows are called from now on, by number. */
struct renaming {
    u32 *before, *after;
    size_t count;
};

static void renaming_clear(struct renaming *renaming)
{
    free(renaming->before);
    free(renaming->after);
}

/* A rule that peers have too gets their identity. */
static int renaming_init(struct guard *guard, struct renaming *renaming)
{
    CLEANUP(peers_clear) struct peers peers = {0};
    CLEANUP(peer_rules_clear) struct peer_rules rules = {0};
    int error = peers_find(guard, peer_shares_flows, NULL, &peers);

    if (!error)
        error = peer_rules_list(&peers, &rules);
    if (!error)
        identities_give(guard, &peers, identities_next(guard));
    renaming->count = guard->capacity;
    renaming->before = calloc(guard->capacity + 1, sizeof(u32));
    renaming->after = calloc(guard->capacity + 1, sizeof(u32));
    if (error || !renaming->before || !renaming->after)
        return error ? error : -ENOMEM;
    for (size_t number = 0; number < guard->capacity; number++) {
        const struct rule_entry *rule = &guard->rules[number];
        u32 theirs = rule->name[0] ? peer_rules_identity(&rules, rule) : 0;

        renaming->before[number] = rule->identity;
        renaming->after[number] = theirs ? theirs : rule->identity;
    }
    return 0;
}

/* Has the rules and the tables in force say what the flows say. */
static int renaming_apply(struct guard *guard, const struct renaming *renaming)
{
    int error = 0;

    for (size_t number = 0; number < renaming->count; number++)
        guard->rules[number].identity = renaming->after[number];
    for (u32 seat = 0; !error && seat < SEATS; seat++)
        if (guard->generations[seat].block.memory)
            error = owners_rename(guard->generations[seat].block.memory, renaming->after,
                                  renaming->count);
    return error;
}

struct copying {
    int to;
    const struct renaming *renaming; /* NULL: the values are no flows */
};

static int copy_entry(const void *key, const void *value, void *context)
{
    const struct copying *copying = context;
    const struct renaming *renaming = copying->renaming;
    struct flow flow;

    if (renaming) {
        memcpy(&flow, value, sizeof(flow));
        if (flow.rule < renaming->count && flow.identity == renaming->before[flow.rule])
            flow.identity = renaming->after[flow.rule];
        value = &flow;
    }
    bpf_map_update_elem(copying->to, key, value, BPF_NOEXIST);
    return 0;
}

static int copy_remotes(const struct guard *guard, int from)
{
    struct mapping mapping = {.bytes = sizeof(struct remotes)};
    struct remotes *to = guard->mappings[PIN_REMOTES].memory;
    int error = mapping_open(from, false, &mapping);

    if (error)
        return error;
    const struct remotes *remotes = mapping.memory;
    for (size_t i = 0; i < ARRAY_SIZE(to->bits); i++)
        if (remotes->bits[i] & ~to->bits[i])
            __atomic_or_fetch(&to->bits[i], remotes->bits[i], __ATOMIC_RELAXED);
    mapping_close(&mapping);
    return 0;
}

/* Copies what OLD holds to GUARD's maps, where nobody else has said so already. */
static int copy_all(const struct guard *guard, const struct memory *old,
                    const struct renaming *renaming)
{
    int error = copy_remotes(guard, old->maps[SHARED_LAST]);

    for (size_t i = 0; i < SHARED_LAST && !error; i++) {
        bool are_flows = shared_pins[i] == PIN_FLOWS;
        struct copying copying = {guard->maps[shared_pins[i]], are_flows ? renaming : NULL};
        error = guard_map_each(old->maps[i], shared_sizes[i].key_bytes, shared_sizes[i].value_bytes,
                               copy_entry, &copying);
    }
    return error;
}

/* GUARD has its new maps; what was in the OLD ones follows. Programs that use the new maps are
 * loaded before anything changes, so that replies wait for nothing. */
static int move_in(struct guard *guard, const struct memory *old, bool *begun, struct why *why)
{
    CLEANUP(seated_programs_close) struct seated_programs programs;
    CLEANUP(renaming_clear) struct renaming renaming = {0};
    int error = seated_programs_load(guard, &programs, why);

    if (error)
        return error;
    error = renaming_init(guard, &renaming);
    if (!error)
        error = copy_all(guard, old, &renaming);
    *begun = !error;
    if (!error)
        error = renaming_apply(guard, &renaming);
    if (!error)
        error = seated_programs_enter(guard, &programs, why);
    guard_wait_for_programs();
    if (!error)
        error = copy_all(guard, old, &renaming); /* what came meanwhile */
    return error ? why_kernel(why, error, "cannot move the flows") : 0;
}

/* Gives GUARD the maps NEXT, which are pinned beside those in use, if anything is. */
static int put_in_place(struct guard *guard, struct memory *next, bool *begun, struct why *why)
{
    int error = exchange(guard, next, why);

    *begun = false;
    if (!error)
        error = move_in(guard, next, begun, why);
    if (error && !*begun) {
        struct why ignored;
        exchange(guard, next, &ignored);
    }
    return error || !guard_is_pinned(guard) ? error
                                            : guard_next_take(guard, shared_pins, SHARED, why);
}

static int replace(struct guard *guard, struct memory *next, struct why *why)
{
    bool begun = false;
    int error =
        guard_is_pinned(guard) ? guard_next_pin(guard, shared_pins, SHARED, next->maps, why) : 0;

    if (!error)
        error = put_in_place(guard, next, &begun, why);
    if (error && !begun && guard_is_pinned(guard))
        guard_next_drop(guard, shared_pins, SHARED);
    return error;
}

/* The map that is pinned next; one that has its name already is in use. */
static int open_next(const struct guard *guard, size_t at)
{
    int map = guard_next_open(guard, shared_pins[at]);

    return map >= 0 ? map : dup(guard->maps[shared_pins[at]]);
}

int share_recover(struct guard *guard, struct why *why)
{
    CLEANUP(memory_close) struct memory next;
    bool begun;
    int error = 0;

    memory_init(&next);
    next.maps[SHARED_LAST] = guard_next_open(guard, shared_pins[SHARED_LAST]);
    if (next.maps[SHARED_LAST] < 0)
        return 0; /* others, if there are any, are strays */
    for (size_t i = 0; i < SHARED_LAST && !error; i++)
        if ((next.maps[i] = open_next(guard, i)) < 0)
            error = -errno;
    return error ? why_kernel(why, error, "cannot open pinned state")
                 : put_in_place(guard, &next, &begun, why);
}

/* ---- whom to share with ---- */

struct looking {
    struct zone_key key;
    const struct guard_zone *zone;
};

static bool is_partner(const struct guard *guard, const struct guard *peer, const void *context)
{
    const struct looking *looking = context;

    (void)guard;
    return !memcmp(&peer->state->zone, &looking->key, sizeof(looking->key)) &&
           looking->zone->has(looking->zone->context, peer->interface);
}

static int join(struct guard *guard, const struct guard *partner, struct why *why)
{
    CLEANUP(memory_close) struct memory next;
    int error = 0;

    memory_init(&next);
    if (peer_shares_flows(guard, partner, NULL))
        return 0;
    for (size_t i = 0; i < SHARED && !error; i++)
        if ((next.maps[i] = dup(partner->maps[shared_pins[i]])) < 0)
            error = -errno;
    return error ? why_kernel(why, error, "cannot share the flows") : replace(guard, &next, why);
}

static int leave(struct guard *guard, struct why *why)
{
    CLEANUP(memory_close) struct memory next;
    int error = 0;

    memory_init(&next);
    for (size_t i = 0; i < SHARED && !error; i++) {
        int entries = guard_map_entries(guard->maps[shared_pins[i]]);
        error = entries < 0 ? why_kernel(why, entries, "cannot read pinned state")
                            : create_map_like(shared_pins[i], (u32)entries, &next.maps[i], why);
    }
    return error ? error : replace(guard, &next, why);
}

/* Joins the first interface of the zone, or leaves all that are of another one. */
static int move(struct guard *guard, const struct looking *looking, struct why *why)
{
    CLEANUP(peers_clear) struct peers partners = {0};
    CLEANUP(peers_clear) struct peers others = {0};
    int error = looking->zone ? peers_find(guard, is_partner, looking, &partners) : 0;

    if (!error && partners.count)
        return join(guard, partners.list[0], why);
    if (!error && !memcmp(&guard->state->zone, &looking->key, sizeof(looking->key)))
        return 0;
    if (!error)
        error = peers_find(guard, peer_shares_flows, NULL, &others);
    if (error)
        return why_kernel(why, error, "cannot look at the other interfaces");
    return others.count ? leave(guard, why) : 0;
}

int guard_join_zone(struct guard *guard, const struct guard_zone *zone, struct why *why)
{
    static const struct zone_key none;
    struct looking looking = {.zone = zone};

    if (!zone && !memcmp(&guard->state->zone, &none, sizeof(none)))
        return 0;
    if (zone) {
        snprintf(looking.key.policy, sizeof(looking.key.policy), "%s", zone->policy);
        snprintf(looking.key.zone, sizeof(looking.key.zone), "%s", zone->zone);
    }
    int error = move(guard, &looking, why);
    if (!error)
        guard->state->zone = looking.key;
    return error;
}

bool guard_is_in_zone(const struct guard *guard)
{
    return *guard->state->zone.zone;
}

bool guard_shares_flows(const struct guard *guard, const struct guard *other)
{
    return peer_shares_flows(guard, other, NULL);
}
