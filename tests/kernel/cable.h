/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw sockets at both ends of a sandbox's veth pair: real packets, whole frames. */
#ifndef EDGEXDP_TEST_CABLE_H
#define EDGEXDP_TEST_CABLE_H

#include "../shared/wire.h"

struct cable {
    int sockets[DIRECTIONS]; /* by direction of sending: at OUTSIDE, at INSIDE */
    size_t arrived[DIRECTIONS];
};

void cable_open(struct cable *cable);
void cable_close(struct cable *cable);

/* Can WIRE be sent, and counted where it arrives? The kernel itself loses shorter frames with a
 * tag. */
bool cable_can_send(const struct wire *wire);

/* Sends WIRE: in from OUTSIDE, out from INSIDE. False if it was dropped on the way out. */
bool cable_send(struct cable *cable, const struct wire *wire);

/* The same with at most LINEAR_BYTES in the linear part, if it is longer than a page. */
void cable_send_paged(struct cable *cable, const struct wire *wire, unsigned int linear_bytes);

/* The length of the next frame of DIRECTION that has arrived, and up to SIZE bytes of it; 0:
 * none. */
size_t cable_receive(struct cable *cable, enum direction direction, u8 *bytes, size_t size);

/* Counts what has arrived at the other ends so far. */
void cable_drain(struct cable *cable);

/* Waits until COUNT packets of DIRECTION have arrived in total, or for some seconds. */
void cable_wait(struct cable *cable, enum direction direction, size_t count);

#endif
