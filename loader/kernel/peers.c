/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other guarded interfaces, under the exclusive lock, and how they call their rules. */
#include "peers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/memory.h"

struct peering {
    const struct guard *guard;
    peer_wanted *wanted;
    const void *context;
    struct peers *peers;
};

/* NULL: its state cannot be read, or memory is short. */
static struct guard *open_peer(const char *name)
{
    CLEANUP(guard_closep) struct guard *made = guard_new(name);
    struct interface interface;
    struct why ignored;

    if (!made || guard_find_interface(made, &interface, &ignored) ||
        !find_folder(&interface, made->path) || guard_open_state(made, &ignored))
        return NULL;
    return TAKE_PTR(made);
}

static int visit_peer(const char *name, void *context)
{
    const struct peering *peering = context;
    struct peers *peers = peering->peers;
    CLEANUP(guard_closep) struct guard *peer = open_peer(name);

    if (!peer || peer->ifindex == peering->guard->ifindex ||
        !peering->wanted(peering->guard, peer, peering->context))
        return 0;
    void *grown = array_grow(peers->list, peers->count, &peers->capacity, sizeof(struct guard *));
    if (!grown)
        return -ENOMEM;
    peers->list = grown;
    peers->list[peers->count++] = TAKE_PTR(peer);
    return 0;
}

int peers_find(const struct guard *guard, peer_wanted *wanted, const void *context,
               struct peers *peers)
{
    struct peering peering = {guard, wanted, context, peers};

    *peers = (struct peers){0};
    return find_each(visit_peer, &peering);
}

void peers_clear(struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++)
        guard_close(peers->list[i]);
    free(peers->list);
    *peers = (struct peers){0};
}

static u32 map_id(int map)
{
    struct bpf_map_info info = {0};
    u32 size = sizeof(info);

    return bpf_obj_get_info_by_fd(map, &info, &size) ? 0 : info.id;
}

bool peer_shares_flows(const struct guard *guard, const struct guard *peer, const void *context)
{
    u32 id = map_id(guard->maps[PIN_FLOWS]);

    (void)context;
    return id && map_id(peer->maps[PIN_FLOWS]) == id;
}

static int by_rule(const void *left, const void *right)
{
    const struct rule_entry *a = *(const struct rule_entry *const *)left;
    const struct rule_entry *b = *(const struct rule_entry *const *)right;
    int order = strcmp(a->name, b->name);

    if (order)
        return order;
    if (a->direction != b->direction)
        return a->direction < b->direction ? -1 : 1;
    return a->action < b->action ? -1 : a->action > b->action;
}

int peer_rules_list(const struct peers *peers, struct peer_rules *rules)
{
    size_t room = 0;

    for (size_t i = 0; i < peers->count; i++)
        room += peers->list[i]->capacity;
    *rules = (struct peer_rules){.list = calloc(room + 1, sizeof(struct rule_entry *))};
    if (!rules->list)
        return -ENOMEM;
    for (size_t i = 0; i < peers->count; i++)
        for (size_t number = 0; number < peers->list[i]->capacity; number++)
            if (peers->list[i]->rules[number].name[0])
                rules->list[rules->count++] = &peers->list[i]->rules[number];
    qsort(rules->list, rules->count, sizeof(struct rule_entry *), by_rule);
    return 0;
}

void peer_rules_clear(struct peer_rules *rules)
{
    free(rules->list);
}

u32 peer_rules_identity(const struct peer_rules *rules, const struct rule_entry *rule)
{
    const struct rule_entry **found =
        bsearch(&rule, rules->list, rules->count, sizeof(struct rule_entry *), by_rule);

    return found ? (*found)->identity : 0;
}
