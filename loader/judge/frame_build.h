/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the frame that a packet notation describes. */
#ifndef EDGEXDP_FRAME_BUILD_H
#define EDGEXDP_FRAME_BUILD_H

#include "../policy/policy.h"

#define FRAME_BUILD_BYTES (14 + 65535 + 128) /* the notation can say how long a packet is */

/* Write the Ethernet frame of PACKET to BUFFER (FRAME_BUILD_BYTES long) and return its length. Its
 * checksums are 0: no verdict depends on them. */
size_t frame_build(const struct packet_notation *packet, void *buffer);

#endif
