/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where connections cannot be asked for, or not as the policy says. */
#include <string.h>

#include "guard.h"

/* In a VRF, sockets are bound to its device, and packets count as having come in there. Programs on
 * the interface below can name no other than that, and find none of these sockets. */
static bool find_vrf(u32 ifindex, struct interface *vrf)
{
    struct interface interface;

    return !interface_by_index(ifindex, &interface) && interface.master &&
           !interface_by_index(interface.master, vrf) && !strcmp(vrf->kind, "vrf");
}

bool guard_hides_sockets(const struct guard *guard)
{
    struct interface vrf;

    return find_vrf(guard->ifindex, &vrf);
}

static bool note_sockets(const struct guard *guard, const struct tables_header *tables,
                         struct why *note)
{
    struct interface vrf;
    bool is_hidden = find_vrf(guard->ifindex, &vrf);

    if (is_hidden == !!tables->seated.blind)
        return is_hidden && why_set(note, 1,
                                    "tcp-state is not asked for: %s belongs to the VRF %s, whose "
                                    "sockets the kernel shows to no program",
                                    guard->interface, vrf.name);
    why_set(note, 0,
            is_hidden ? "%s belongs to a VRF now, whose sockets the kernel shows to no program, "
                        "and tcp-state drops what comes in for them: edgexdp reload %s"
                      : "tcp-state is not asked for, because %s belonged to a VRF: edgexdp reload "
                        "%s",
            guard->interface, guard->interface);
    return true;
}

/* On the way out, rules name sources as they were before NAT: see bpf/outbound.bpf.c. */
static bool note_sources(const struct guard *guard, const struct tables_header *tables,
                         struct why *note)
{
    if (!tables->arrivals_count || tables->seated.conntrack || tracking_missing())
        return false;
    why_set(
        note, 0,
        "what is forwarded goes out of %s by its source after NAT, because what the kernel tracks "
        "could not be asked when the policy was put in force: edgexdp reload %s",
        guard->interface, guard->interface);
    return true;
}

bool guard_connections_are_hidden(const struct guard *guard, struct why *note)
{
    const struct tables_header *tables = guard_tables(guard);
    const char *missing;

    if (!tables)
        return false;
    if (!tables->switches.tcp_state)
        return note_sources(guard, tables, note);
    if (note_sockets(guard, tables, note))
        return true;
    if (tables->switches.tcp_state != TCP_STATE_SOCKET_CONNTRACK || tables->seated.conntrack)
        return false;
    missing = tracking_missing();
    if (missing)
        why_set(note, 0, "tcp-state: what the kernel tracks does not count on %s: %s",
                guard->interface, missing);
    else
        why_set(note, 0,
                "tcp-state: what the kernel tracks does not count on %s, because it could not be "
                "asked when the policy was put in force: edgexdp reload %s",
                guard->interface, guard->interface);
    return true;
}
