/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where this host's packets go. */
#ifndef EDGEXDP_ROUTE_H
#define EDGEXDP_ROUTE_H

#include <edgexdp/abi.h>

/* Is ADDRESS one of this host's addresses in this network namespace? */
bool route_is_local(enum family family, const u8 address[16]);

/* The index of the interface through which packets from SOURCE, a local address, leave for
 * DESTINATION; 0 when there is no route. */
u32 route_interface(enum family family, const u8 source[16], const u8 destination[16]);

#endif
