/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw sockets at both ends of the veth pair of a sandbox: real packets, whole frames. */
#ifndef EDGEXDP_TEST_CABLE_H
#define EDGEXDP_TEST_CABLE_H

#include "../shared/wire.h"

struct cable {
    int sockets[DIRECTIONS]; /* by the direction of what is sent: at OUTSIDE, at INSIDE */
    size_t arrived[DIRECTIONS];
};

void cable_open(struct cable *cable);
void cable_close(struct cable *cable);

/* Can WIRE be sent, and counted where it arrives? Shorter frames, with a tag, the kernel loses by
 * itself. */
bool cable_can_send(const struct wire *wire);

/* Send WIRE: in from OUTSIDE, out from INSIDE. False if it was dropped on the way out. */
bool cable_send(struct cable *cable, const struct wire *wire);

/* The same with no more than LINEAR_BYTES in the linear part, if it is longer than a page. */
void cable_send_paged(struct cable *cable, const struct wire *wire, unsigned int linear_bytes);

/* The length of the next frame of DIRECTION that has arrived, and up to SIZE bytes of it; 0: none.
 */
size_t cable_receive(struct cable *cable, enum direction direction, u8 *bytes, size_t size);

/* Count what has arrived at the other ends so far. */
void cable_drain(struct cable *cable);

/* Wait until COUNT packets of DIRECTION have arrived in sum, or for some seconds. */
void cable_wait(struct cable *cable, enum direction direction, size_t count);

#endif
