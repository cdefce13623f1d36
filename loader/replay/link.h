/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link layers: what a capture holds, as the Ethernet frame that the judge reads. Pure. */
#ifndef EDGEXDP_REPLAY_LINK_H
#define EDGEXDP_REPLAY_LINK_H

#include "../judge/native.h"

/* Which way a packet went, if its capture says so. */
enum heading { HEADING_IN, HEADING_OUT, HEADING_UNKNOWN };

/* Longer captured packets are cut: no header is that far behind. */
#define LINK_FRAME_BYTES 65536

struct link_type;

/* The link layer that libpcap calls DLT, or NULL: one that is not read here. */
const struct link_type *link_find(int dlt);

/* Does it say which way packets went? */
bool link_tells_heading(const struct link_type *link);

/* Turn PACKET into an Ethernet frame, in BUFFER (LINK_FRAME_BYTES long) if it is not one. Its
 * length is that of the frame that was on the wire, or would have been. */
enum heading link_frame(const struct link_type *link, const struct captured *packet, u8 *buffer,
                        struct captured *frame);

/* What is read here, for messages: "Ethernet, raw IP, ...". */
#define LINKS_TEXT "Ethernet, raw IP, Linux cooked (v1 and v2), NFLOG, PPP and the loopback of BSD"

#endif
