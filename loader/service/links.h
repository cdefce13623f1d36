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
    bool addresses; /* an address, or an interface that may have some: of any interface */
};

/* Read all news. CONCERNS is called with CONTEXT for each name of an interface that there is news
 * of, and its index; both are none (NULL, 0) when some was lost. */
typedef void links_concerns(const char *name, u32 ifindex, void *context);
struct news links_read(int links, links_concerns *concerns, void *context);

#endif
