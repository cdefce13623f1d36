/* SPDX-License-Identifier: GPL-2.0-or-later */
/* News of the network interfaces, from the kernel. */
#ifndef EDGEXDP_LINKS_H
#define EDGEXDP_LINKS_H

#include <stdbool.h>

#include <edgexdp/types.h>

/* *links, for the caller to close, is a socket that becomes readable when an interface changes.
 * Returns 0 or -errno. */
int links_open(int *links);

/* Read all news: does any of it concern the interface called NAME, or the one with IFINDEX? Also
 * true when news was lost. */
bool links_read(int links, const char *name, u32 ifindex);

#endif
