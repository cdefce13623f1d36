/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of this host, from the kernel. */
#ifndef EDGEXDP_NETLINK_ADDRESSES_H
#define EDGEXDP_NETLINK_ADDRESSES_H

#include "../policy/host.h"

/* Get what this host's addresses are now in this network namespace, as seen from the interface
 * GUARDED (any of its names; NULL: from none, and then `broadcast` is that of all). It need not
 * exist. Its default gateways
 * are implied. Addresses that another host has (duplicates) and anycast addresses are left out.
 * Returns 0, with *host for the caller to free, or -errno. */
int addresses_ask(const char *guarded, struct host **host);

#endif
