/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up, for good, everything that answering clients does not need. */
#ifndef EDGEXDP_JAIL_H
#define EDGEXDP_JAIL_H

#include <stddef.h>

/* Close all descriptors but the standard ones and KEEP[COUNT], in any order. Returns 0 or -errno.
 */
int jail_close_others(const int *keep, size_t count);

/* Standard input, output and errors lead nowhere. Returns 0 or -errno. */
int jail_silence(void);

/* From inside, only descriptors below this one can be shut down: a power of two, and more than
 * there are clients. */
#define JAIL_LISTENER 256

/* Move the descriptor *listener there. Others hold the same socket, as the exporter that comes
 * after this one does: who could shut it down would end it for all of them. Returns 0 or -errno. */
int jail_lift(int *listener);

/* From now on: no capability, none to be had, no file to open, no program or process to start, no
 * socket to make or to connect, no memory to execute. Returns 0 or -errno. */
int jail_enter(void);

#endif
