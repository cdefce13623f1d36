/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGEXDP_LEASE_H
#define EDGEXDP_LEASE_H

#include "../policy/policy.h"

/* Does INTERFACE have an address that was leased by DHCP? Then TEXT is that address. A lease is
 * seen by its end: an IPv4 address that is not there for good, or a single such IPv6 address (those
 * that the host makes of a router's prefix are of that prefix). */
#define LEASE_TEXT_BYTES 64
bool lease_find(const char *interface, char text[LEASE_TEXT_BYTES]);

#endif
