/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversations that this host has open. */
#ifndef EDGEXDP_SOCKETS_H
#define EDGEXDP_SOCKETS_H

#include "../policy/policy.h"

/* Call VISIT with the packet that each connected TCP and UDP socket of this network namespace would
 * send next: out, for TCP with ACK. Returns 0 or -errno. */
int sockets_each(void (*visit)(const struct packet_notation *packet, void *context), void *context);

#endif
