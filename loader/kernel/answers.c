/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where answers, to rejected packets and those with SYN cookies, get lost. In native mode they
 * leave by XDP_TX, which a veth delivers only if the interface at its other end runs an XDP program
 * in native mode, too: else the kernel does not read the ring into which they are put
 * (veth_xdp_flush() in its veth.c). Drivers of cards send them. */
#include <string.h>

#include "guard.h"

bool answers_are_lost(const struct guard *guard, const char **cause)
{
    const struct tables_header *tables = guard_tables(guard);
    struct interface interface, peer;

    if (!tables || !(tables->switches.refuses & 1u << DIRECTION_IN || tables->switches.protects) ||
        guard->layer != LINK_ETHERNET || interface_by_index(guard->ifindex, &interface) ||
        !interface.peer)
        return false;
    int error = interface_peer(&interface, &peer);
    if (!error && peer.xdp_program && !peer.xdp_is_generic)
        return false;
    *cause = error ? "it is a veth whose other end cannot be looked at from here, and may have no "
                     "XDP program in native mode"
                   : "it is a veth whose other end has no XDP program in native mode";
    return true;
}

bool guard_answers_are_lost(const struct guard *guard, struct why *note)
{
    const struct tables_header *tables = guard_tables(guard);
    const char *cause;

    if (guard->state->attach_mode != ATTACH_NATIVE || !tables || tables->switches.audit ||
        !answers_are_lost(guard, &cause))
        return false;
    why_set(
        note, 0,
        "%s: in native mode the answers do not leave %s, because %s; edgexdp detach %s, and attach "
        "it with --mode generic, or put a program on the other end",
        tables->switches.protects ? "nobody can connect where a rule sends SYN cookies"
                                  : "the senders of rejected packets are not told",
        guard->interface, cause, guard->interface);
    return true;
}
