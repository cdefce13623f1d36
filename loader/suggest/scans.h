/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What looks like scanning is set apart, and what is answered by resets alone, because nobody
 * listens there. Pure.
 *
 * A scan is one source that goes to many ports, or to one port of many destinations, with nothing
 * behind it: TCP that never gets beyond the handshake, few packets of anything else. Clients that
 * go out do reach many destinations, and are dropped like that: there it takes more of these, and
 * many ports of the same destination.
 */
#ifndef EDGEXDP_SUGGEST_SCANS_H
#define EDGEXDP_SUGGEST_SCANS_H

#include "talks.h"

#define SCAN_PORTS            8
#define SCAN_DESTINATIONS_IN  8
#define SCAN_DESTINATIONS_OUT 64

/* Set the part of each of LIST, whose order changes. */
void scans_find(struct talk **list, size_t count);

/* Those of one source, with one protocol, in one direction. */
struct scan {
    struct talk_key key; /* of one of them */
    u64 packets, bytes;
    u32 ports, destinations;
};

/* Get the scans in LIST after scans_find(), most packets first; the caller frees the array. Returns
 * 0 or -ENOMEM. */
int scans_list(struct talk **list, size_t count, struct scan **scans, size_t *scan_count);

#endif
