/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the notation to the frame that it speaks of. */
#ifndef EDGEXDP_FRAME_BUILD_H
#define EDGEXDP_FRAME_BUILD_H

#include "../policy/policy.h"

#define FRAME_BUILD_BYTES 128

/* Write the Ethernet frame of PACKET to BUFFER (FRAME_BUILD_BYTES long) and return its length. Its
 * checksums are 0: nothing is judged by them. */
size_t frame_build(const struct packet_notation *packet, void *buffer);

#endif
