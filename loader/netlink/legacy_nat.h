/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The NAT tables of iptables in its older form, which nf_tables does not know of. */
#ifndef EDGEXDP_NETLINK_LEGACY_NAT_H
#define EDGEXDP_NETLINK_LEGACY_NAT_H

#include "redirects.h"

struct xt_tcp;

/* Reads the destination ports that MATCH wants into *PORTS. */
void legacy_nat_ports(const struct xt_tcp *match, struct number_range *ports);

/* Does the target NAME of iptables pass packets on? */
bool legacy_nat_passes_on(const char *name);

/* As redirects_ask(), of these tables only. */
int legacy_nat_ask(redirect_visitor *visit, void *context);

#endif
