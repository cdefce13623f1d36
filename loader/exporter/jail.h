/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up, for good, everything that answering clients does not need. */
#ifndef EDGEXDP_JAIL_H
#define EDGEXDP_JAIL_H

/* From inside the jail, only descriptors below this one can be shut down: a power of two, larger
 * than the number of clients. */
#define JAIL_LISTENER 256

/* Move the descriptor *listener there. Others hold the same socket, such as the exporter that comes
 * after this one: shutting it down would end it for all of them. Returns 0 or -errno. */
int jail_lift(int *listener);

/* From now on: no capability, no way to gain one, no file to open, no program or process to start,
 * no socket to create or connect, no memory to execute. Returns 0 or -errno. */
int jail_enter(void);

#endif
