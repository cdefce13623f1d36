/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that are entered and removed by hand. */
#include <bpf/bpf.h>
#include <errno.h>

#include <edgexdp/remotes.h>

#include "guard.h"

int guard_add_flow(struct guard *guard, const struct flow_key *key, const struct flow *flow)
{
    remotes_add(guard->mappings[PIN_REMOTES].memory, key->protocol, key->remote_port);
    return bpf_map_update_elem(guard->maps[PIN_FLOWS], key, flow, BPF_ANY) ? -errno : 0;
}

struct visiting {
    int (*visit)(const struct flow_key *key, const struct flow *flow, void *context);
    void *context;
};

static int visit_flow(const void *key, const void *value, void *context)
{
    const struct visiting *visiting = context;

    return visiting->visit(key, value, visiting->context);
}

int guard_each_flow(const struct guard *guard,
                    int (*visit)(const struct flow_key *key, const struct flow *flow,
                                 void *context),
                    void *context, struct why *why)
{
    struct visiting visiting = {visit, context};
    int error = guard_map_each(guard->maps[PIN_FLOWS], sizeof(struct flow_key), sizeof(struct flow),
                               visit_flow, &visiting);

    return error ? why_kernel(why, error, "cannot read the flows") : 0;
}

int guard_forget_flow(struct guard *guard, const struct flow_key *key)
{
    int error = bpf_map_delete_elem(guard->maps[PIN_FLOWS], key);

    return error == -ENOENT ? 0 : error;
}

/* The inside may have sent something in the meantime, which makes the entry a valid flow: then it
 * is put back. */
static int forget_if_marked(const void *key, const void *value, void *context)
{
    const struct flow *found = value;
    const struct guard *guard = context;
    int flows = guard->maps[PIN_FLOWS];
    struct flow removed;

    if (found->in_audit && !bpf_map_lookup_and_delete_elem(flows, key, &removed) &&
        !removed.in_audit)
        bpf_map_update_elem(flows, key, &removed, BPF_NOEXIST);
    return 0;
}

void flows_forget_audit(struct guard *guard)
{
    guard_map_each(guard->maps[PIN_FLOWS], sizeof(struct flow_key), sizeof(struct flow),
                   forget_if_marked, guard);
}
