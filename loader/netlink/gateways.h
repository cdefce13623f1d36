/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default gateways of an interface, from the kernel. */
#ifndef EDGEXDP_NETLINK_GATEWAYS_H
#define EDGEXDP_NETLINK_GATEWAYS_H

#include <edgexdp/abi.h>

/* Call VISIT for the gateway of each default route through INTERFACE. Returns 0 or -errno. */
typedef void gateway_visitor(enum family family, const u8 address[16], void *context);
int gateways_ask(u32 interface, gateway_visitor *visit, void *context);

#endif
