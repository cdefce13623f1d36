/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface guarded by a ruleset of nftables, in a network namespace of its own with the other
 * end of its cable in another, and what happens to each frame that is offered to it. Frames come in
 * from the far end; they go out from raw sockets, and so pass the ruleset's hooks.
 */
#ifndef EDGEXDP_TEST_RULED_H
#define EDGEXDP_TEST_RULED_H

#include "../shared/wire.h"

struct mnl_socket;

struct ruled {
    int home, near, far; /* namespaces: the test's, the interface's, the other end's */
    int outside;         /* a packet socket at the other end */
    int raw[2];          /* by family: sockets that send */
    struct mnl_socket *log;
};

#define RULED_INTERFACE "edge"

/* The interface's address, as known at the other end. */
#define RULED_MAC "02:00:00:00:00:02"

/* Packets that come in for these addresses are delivered: connection tracking remembers only such
 * packets. Random policies have no addresses near them. */
#define RULED_HOST4 "198.51.100.10"
#define RULED_HOST6 "2001:db8:a::10"

/* Makes the namespaces, and loads RULESET, which is for RULED_INTERFACE. */
void ruled_open(struct ruled *ruled, const char *ruleset);
void ruled_close(struct ruled *ruled);

/* Waits until frames from the other end reach the ruleset: a new cable needs a moment. */
void ruled_settle(const struct ruled *ruled);

/* Can a raw socket send WIRE as it is? Inbound frames can always be offered. */
bool ruled_can_offer(const struct wire *wire);

/* Offers WIRE and returns whether the ruleset lets it pass. On the way out it must then arrive at
 * the other end. */
bool ruled_passes(struct ruled *ruled, const struct wire *wire);

/* Has each packet that the ruleset saw ended at exactly one of its counters? If not, prints
 * them. */
bool ruled_is_conserved(const struct ruled *ruled);

#endif
