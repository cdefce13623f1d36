/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGEXDP_LEASE_H
#define EDGEXDP_LEASE_H

#include "../policy/policy.h"

/* Does INTERFACE have an address that was leased by DHCP? Then TEXT is that address. A lease is
 * recognised by its limited lifetime: an IPv4 address that is not permanent, or such an IPv6
 * address that is a single one (addresses that the host forms from a router's prefix have the
 * length of that prefix). */
#define LEASE_TEXT_BYTES 64
bool lease_find(const char *interface, char text[LEASE_TEXT_BYTES]);

#endif
