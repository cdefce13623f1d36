/* SPDX-License-Identifier: GPL-2.0-or-later */
/* News of the network interfaces and their addresses, from the kernel. */
#ifndef EDGEXDP_LINKS_H
#define EDGEXDP_LINKS_H

#include <stdbool.h>

#include <edgexdp/types.h>

/* *links, for the caller to close, is a socket that becomes readable when an interface or an
 * address changes. Returns 0 or -errno. */
int links_open(int *links);

/* What the news is about; everything when some was lost. */
struct news {
    bool ours;      /* the interface */
    bool addresses; /* an address, or an interface that may have some: of any interface */
};

/* Read all news; `ours` is the interface called NAME, or the one with IFINDEX. */
struct news links_read(int links, const char *name, u32 ifindex);

#endif
