/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversations that this host has open. */
#ifndef EDGEXDP_SOCKETS_H
#define EDGEXDP_SOCKETS_H

#include "../policy/policy.h"

/* Call VISIT with the packet that each connected TCP socket of this network namespace would send
 * next: out, with ACK. With UDP, those of connected UDP sockets as well, but for such as serve. Of
 * these nobody can tell for sure: a socket serves whose port is that of a socket without a peer, or
 * outside the range from which the kernel gives ports to who does not care
 * (net.ipv4.ip_local_port_range). Returns 0 or -errno. */
int sockets_each(bool udp, void (*visit)(const struct packet_notation *packet, void *context),
                 void *context);

#endif
