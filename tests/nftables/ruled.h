/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface that a ruleset of nftables guards, in a network namespace of its own with the other
 * end of its cable in another, and what becomes of each frame that is offered to it. Frames come in
 * from the far end; they go out by raw sockets, past which the ruleset's hooks are.
 */
#ifndef EDGEXDP_TEST_RULED_H
#define EDGEXDP_TEST_RULED_H

#include "../shared/wire.h"

struct mnl_socket;

struct ruled {
    int home, near, far; /* namespaces: the test's, of the interface, of the other end */
    int outside;         /* a packet socket at the other end */
    int raw[2];          /* by family: what sends */
    struct mnl_socket *log;
};

#define RULED_INTERFACE "edge"

/* What the interface is known by at the other end. */
#define RULED_MAC "02:00:00:00:00:02"

/* What comes in for these is delivered: connection tracking remembers only such packets. Random
 * policies have nothing near them. */
#define RULED_HOST4 "198.51.100.10"
#define RULED_HOST6 "2001:db8:a::10"

/* Makes the namespaces; RULESET, for RULED_INTERFACE, is loaded. */
void ruled_open(struct ruled *ruled, const char *ruleset);
void ruled_close(struct ruled *ruled);

/* Waits until frames from the other end reach the ruleset: a cable needs a moment to be used. */
void ruled_settle(const struct ruled *ruled);

/* Can a raw socket send WIRE as it is? All that comes in can be offered. */
bool ruled_can_offer(const struct wire *wire);

/* Offers WIRE and says whether the ruleset lets it pass. On the way out it must then arrive at the
 * other end. */
bool ruled_passes(struct ruled *ruled, const struct wire *wire);

/* Has each packet that the ruleset saw ended at exactly one of its counters? If not, prints them.
 */
bool ruled_is_conserved(const struct ruled *ruled);

#endif
