/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link layers: turns what a capture holds into the Ethernet frame that the judge reads. Pure. */
#ifndef EDGEXDP_REPLAY_LINK_H
#define EDGEXDP_REPLAY_LINK_H

#include "../judge/native.h"

/* The direction of a packet, if its capture states it. */
enum heading { HEADING_IN, HEADING_OUT, HEADING_UNKNOWN };

/* Longer captured packets are cut: no header is that far in. */
#define LINK_FRAME_BYTES 65536

struct link_type;

/* Returns the link layer that libpcap calls DLT, or NULL if it is not supported. */
const struct link_type *link_find(int dlt);
/* The same for the number that stands in files of the link layer. */
const struct link_type *link_find_recorded(u16 number);

/* Returns whether the link layer states the direction of packets. */
bool link_tells_heading(const struct link_type *link);

/* Turn PACKET into an Ethernet frame, using BUFFER (LINK_FRAME_BYTES long) if it is not one
 * already. The frame's length is the one that it had, or would have had, on the wire. IS_SWAPPED:
 * what the capturing host wrote in its own byte order is not in ours. */
enum heading link_frame(const struct link_type *link, const struct captured *packet,
                        bool is_swapped, u8 *buffer, struct captured *frame);

/* The supported link layers, for messages: "Ethernet, raw IP, ...". */
#define LINKS_TEXT "Ethernet, raw IP, Linux cooked (v1 and v2), NFLOG, PPP and the loopback of BSD"

#endif
