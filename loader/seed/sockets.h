/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the conversations that this host has open. */
#ifndef EDGEXDP_SOCKETS_H
#define EDGEXDP_SOCKETS_H

#include "../policy/policy.h"

/* Call VISIT with the packet that each connected TCP socket of this network namespace would send
 * next: out, with ACK. With UDP, also for connected UDP sockets, except those that serve. Which
 * ones serve cannot be known for sure: a socket is taken to serve if its port is also that of a
 * socket without a peer, or is outside the range from which the kernel assigns ports
 * (net.ipv4.ip_local_port_range). Returns 0 or -errno. */
int sockets_each(bool udp, void (*visit)(const struct packet_notation *packet, void *context),
                 void *context);

#endif
