/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel passes on to other hosts or ports, by destination NAT, as rules of nftables and
 * of iptables in either form say. */
#ifndef EDGEXDP_NETLINK_REDIRECTS_H
#define EDGEXDP_NETLINK_REDIRECTS_H

#include "../policy/policy.h"

/* Call VISIT for the ports of each rule that passes TCP on; all ports, if it names them in a way
 * that is not understood here, or not at all. Who asks needs CAP_NET_ADMIN. Returns 0 or -errno. */
typedef void redirect_visitor(struct number_range ports, void *context);
int redirects_ask(redirect_visitor *visit, void *context);

#endif
