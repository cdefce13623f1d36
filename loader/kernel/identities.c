/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identities of rules: never given twice, on no interface, because interfaces of a zone share
 * flows. Whoever joins must not bring flows that look like those of another rule, and whoever
 * leaves may leave flows there: so all that share flows know which identities have been given.
 */
#include "peers.h"

static int visit_highest(const char *named, void *context)
{
    char folder[PATH_BYTES];
    struct interface_state state;
    u32 *next = context;

    bpffs_interface_path(named, false, folder);
    if (!find_read_state(folder, &state) && state.next_identity > *next)
        *next = state.next_identity;
    return 0;
}

u32 identities_next(const struct guard *guard)
{
    u32 next = guard->state->next_identity;

    bpffs_each_interface(visit_highest, &next);
    return next;
}

void identities_give(struct guard *guard, const struct peers *peers, u32 next)
{
    guard->state->next_identity = next;
    for (size_t i = 0; i < peers->count; i++)
        if (peers->list[i]->state->next_identity < next)
            peers->list[i]->state->next_identity = next;
}
